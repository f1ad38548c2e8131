//go:build !linux && !darwin

package front

import (
	"errors"
	"net"

	"github.com/mantlet-mcp/mantlet/internal/identity"
)

// peerCredentials cannot tell here: the socket refuses everybody, and clients
// use their tokens over TCP. `mantlet doctor` says so.
func peerCredentials(*net.UnixConn) (*identity.Peer, error) {
	return nil, errors.New("this system does not say who is at the other end of a socket")
}

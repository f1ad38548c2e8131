package front

import (
	"net"

	"golang.org/x/sys/unix"

	"github.com/mantlet-mcp/mantlet/internal/identity"
)

// peerCredentials asks for SO_PEERCRED: who connected, as the kernel recorded it
// at connect time (unix(7)).
func peerCredentials(c *net.UnixConn) (*identity.Peer, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	var cred *unix.Ucred
	var inner error
	if err := raw.Control(func(fd uintptr) {
		cred, inner = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return nil, err
	}
	if inner != nil {
		return nil, inner
	}
	return &identity.Peer{UID: int(cred.Uid), PID: int(cred.Pid)}, nil
}

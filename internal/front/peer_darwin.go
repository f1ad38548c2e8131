package front

import (
	"net"

	"golang.org/x/sys/unix"

	"github.com/mantlet-mcp/mantlet/internal/identity"
)

// peerCredentials asks for LOCAL_PEERCRED (unix(4)); it has no process id.
func peerCredentials(c *net.UnixConn) (*identity.Peer, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	var cred *unix.Xucred
	var inner error
	if err := raw.Control(func(fd uintptr) {
		cred, inner = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	}); err != nil {
		return nil, err
	}
	if inner != nil {
		return nil, inner
	}
	return &identity.Peer{UID: int(cred.Uid)}, nil
}

package front

import (
	"context"
	"crypto/rand"
	"net"
	"strconv"

	"github.com/mantlet-mcp/mantlet/internal/identity"
)

// newID is the id of an exchange: 26 characters that nobody can guess, which the
// caller is shown and the record is found by.
func newID() string { return rand.Text() }

// member is the id of one message of a batch.
func member(id string, i int) string { return id + "." + strconv.Itoa(i) }

type peerKey struct{}

// WithPeer is for http.Server.ConnContext on a unix socket: it asks the kernel
// once for each connection who is at the other end. The peer travels in the
// connection's context, which is the one place that net/http gives a connection;
// it ends at identity and goes no further.
func WithPeer(ctx context.Context, c net.Conn) context.Context {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return ctx
	}
	peer, err := peerCredentials(u)
	if err != nil {
		return ctx // without a peer there is no identity, and every request is refused
	}
	return context.WithValue(ctx, peerKey{}, peer)
}

// PeerOf is the peer that WithPeer found; nil for none.
func PeerOf(ctx context.Context) *identity.Peer {
	p, _ := ctx.Value(peerKey{}).(*identity.Peer)
	return p
}

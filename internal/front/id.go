package front

import (
	"context"
	"crypto/rand"
	"net"
	"strconv"
	"sync/atomic"

	"github.com/mantlet-mcp/mantlet/internal/identity"
)

// newID is the id of an exchange: 26 characters that nobody can guess, which the
// caller is shown and the record is found by.
func newID() string { return rand.Text() }

// member is the id of one message of a batch.
func member(id string, i int) string { return id + "." + strconv.Itoa(i) }

// A conn is what is known of a connection. It travels in the connection's context, the
// one place that net/http gives a connection, and goes no further than this package.
type conn struct {
	peer     *identity.Peer // nil but on a unix socket
	writable atomic.Int64   // the write deadline that is set, in Unix nanoseconds
}

type connKey struct{}

// WithConn is for http.Server.ConnContext. On a unix socket it asks the kernel, once for
// each connection, who is at the other end; without an answer there is no identity,
// and every request is refused.
func WithConn(ctx context.Context, nc net.Conn) context.Context {
	c := &conn{}
	if u, ok := nc.(*net.UnixConn); ok {
		c.peer, _ = peerCredentials(u)
	}
	return context.WithValue(ctx, connKey{}, c)
}

func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

// PeerOf is the peer that WithConn found; nil for none.
func PeerOf(ctx context.Context) *identity.Peer {
	if c := connOf(ctx); c != nil {
		return c.peer
	}
	return nil
}

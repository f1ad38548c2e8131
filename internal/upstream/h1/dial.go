package h1

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
)

// clientTLS is c for a server of this name.
func clientTLS(c *tls.Config, name string) *tls.Config {
	if c == nil {
		c = &tls.Config{MinVersion: tls.VersionTLS13}
	}
	if c = c.Clone(); c.ServerName == "" {
		c.ServerName = name
	}
	return c
}

// connect dials and, for https, shakes hands, both within Connect.
func (p *Pool) connect(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.o.Connect, fmt.Errorf("h1: no connection within %s: %w", p.o.Connect, context.DeadlineExceeded))
	defer cancel()
	var d net.Dialer
	socket, err := d.DialContext(ctx, "tcp", p.to.address)
	if err != nil {
		return nil, orCause(ctx, err)
	}
	if !p.to.secure {
		return newConn(p, socket, socket), nil
	}
	nc := tls.Client(socket, p.o.TLS)
	if err := nc.HandshakeContext(ctx); err != nil {
		_ = socket.Close()
		return nil, orCause(ctx, err)
	}
	if nc.ConnectionState().NegotiatedProtocol == "h2" {
		_ = nc.Close()
		return nil, ErrHTTP2
	}
	return newConn(p, nc, socket), nil
}

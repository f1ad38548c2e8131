// Package daemon talks to the user's running Mantlet over its unix socket, as
// `mantlet wrap`, `mantlet tools` and `mantlet call` do.
//
// The question: how does a program of this user reach the one corridor that all of
// them share, so that limits, halts and the record are one? The threats: a
// second way to a server, without its checks (A16), and another user of the machine
// at the socket (A19). The control: C035. It trusts the socket's directory, which only
// this user can enter; the daemon asks the kernel who it is. When no daemon answers,
// the caller is told how to start one, and nothing is carried.
package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/sse"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Client speaks for one configured program to one server, or to mantlet.Joined.
type Client struct {
	Socket string
	Name   string // the program's configured name; a label in the record
	Server mantlet.ServerID
	Limits wire.Limits
	HTTP   *http.Client // dials Socket, whatever the URL says
}

// New returns a client of the daemon at socket.
func New(socket, name string, server mantlet.ServerID) *Client {
	d := &net.Dialer{}
	tr := &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", socket) },
		DisableCompression: true, MaxIdleConnsPerHost: 16,
	}
	return &Client{Socket: socket, Name: name, Server: server, Limits: wire.DefaultLimits(), HTTP: &http.Client{Transport: tr}}
}

// Alive reports whether a daemon answers at socket within a second.
func Alive(socket string) bool {
	c, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return false
	}
	_ = c.Close() // nothing was sent
	return true
}

// A Session is the legacy session that a request belongs to; "" for none.
type Session struct {
	ID       string
	Revision wire.Revision
}

// Post sends m and calls heard for everything that comes back, the reply last. It
// returns the session id that came with the answer, if one did.
func (c *Client) Post(ctx context.Context, s Session, m *wire.Message, heard func(*wire.Message) error) (session string, err error) {
	req, err := c.request(ctx, http.MethodPost, s, bytes.NewReader(m.Bytes()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if v := m.Meta.ProtocolVersion; v != "" {
		req.Header.Set("Mcp-Protocol-Version", string(v))
		req.Header.Set("Mcp-Method", string(m.Method))
		if info, ok := wire.Lookup(m.Method); ok && info.NameField != "" {
			req.Header.Set("Mcp-Name", wire.EncodeHeader(m.Name))
		}
	}
	return c.do(req, heard)
}

// Listen opens the session's stream and calls heard for each message until it ends.
func (c *Client) Listen(ctx context.Context, s Session, heard func(*wire.Message) error) error {
	req, err := c.request(ctx, http.MethodGet, s, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	_, err = c.do(req, heard)
	return err
}

// End ends the session.
func (c *Client) End(ctx context.Context, s Session) error {
	req, err := c.request(ctx, http.MethodDelete, s, nil)
	if err != nil {
		return err
	}
	_, err = c.do(req, func(*wire.Message) error { return nil })
	return err
}

func (c *Client) request(ctx context.Context, method string, s Session, body io.Reader) (*http.Request, error) {
	path := "/mcp"
	if c.Server != mantlet.Joined {
		path += "/" + string(c.Server)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://mantlet"+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Mantlet-Client", c.Name)
	if s.ID != "" {
		req.Header.Set("Mcp-Session-Id", s.ID)
		req.Header.Set("Mcp-Protocol-Version", string(s.Revision))
	}
	return req, nil
}

// A StatusError is an answer without a message.
type StatusError struct{ Status int }

func (e *StatusError) Error() string { return fmt.Sprintf("mantlet answered HTTP status %d", e.Status) }

func (c *Client) do(req *http.Request, heard func(*wire.Message) error) (string, error) {
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return "", fmt.Errorf("no mantlet answers at %s; start one with `mantlet up`: %w", c.Socket, err)
	}
	defer resp.Body.Close() //nolint:errcheck // what was needed of it was read
	session := resp.Header.Get("Mcp-Session-Id")
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch kind {
	case "text/event-stream":
		return session, c.events(resp.Body, heard)
	case "application/json":
		body, err := io.ReadAll(io.LimitReader(resp.Body, int64(c.Limits.ListBytes)+1))
		if err != nil {
			return session, err
		}
		m, err := wire.Decode(body, c.Limits.ForList())
		if err != nil {
			return session, err
		}
		return session, heard(m)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return session, &StatusError{resp.StatusCode}
	}
	return session, nil
}

func (c *Client) events(r io.Reader, heard func(*wire.Message) error) error {
	for in := sse.NewReader(r, c.Limits.ListBytes); ; {
		e, err := in.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(e.Data) == 0 {
			continue
		}
		m, err := wire.Decode(e.Data, c.Limits.ForList())
		if err != nil {
			return err
		}
		if err := heard(m); err != nil {
			return err
		}
	}
}

// Ask sends a modern request of Mantlet's own making and returns its reply.
// members are those of params, each with its comma.
func (c *Client) Ask(ctx context.Context, method wire.Method, members string) (*wire.Message, error) {
	params := fmt.Sprintf(`{%s"_meta":{"io.modelcontextprotocol/protocolVersion":%q,"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"mantlet-cli","version":"1"}}}`,
		members, wire.Rev20260728)
	m, err := wire.NewRequest("1", method, []byte(params))
	if err != nil {
		return nil, err
	}
	var reply *wire.Message
	_, err = c.Post(ctx, Session{}, m, func(m *wire.Message) error {
		if m.Kind == wire.Result || m.Kind == wire.Error {
			reply = m
		}
		return nil
	})
	if err == nil && reply == nil {
		err = errors.New("mantlet did not answer")
	}
	return reply, err
}

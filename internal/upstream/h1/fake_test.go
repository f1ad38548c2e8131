package h1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second // a test that waits longer has failed

// A fake is a server that says exactly the bytes that a test gives it.
type fake struct {
	net.Listener
	t testing.TB
}

func listen(t testing.TB) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &fake{l, t}
}

func options() Options {
	return Options{Connect: patience, FirstByte: patience, Idle: time.Minute, MaxIdle: 4}
}

func (f *fake) pool(change func(*Options)) *Pool {
	f.t.Helper()
	o := options()
	if change != nil {
		change(&o)
	}
	p, err := New(&url.URL{Scheme: "http", Host: f.Addr().String(), Path: "/mcp"}, o)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(p.Close)
	return p
}

// A line is the server's end of a connection.
type line struct {
	net.Conn
	in *bufio.Reader
	t  testing.TB
}

func (f *fake) accept() *line {
	f.t.Helper()
	_ = f.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	c, err := f.Accept()
	if err != nil {
		f.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	f.t.Cleanup(func() { _ = c.Close() })
	return &line{c, bufio.NewReader(c), f.t}
}

// none asserts that no further connection was opened.
func (f *fake) none() {
	f.t.Helper()
	_ = f.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(time.Millisecond))
	if c, err := f.Accept(); err == nil {
		_ = c.Close()
		f.t.Fatal("a connection was opened that nobody needs")
	}
}

// request reads one request and returns its body.
func (l *line) request() (*http.Request, string) {
	l.t.Helper()
	r, err := http.ReadRequest(l.in)
	if err != nil {
		l.t.Fatalf("the server reads: %v", err)
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		l.t.Fatalf("the server reads a body: %v", err)
	}
	return r, string(b)
}

func (l *line) say(s string) {
	l.t.Helper()
	if _, err := io.WriteString(l.Conn, s); err != nil {
		l.t.Fatalf("the server writes: %v", err)
	}
}

// closed asserts that the client closes the connection and says nothing more.
func (l *line) closed() {
	l.t.Helper()
	b, err := io.ReadAll(l.in)
	if len(b) > 0 || errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		l.t.Fatalf("the connection was not closed: %q, %v", b, err)
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// A result is what Do and reading the whole body came to.
type result struct {
	resp *Response
	body string
	err  error
}

func (p *Pool) all(ctx context.Context, r Request) result {
	resp, err := p.Do(ctx, r)
	if err != nil {
		return result{nil, "", err}
	}
	b, err := io.ReadAll(resp.Body)
	return result{resp, string(b), errors.Join(err, resp.Body.Close())}
}

// begin calls p beside the test, which plays the server.
func begin(ctx context.Context, p *Pool, r Request) <-chan result {
	out := make(chan result, 1)
	go func() { out <- p.all(ctx, r) }()
	return out
}

func post(body string) Request {
	return Request{Method: http.MethodPost, Fields: []Field{{"Content-Type", "application/json"}}, Body: []byte(body)}
}

var get = Request{Method: http.MethodGet}

// exchange has the server read one request on l, or on a new connection, and answer.
func (f *fake) exchange(p *Pool, l *line, r Request, answer string) (*line, result) {
	f.t.Helper()
	out := begin(f.t.Context(), p, r)
	if l == nil {
		l = f.accept()
	}
	l.request()
	l.say(answer)
	return l, <-out
}

const hello = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello"

func (r result) is(t testing.TB, body string) {
	t.Helper()
	if r.err != nil || r.body != body {
		t.Fatalf("got %q, %v; want %q", r.body, r.err, body)
	}
}

func idle(p *Pool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// read is the reader alone, without a connection.
func read(b []byte, method string) (head, []byte, int, error) {
	src := bytes.NewReader(b)
	in := bufio.NewReaderSize(src, bufferSize)
	h, err := readHead(in, method)
	if err != nil {
		return h, nil, 0, err
	}
	body := http1.NewBody(in, h.Framing)
	got, err := io.ReadAll(&body)
	return h, got, in.Buffered() + src.Len(), err
}

package h1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fake is a Server, where it listens, and what it said.
type fake struct {
	*testing.T

	s     *Server
	l     net.Listener
	log   *lines
	ended chan error

	mu  sync.Mutex
	bad []Malformed
}

// lines is a log that may be read while it is written.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// start serves h over loopback.
func start(t *testing.T, h http.HandlerFunc) *fake {
	t.Helper()
	return startAt(t, loopback(t), Options{Handler: h})
}

func loopback(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func startAt(t *testing.T, l net.Listener, o Options) *fake {
	t.Helper()
	f := &fake{T: t, l: l, log: &lines{}, ended: make(chan error, 1)}
	o.Log = slog.New(slog.NewTextHandler(f.log, nil))
	if o.Malformed == nil {
		o.Malformed = f.malformed
	}
	f.s = New(o)
	go func() { f.ended <- f.s.Serve(l) }()
	t.Cleanup(func() {
		_ = f.s.Close()
		if err := <-f.ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
	return f
}

func (f *fake) malformed(w http.ResponseWriter, m Malformed) {
	f.mu.Lock()
	f.bad = append(f.bad, m)
	f.mu.Unlock()
	w.WriteHeader(m.Status)
	_, _ = io.WriteString(w, m.Err.Error())
}

// malformations is what was malformed up to now.
func (f *fake) malformations() []Malformed {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Malformed(nil), f.bad...)
}

// A line is a caller's end of a connection.
type line struct {
	net.Conn
	t  testing.TB
	in *bufio.Reader
}

func over(t testing.TB, c net.Conn) *line {
	t.Helper()
	t.Cleanup(func() { _ = c.Close() })
	if c.RemoteAddr().Network() != "pipe" { // those end when all of a bubble waits
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	}
	return &line{c, t, bufio.NewReader(c)}
}

func (f *fake) dial() *line {
	f.Helper()
	if p, ok := f.l.(*pipes); ok {
		return over(f, p.dial())
	}
	c, err := net.Dial("tcp", f.l.Addr().String())
	if err != nil {
		f.Fatal(err)
	}
	return over(f, c)
}

func (l *line) say(text string) {
	l.t.Helper()
	if _, err := io.WriteString(l, text); err != nil {
		l.t.Fatal(err)
	}
}

// An answer is one that was read to its end.
type answer struct {
	*http.Response
	body string
}

func (l *line) answer() answer { l.t.Helper(); return l.answerTo(http.MethodPost) }

func (l *line) answerTo(method string) answer {
	l.t.Helper()
	resp, err := http.ReadResponse(l.in, &http.Request{Method: method})
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return answer{resp, string(b)}
}

// is asserts the status and the body.
func (a answer) is(t testing.TB, status int, body string) {
	t.Helper()
	if a.StatusCode != status || a.body != body {
		t.Fatalf("%d %q; want %d %q", a.StatusCode, a.body, status, body)
	}
}

// closed asserts that nothing more comes, and that the other end closes.
func (l *line) closed() {
	l.t.Helper()
	b, err := io.ReadAll(l.in)
	if len(b) > 0 || errors.Is(err, net.ErrClosed) || timedOut(err) {
		l.t.Fatalf("%q, %v; want the end", b, err)
	}
}

// kept asserts that the connection serves another request.
func (l *line) kept() {
	l.t.Helper()
	l.say(get("/kept"))
	if a := l.answer(); a.Request.Method == "" || a.StatusCode != http.StatusOK {
		l.t.Fatalf("%d %q", a.StatusCode, a.body)
	}
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n" }

func post(body string) string { return posting("Content-Length: "+strconv.Itoa(len(body)), body) }

// posting is a request with one more field.
func posting(field, body string) string {
	return "POST /a HTTP/1.1\r\nHost: h\r\n" + field + "\r\n\r\n" + body
}

// echo answers with what it was sent, and with the path where that was nothing.
func echo(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(b) == 0 {
		b = []byte(r.URL.Path)
	}
	_, _ = w.Write(b)
}

// pipes is a listener within the process, whose times testing/synctest keeps.
type pipes struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

var long = strings.Repeat("x", 10<<10)

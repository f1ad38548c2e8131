package front

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/seal"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A pipes is a listener in memory, whose connections keep the test's own time.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return named{c}, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// A named conn has an address that the front can read.
type named struct{ net.Conn }

func (named) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }

// dialed serves co in the test's own time and returns a connection to it.
func dialed(t *testing.T, co *corridor, o Options) net.Conn {
	t.Helper()
	ring, err := seal.NewRing(seal.Key{ID: 1, Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	o.Corridor, o.Identity, o.Refused, o.Handles, o.Limits = co, identity.Anonymous{}, &counter{}, &Handles{Ring: ring}, wire.DefaultLimits()
	o.Servers, o.Transport, o.Hosts = []mantlet.ServerID{"s"}, "http", []string{"127.0.0.1"}
	l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	srv := &http.Server{Handler: New(o), ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(l) }()
	ours, theirs := net.Pipe()
	l.conns <- theirs
	t.Cleanup(func() { _ = ours.Close(); _ = srv.Close() })
	return ours
}

func raw(body string, length int) string {
	return fmt.Sprintf("POST /mcp/s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s", length, body)
}

const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{}}}`

// A caller who drips a body is told so, and loses the connection, when the time for
// it is up; not before, and not after.
func TestADrippedBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		co := answering(wire.Rev20251125, `{}`)
		c := dialed(t, co, Options{Body: 10 * time.Second})
		begin := time.Now()
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = io.WriteString(c, raw(hello[:10], len(hello)))
			for i := range hello[10:] { // a byte each second would take minutes
				time.Sleep(time.Second)
				if _, err := io.WriteString(c, hello[10+i:11+i]); err != nil {
					return
				}
			}
		}()
		in := bufio.NewReader(c)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); resp.StatusCode != http.StatusRequestTimeout || took < 10*time.Second || took > 11*time.Second || len(co.seen) != 0 {
			t.Errorf("%d after %s, %d exchanges", resp.StatusCode, took, len(co.seen))
		}
		if b, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(b), "did not arrive within 10s") {
			t.Errorf("%s, %v", b, err)
		}
		if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("the connection lives on: %v", err)
		}
		_ = c.Close()
		<-gone
	})
}

// The deadline is the body's alone: the call may take longer, and so may what
// follows on the connection.
func TestTheBodysDeadlineEndsWithTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		co := answering(wire.Rev20251125, `{}`)
		plain := co.serve
		co.serve = func(ctx context.Context, x *gateway.Exchange) (upstream.Reply, error) {
			time.Sleep(time.Minute)
			if ctx.Err() != nil {
				return upstream.Reply{}, context.Cause(ctx)
			}
			return plain(ctx, x)
		}
		c := dialed(t, co, Options{Body: time.Second, Write: time.Second, KeepAlive: time.Hour})
		in := bufio.NewReader(c)
		for range 3 {
			if _, err := io.WriteString(c, raw(hello, len(hello))); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || resp.ContentLength != int64(len(b)) {
				t.Fatalf("%d %s %v", resp.StatusCode, b, err)
			}
			time.Sleep(time.Minute) // past every deadline of the request before
			note := `{"jsonrpc":"2.0","method":"notifications/initialized"}`
			head := strings.Replace(raw(note, len(note)), "\r\n\r\n", "\r\nMcp-Session-Id: "+resp.Header.Get("Mcp-Session-Id")+"\r\n\r\n", 1)
			if _, err := io.WriteString(c, head); err != nil {
				t.Fatal(err)
			}
			if resp, err := http.ReadResponse(in, nil); err != nil || resp.StatusCode != 202 {
				t.Fatalf("%v, %v", resp, err)
			}
		}
	})
}

// A caller who does not read what it is sent loses the call once its time is up, and
// holds neither the server's connection nor a goroutine.
func TestACallerWhoDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gaveUp := make(chan time.Duration, 1)
		co := &corridor{serve: func(_ context.Context, x *gateway.Exchange) (upstream.Reply, error) {
			begin := time.Now()
			m, err := wire.NewNotification("notifications/message", []byte(`{"level":"info","data":"`+strings.Repeat("x", 1<<16)+`"}`))
			for err == nil {
				err = x.Emit(upstream.Event{Message: m})
			}
			gaveUp <- time.Since(begin)
			return upstream.Reply{}, err
		}}
		c := dialed(t, co, Options{Write: 7 * time.Second})
		if _, err := io.WriteString(c, raw(hello, len(hello))); err != nil {
			t.Fatal(err)
		}
		if took := <-gaveUp; took < 7*time.Second || took > 9*time.Second {
			t.Errorf("the call was given up after %s", took)
		}
	})
}

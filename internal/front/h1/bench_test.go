package h1

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkRequest: 1 KB there and back over one kept connection, beside net/http's
// server. The caller, which is in the figures of both, does as little as it can.
func BenchmarkRequest(b *testing.B) {
	body := []byte(strings.Repeat("x", 1<<10))
	length, kind := []string{"1024"}, []string{"application/json"}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header()["Content-Type"] = kind
		w.Header()["Content-Length"] = length
		_, _ = w.Write(body)
	})
	request := []byte("POST /mcp/s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" +
		"Mcp-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: 0123456789abcdef\r\nContent-Length: 1024\r\n\r\n" + string(body))
	type server interface {
		Serve(l net.Listener) error
		Close() error
	}
	for name, made := range map[string]func() server{
		"h1":       func() server { return New(Options{Handler: h, Log: slog.New(slog.DiscardHandler)}) },
		"net-http": func() server { return &http.Server{Handler: h} }, //nolint:gosec // its caller is this benchmark
	} {
		b.Run(name, func(b *testing.B) {
			s, l, ended := made(), loopback(b), make(chan error)
			go func() { ended <- s.Serve(l) }()
			defer func() { _ = s.Close(); <-ended }() //nolint:errcheck // it was told to end
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			in := bufio.NewReader(c)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(request); err != nil {
					b.Fatal(err)
				}
				for {
					line, err := in.ReadSlice('\n')
					if err != nil {
						b.Fatal(err)
					}
					if len(line) == 2 {
						break
					}
				}
				if _, err := in.Discard(len(body)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package h1

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// BenchmarkRoundTrip: 1 KB there and back, beside net/http's client. The server,
// which is net/http's, is in the figures of both.
func BenchmarkRoundTrip(b *testing.B) {
	body := []byte(strings.Repeat("x", 1<<10))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = w.Write(body)
	}))
	defer s.Close()
	buf := make([]byte, len(body))
	u, _ := url.Parse(s.URL)
	p, err := New(u, options())
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	b.Run("pool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			resp, err := p.Do(b.Context(), Request{Method: http.MethodPost, Fields: []Field{{"Content-Type", "application/json"}}, Body: body})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(resp.Body, buf); err != nil {
				b.Fatal(err)
			}
			_ = resp.Body.Close()
		}
	})
	b.Run("net/http", func(b *testing.B) {
		b.ReportAllocs()
		tr := &http.Transport{DisableCompression: true}
		defer tr.CloseIdleConnections()
		for b.Loop() {
			req, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, s.URL, bytes.NewReader(body))
			req.Header["Content-Type"] = []string{"application/json"}
			resp, err := tr.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(resp.Body, buf); err != nil {
				b.Fatal(err)
			}
			_ = resp.Body.Close()
		}
	})
}

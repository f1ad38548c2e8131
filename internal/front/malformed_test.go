package front

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/front/h1"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/seal"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
)

// refusals are handed on as they are counted.
type refusals chan audit.Refusal

func (c refusals) Refused(_ context.Context, r audit.Refusal) { c <- r }

// What is no request is answered as all else that the door refuses: a JSON-RPC error
// that answers no message, the exchange's id, and one more in the count.
func TestMalformedRequests(t *testing.T) {
	ring, err := seal.NewRing(seal.Key{ID: 1, Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	counted := make(refusals, 4)
	carried := &corridor{serve: func(context.Context, *gateway.Exchange) (upstream.Reply, error) {
		t.Error("it was carried")
		return upstream.Reply{}, nil
	}}
	face := New(Options{Corridor: carried, Refused: counted, Handles: &Handles{Ring: ring}, Transport: "http"})
	s := h1.New(h1.Options{Handler: face, Log: slog.New(slog.DiscardHandler), ConnContext: WithConn, Malformed: face.Malformed})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	defer func() { _ = s.Close(); <-ended }() //nolint:errcheck // it was told to end
	for _, tt := range []struct {
		name, text, words string
		status            int
	}{
		{"two lengths", "POST /mcp/s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "Content-Length is not one number", 400},
		{"no version", "GET /secret\r\n\r\n", "first line", 400},
		{"another version", "GET / HTTP/1.2\r\n\r\n", "version", 505},
		{"another expectation", "POST / HTTP/1.1\r\nHost: h\r\nExpect: secret\r\n\r\n", "100-continue", 417},
		{"a long head", "POST / HTTP/1.1\r\nX: " + strings.Repeat("secret", 12_000) + "\r\n\r\n", "longer than its limit", 431},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, body := malformedAnswer(t, l.Addr().String(), tt.text)
			id := resp.Header.Get("Mantlet-Exchange")
			if resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != "application/json" || id == "" || !resp.Close {
				t.Errorf("%d %v, closing %t", resp.StatusCode, resp.Header, resp.Close)
			}
			var m struct {
				Version string `json:"jsonrpc"`
				ID      any
				Result  any
				Error   *struct {
					Code    int
					Message string
				}
			}
			if err := json.Unmarshal([]byte(body), &m); err != nil || m.Error == nil {
				t.Fatalf("%s: %v", body, err)
			}
			if m.Version != "2.0" || m.ID != nil || m.Result != nil || m.Error.Code != -32600 || !strings.Contains(m.Error.Message, tt.words) || !strings.Contains(m.Error.Message, id) || strings.Contains(body, "secret") {
				t.Errorf("%s", body)
			}
			if len(counted) != 1 {
				t.Fatalf("counted %d times", len(counted))
			}
			if r := <-counted; r.Source != "127.0.0.1" || r.Kind != "malformed" {
				t.Errorf("counted as %+v", r)
			}
		})
	}
}

// malformedAnswer sends text, and reads the answer up to the connection's end.
func malformedAnswer(t *testing.T, to, text string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
		t.Errorf("more comes: %q, %v", rest, err)
	}
	return resp, string(b)
}

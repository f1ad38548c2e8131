package h1

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// library reads with net/http, informational responses passed over as its client
// does.
func library(b []byte, method string) (*http.Response, []byte, int, error) {
	src := bytes.NewReader(b)
	in := bufio.NewReaderSize(src, 128<<10)
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return nil, nil, 0, err
		}
		if resp.StatusCode >= 200 {
			body, err := io.ReadAll(resp.Body)
			return resp, body, in.Buffered() + src.Len(), err
		}
	}
}

// same asserts that what we accept net/http accepts too, and that both see the same
// status, length, body and rest.
func same(t *testing.T, b []byte, method string) (accepted bool) {
	t.Helper()
	h, body, rest, err := read(b, method)
	if err != nil {
		return false
	}
	resp, libBody, libRest, err := library(b, method)
	if err != nil {
		t.Fatalf("accepted, but net/http says %v", err)
	}
	if resp.StatusCode != h.status || !bytes.Equal(body, libBody) || rest != libRest {
		t.Fatalf("%d %q and %d more; net/http: %d %q and %d", h.status, body, rest, resp.StatusCode, libBody, libRest)
	}
	if none := method == http.MethodHead || h.status == 204 || h.status == 304; !none && resp.ContentLength != h.Length {
		t.Fatalf("length %d; net/http: %d", h.Length, resp.ContentLength)
	}
	if resp.Close != (h.closing || h.old && !keepAlive(resp) || h.Length < 0 && !h.Chunked) && !h.old {
		t.Fatalf("closing %t; net/http: %t", h.closing, resp.Close)
	}
	if resp.Header.Get("Content-Type") != h.kind || resp.Header.Get("Mcp-Session-Id") != h.session || strings.Join(resp.Header.Values("Content-Encoding"), "") != "" && h.encoding == "" {
		t.Fatalf("%+v; net/http: %v", h, resp.Header)
	}
	return true
}

func keepAlive(resp *http.Response) bool { return !resp.Close }

var benign = []string{
	hello,
	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 204 No Content\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
	"HTTP/1.0 200 OK\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\n\r\nhello",
	"HTTP/1.1 500\r\nConnection: x, close\r\nContent-Length: 5\r\n\r\nhello",
	//nolint:dupword // a header that is there twice
	"HTTP/1.1 200 OK\r\nContent-Type:\t text/event-stream \r\nMcp-Session-Id: abc\r\nContent-Encoding: \r\nContent-Encoding: gzip\r\nContent-Length: 005\r\n\r\nhello" + hello,
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + hello,
	chunked("5\r\nhello\r\nA\r\n0123456789\r\n000\r\n\r\n" + hello),
	chunked("5\r\nhello\r\n0\r\nX: a\r\nY: b\r\n\r\n"),
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: ChunkeD\t\r\nTrailer: X\r\n\r\n0\r\nX: a\r\n\r\n",
}

// Each benign response is read, as net/http reads it, for each method.
func TestAsNetHTTPReadsIt(t *testing.T) {
	for _, b := range benign {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
			if !same(t, []byte(b), method) {
				t.Errorf("%s: %q is refused", method, b)
			}
		}
	}
	stricter := 0
	for _, tt := range hostile {
		if same(t, []byte(tt.text), http.MethodPost) {
			t.Errorf("%s: accepted", tt.name)
		}
		if _, _, _, err := library([]byte(tt.text), http.MethodPost); err == nil {
			stricter++
			t.Logf("net/http accepts %s", tt.name)
		}
	}
	if stricter == 0 {
		t.Error("net/http refuses all of it: this reader is not needed")
	}
}

// FuzzResponse: nothing panics, and what is accepted net/http accepts with the same
// status, length, body and rest.
func FuzzResponse(f *testing.F) {
	for i, b := range benign {
		f.Add([]byte(b), byte(i))
	}
	for i, tt := range hostile {
		if len(tt.text) < 1<<10 { // those at a limit take the fuzzer's whole time
			f.Add([]byte(tt.text), byte(i))
		}
	}
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete}
	f.Fuzz(func(t *testing.T, b []byte, method byte) { same(t, b, methods[int(method)%len(methods)]) })
}

// FuzzPieces: how the bytes are cut on their way changes nothing.
func FuzzPieces(f *testing.F) {
	for i, b := range benign {
		f.Add([]byte(b), byte(i))
	}
	f.Fuzz(func(t *testing.T, b []byte, step byte) {
		h, body, _, err := read(b, http.MethodPost)
		in := bufio.NewReaderSize(&pieces{b, int(step%7) + 1}, bufferSize)
		h2, err2 := readHead(in, http.MethodPost)
		var body2 []byte
		if err2 == nil {
			framed := http1.NewBody(in, h2.Framing)
			body2, err2 = io.ReadAll(&framed)
		}
		if (err == nil) != (err2 == nil) || err == nil && (h != h2 || !bytes.Equal(body, body2)) {
			t.Fatalf("%+v %q %v; in pieces: %+v %q %v", h, body, err, h2, body2, err2)
		}
	})
}

// pieces hands out a few bytes at a time.
type pieces struct {
	rest []byte
	step int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(p.step, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}

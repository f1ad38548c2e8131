package h1

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"testing"
)

// A reading is what somebody has read: a request, its body, and how much is left.
type reading struct {
	*http.Request
	body string
	rest int
}

// deaf takes what is written, and says nothing.
type deaf struct{ net.Conn }

func (deaf) Write(b []byte) (int, error) { return len(b), nil }

// ours reads one request as a connection does.
func ours(src io.Reader) (reading, error) {
	c := &conn{s: &Server{}, nc: deaf{}, base: context.Background(), in: bufio.NewReaderSize(src, bufferSize)}
	if err := c.head.read(c.in); err != nil {
		return reading{}, err
	}
	r, err := c.head.request(newExchange(c))
	if err != nil {
		return reading{}, err
	}
	defer c.cancel(nil)
	b, err := io.ReadAll(r.Body)
	rest, _ := io.Copy(io.Discard, c.in)
	return reading{r, string(b), int(rest)}, err
}

// library reads with net/http. One empty line before the request, which its server
// takes, is not there for its reader.
func library(b []byte) (reading, error) {
	in := bufio.NewReaderSize(bytes.NewReader(bytes.TrimPrefix(b, []byte("\r\n"))), 128<<10)
	r, err := http.ReadRequest(in)
	if err != nil {
		return reading{}, err
	}
	body, err := io.ReadAll(r.Body)
	rest, _ := io.Copy(io.Discard, in)
	return reading{r, string(body), int(rest)}, err
}

// fields are a header's but those in which the two differ on purpose: ours leaves out
// what Framing says, and keeps Trailer; net/http makes Pragma a Cache-Control.
func fields(h http.Header) http.Header {
	h = maps.Clone(h)
	for _, name := range []string{"Content-Length", "Trailer"} {
		delete(h, name)
	}
	if h.Get("Pragma") == "no-cache" && h.Get("Cache-Control") == "no-cache" {
		delete(h, "Cache-Control")
	}
	return h
}

// told is all that must be the same of a reading.
func told(r reading) string {
	return fmt.Sprintf("%s %q %q %q %q %s host %q, length %d %q, %q, body %q and %d more",
		r.Method, r.RequestURI, r.URL.Scheme, r.URL.Path, r.URL.RawQuery, r.Proto, r.Host, r.ContentLength, r.TransferEncoding, fields(r.Header), r.body, r.rest)
}

// same asserts that what we accept net/http accepts too, and that both see the same. It
// differs on purpose in this alone: HTTP/1.0 is closed even where it asks not to be.
func same(t *testing.T, b []byte) (accepted bool) {
	t.Helper()
	r, err := ours(bytes.NewReader(b))
	if err != nil {
		return false
	}
	lib, err := library(b)
	if err != nil {
		t.Fatalf("accepted, but net/http says %v", err)
	}
	if a, b := told(r), told(lib); a != b {
		t.Fatalf("%s\nnet/http: %s", a, b)
	}
	if r.Close != lib.Close && r.ProtoMinor != 0 {
		t.Fatalf("closing %t; net/http: %t", r.Close, lib.Close)
	}
	return true
}

var benign = []string{
	get("/"),
	get("/a/b-c_d.e?f=%20g&h"),
	get("/%7euser/%2e%2e//x;y=z/'(*)"),
	get("//evil/a"),
	"GET http://h/a?b HTTP/1.1\r\nHost: H\r\n\r\n",
	"POST HTTPS://h:8443 HTTP/1.1\r\nHost: h:8443\r\nContent-Length: 1\r\n\r\nx",
	"GET http://[::1]:80/ HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
	"OPTIONS /a HTTP/1.1\r\nhost:\r\n\r\n",
	"GET / HTTP/1.0\r\n\r\n",
	"POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhello",
	"\r\n" + post("hello"),
	post("hello") + post("again"),
	posting("Content-Length: 005", "hello"),
	posting("Content-Length:\t 0 ", ""),
	posting("Connection: x, Close\r\nExpect: 100-Continue\r\nContent-Length: 5", "hello"),
	posting("Transfer-Encoding: ChunkeD\t", "5\r\nhello\r\nA\r\n0123456789\r\n000\r\n\r\n") + get("/next"),
	posting("Transfer-Encoding: chunked\r\nTrailer: X", "0\r\nX: a\r\ny: b\r\n\r\n"),
	posting("Pragma: no-cache\r\nx: a\r\nX:\tb \r\nX_Y: \xff\r\nMCP-Session-ID: z\r\nmcp-protocol-version: 1\r\nContent-Length: 1", "x"),
	"pUT /" + long + " HTTP/1.1\r\nHost: h\r\nX: " + long + "\r\nContent-Length: 1\r\n\r\nx",
}

// Each benign request is read, as net/http reads it.
func TestAsNetHTTPReadsIt(t *testing.T) {
	for _, b := range benign {
		if !same(t, []byte(b)) {
			_, err := ours(bytes.NewReader([]byte(b)))
			t.Errorf("%.100q is refused: %v", b, err)
		}
	}
	stricter := 0
	for name, text := range allHostile() {
		if same(t, []byte(text)) {
			t.Errorf("%s: accepted", name)
		}
		if r, err := library([]byte(text)); err == nil {
			stricter++
			t.Logf("net/http accepts %s, with %.20q for its body", name, r.body)
		}
	}
	if stricter == 0 {
		t.Error("net/http refuses all of it: this reader is not needed")
	}
}

// allHostile are the hostile requests by their names.
func allHostile() map[string]string {
	all := make(map[string]string)
	for _, tt := range hostile {
		all[tt.name] = tt.text
	}
	for _, tt := range hostileChunks {
		all["chunk: "+tt.name] = posting("Transfer-Encoding: chunked", tt.text)
	}
	return all
}

func seeds(f *testing.F) {
	all := allHostile()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if len(all[name]) < 1<<10 { // those at a limit take the fuzzer's whole time
			f.Add([]byte(all[name]), byte(1))
		}
	}
	for i, b := range benign {
		f.Add([]byte(b), byte(i))
	}
}

// FuzzRequest: nothing panics, what is accepted net/http accepts with the same method,
// target, host, header, body and rest, and how the bytes are cut on their way changes
// nothing.
func FuzzRequest(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte, step byte) {
		accepted := same(t, b)
		r, err := ours(&pieces{b, int(step%7) + 1})
		if accepted != (err == nil) {
			t.Fatalf("accepted %t; in pieces: %v", accepted, err)
		}
		if !accepted {
			return
		}
		whole, _ := ours(bytes.NewReader(b))
		if a, b := told(whole), told(r); a != b {
			t.Fatalf("%s\nin pieces: %s", a, b)
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

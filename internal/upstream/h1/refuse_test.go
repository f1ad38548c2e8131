package h1

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// anything stands for any error at all, reads for "the lenient reader has no say".
const noSay = "\x00"

// hostile are responses that two readers may read differently. Each is refused,
// and reads is what the lenient reader takes for its body.
var hostile = []struct {
	name  string
	text  string
	want  error
	reads string
}{
	// the status line
	{"status: two spaces", "HTTP/1.1  200 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: a tab", "HTTP/1.1\t200 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: small letters", "http/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: another minor version", "HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: another major version", "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: a longer version", "HTTP/1.10 200 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: another protocol", "ICY 200 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: two digits", "HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: a letter", "HTTP/1.1 2O0 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: a sign", "HTTP/1.1 +20 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: below 100", "HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: above 599", "HTTP/1.1 600 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: no space before the reason", "HTTP/1.1 200OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: NUL in the reason", "HTTP/1.1 200 O\x00K\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: CR in the reason", "HTTP/1.1 200 O\rK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: an empty line before it", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", errStatus, "hello"},
	{"status: none at all", "Content-Length: 5\r\n\r\nhello", errStatus, noSay},
	// lines and fields
	{"line: bare LF after the status", "HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello", http1.ErrLine, "hello"},
	{"line: bare LF after a field", "HTTP/1.1 200 OK\r\nContent-Length: 5\n\r\nhello", http1.ErrLine, "hello"},
	{"line: bare LF for the empty line", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello", http1.ErrLine, "hello"},
	{"line: bare CR hides a length", "HTTP/1.1 200 OK\r\nX: a\rContent-Length: 2\r\n\r\nhello", http1.ErrField, "he"},
	{"line: two CR", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\r\n\r\nhello", http1.ErrField, "hello"},
	{"field: obs-fold hides a length", "HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 2\r\n\r\nhello", http1.ErrField, "he"},
	{"field: obs-fold by a tab", "HTTP/1.1 200 OK\r\nX: a\r\n\tContent-Length: 2\r\n\r\nhello", http1.ErrField, "he"},
	{"field: the first one is folded", "HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nhello", http1.ErrField, "he"},
	{"field: a space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhello", http1.ErrField, "he"},
	{"field: a tab before the colon", "HTTP/1.1 200 OK\r\nTransfer-Encoding\t: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n", http1.ErrField, "he"},
	{"field: NUL in a value", "HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 5\r\n\r\nhello", http1.ErrField, "hello"},
	{"field: a control character", "HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 5\r\n\r\nhello", http1.ErrField, "hello"},
	{"field: DEL", "HTTP/1.1 200 OK\r\nX: a\x7fb\r\nContent-Length: 5\r\n\r\nhello", http1.ErrField, "hello"},
	{"field: NUL in a name", "HTTP/1.1 200 OK\r\nContent-Length\x00: 2\r\n\r\nhello", http1.ErrField, "he"},
	{"field: a name that is no token", "HTTP/1.1 200 OK\r\nX(Y): a\r\nContent-Length: 5\r\n\r\nhello", http1.ErrField, "hello"},
	{"field: a name beyond ASCII", "HTTP/1.1 200 OK\r\nX\xff: a\r\nContent-Length: 5\r\n\r\nhello", http1.ErrField, "hello"},
	{"field: no name", "HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 5\r\n\r\nhello", http1.ErrField, "hello"},
	{"field: no colon", "HTTP/1.1 200 OK\r\nX\r\nContent-Length: 5\r\n\r\nhello", http1.ErrField, "hello"},
	{"field: two content types", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Type: text/event-stream\r\nContent-Length: 5\r\n\r\nhello", errTwice, "hello"},
	{"field: two sessions", "HTTP/1.1 200 OK\r\nMcp-Session-Id: a\r\nmcp-session-id: b\r\nContent-Length: 5\r\n\r\nhello", errTwice, "hello"},
	{"field: an empty session and another", "HTTP/1.1 200 OK\r\nMcp-Session-Id:\r\nmcp-session-id: b\r\nContent-Length: 5\r\n\r\nhello", errTwice, "hello"},
	{"field: a trailer that frames", "HTTP/1.1 200 OK\r\nTrailer: X, Content-Length\r\nContent-Length: 5\r\n\r\nhello", http1.ErrField, "hello"},
	// Content-Length
	{"length: twice the same", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: twice, differing", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 2\r\n\r\nhello", http1.ErrLength, "he"},
	{"length: zero and another", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: a list", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: plus", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: minus", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: a space within", "HTTP/1.1 200 OK\r\nContent-Length: 5 5\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: hexadecimal", "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: a letter", "HTTP/1.1 200 OK\r\nContent-Length: 5a\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: a fraction", "HTTP/1.1 200 OK\r\nContent-Length: 5.0\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: empty", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello", http1.ErrLength, ""},
	{"length: 2^64+5", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551621\r\n\r\nhello", http1.ErrLength, "hello"},
	{"length: nineteen digits", "HTTP/1.1 200 OK\r\nContent-Length: 0000000000000000005\r\n\r\nhello", http1.ErrLength, "hello"},
	// Transfer-Encoding
	{"coding: with a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, "5\r"},
	{"coding: before a length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, ""},
	{"coding: twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, "hello"},
	{"coding: chunked, then identity", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\nhello", http1.ErrCoding, "hello"},
	{"coding: chunked, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, "hello"},
	{"coding: gzip, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, "hello"},
	{"coding: identity", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nhello", http1.ErrCoding, "hello"},
	{"coding: xchunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, "hello"},
	{"coding: chunked with a parameter", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked;a=b\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, "hello"},
	{"coding: chunked in quotes", "HTTP/1.1 200 OK\r\nTransfer-Encoding: \"chunked\"\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, "hello"},
	{"coding: chunked by the Kelvin sign", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chun\u212aed\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, "hello"},
	{"coding: chunked by vertical tab", "HTTP/1.1 200 OK\r\nTransfer-Encoding: \vchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrField, "hello"},
	{"coding: empty", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\nhello", http1.ErrCoding, "hello"},
	{"coding: in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", http1.ErrCoding, "hello"},
	{"coding: in a 204", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", errNoBody, "hello"},
	{"length: in a 204", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", errNoBody, "hello"},
	// chunks
	{"chunk: plus", chunked("+5\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: minus", chunked("-5\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: a space before", chunked(" 5\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: a space after", chunked("5 \r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: an extension", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: an extension without a name", chunked("5;\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: an extension that ends in LF", chunked("5;\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: a letter", chunked("5g\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: an underscore", chunked("0_5\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, ""},
	{"chunk: no size", chunked("\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, ""},
	{"chunk: nine digits", chunked("000000005\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: 2^64+5", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: the size ends in LF", chunked("5\nhello\r\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: the data ends in LF", chunked("5\r\nhello\n0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: the data ends in anything", chunked("5\r\nhelloX0\r\n\r\n"), http1.ErrChunk, "hello"},
	{"chunk: more data than its size", chunked("2\r\nhello\r\n0\r\n\r\n"), http1.ErrChunk, noSay},
	{"chunk: a size line without end", chunked("5" + strings.Repeat("0", 20<<10)), http1.ErrChunk, noSay},
	{"trailer: no end but LF", chunked("5\r\nhello\r\n0\r\n\n"), http1.ErrLine, "hello"},
	{"trailer: no token", chunked("5\r\nhello\r\n0\r\nX Y: a\r\n\r\n"), http1.ErrField, "hello"},
	{"trailer: a second response in it", chunked("5\r\nhello\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n"), http1.ErrField, "hello"},
	{"trailer: too long", chunked("5\r\nhello\r\n0\r\n" + strings.Repeat("X: "+strings.Repeat("a", 500)+"\r\n", 10) + "\r\n"), http1.ErrTrailer, "hello"},
	// informational responses
	{"101", "HTTP/1.1 101 Switching Protocols\r\n\r\n" + hello, errSwitch, "hello"},
	{"1xx: with a length", "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello" + hello, errNoBody, noSay},
	{"1xx: too many", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 6) + hello, errInterim, "hello"},
	// limits
	{"limit: a line", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", bufferSize) + "\r\nContent-Length: 5\r\n\r\nhello", http1.ErrHeadSize, "hello"},
	{"limit: the head", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("a", 1<<10)+"\r\n", 64) + "Content-Length: 5\r\n\r\nhello", http1.ErrHeadSize, "hello"},
	{"limit: the number of fields", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: a\r\n", 128) + "Content-Length: 5\r\n\r\nhello", http1.ErrHeadSize, "hello"},
	{"limit: a head in informational parts", strings.Repeat("HTTP/1.1 103 Early Hints\r\n"+strings.Repeat("X: "+strings.Repeat("a", 1<<10)+"\r\n", 20)+"\r\n", 4) + hello, http1.ErrHeadSize, "hello"},
	// ends
	{"end: nothing", "", io.EOF, noSay},
	{"end: in the status line", "HTTP/1.1 200", io.ErrUnexpectedEOF, noSay},
	{"end: in the head", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", io.ErrUnexpectedEOF, noSay},
	{"end: in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", io.ErrUnexpectedEOF, "hell"},
	{"end: in a chunk", chunked("5\r\nhell"), io.ErrUnexpectedEOF, noSay},
	{"end: before the last chunk", chunked("5\r\nhello\r\n"), io.ErrUnexpectedEOF, "hello"},
	{"end: before the trailer", chunked("5\r\nhello\r\n0\r\n"), io.ErrUnexpectedEOF, "hello"},
}

func chunked(s string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + s }

// Every hostile response fails its own call, and its connection is closed: the
// server's word on where the next one begins is worth nothing.
func TestHostileResponsesAreRefused(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			if tt.reads != noSay {
				if got, ok := lenient([]byte(tt.text)); !ok || got != tt.reads {
					t.Fatalf("the lenient reader reads %q, %t; the attack shows nothing", got, ok)
				}
			}
			f := listen(t)
			p := f.pool(nil)
			out := begin(t.Context(), p, post("{}"))
			l := f.accept()
			l.request()
			l.say(tt.text)
			if errors.Is(tt.want, io.EOF) || errors.Is(tt.want, io.ErrUnexpectedEOF) {
				if err := l.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
					t.Fatal(err)
				}
			}
			if r := <-out; !errors.Is(r.err, tt.want) {
				t.Fatalf("got %q, %v; want %v", r.body, r.err, tt.want)
			}
			l.closed()
			if idle(p) != 0 {
				t.Fatal("the connection was kept")
			}
			l, r := f.exchange(p, nil, post("{}"), hello) // and the next call is on another
			r.is(t, "hello")
			_ = l.Close()
		})
	}
}

// What HEAD is answered with has no body, whatever its head says.
func TestHeadHasNoBody(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	l, r := f.exchange(p, nil, Request{Method: http.MethodHead}, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
	r.is(t, "")
	_, r = f.exchange(p, l, post("{}"), hello)
	r.is(t, "hello")
}

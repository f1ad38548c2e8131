package h1

import (
	"io"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// reads is this where the lenient reader has no say.
const noSay = "\x00"

// hostile are requests that two readers may read differently, or that are none. Each is
// refused with its status, and reads is what the lenient reader takes for its body.
var hostile = []struct {
	name   string
	text   string
	want   error
	status int
	reads  string
}{
	// the request line
	{"line: two spaces before the target", first("POST  /a HTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: two spaces before the version", first("POST /a  HTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: a space before it", first(" POST /a HTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: a space after it", first("POST /a HTTP/1.1 "), errRequestLine, 400, "hello"},
	{"line: a tab", first("POST\t/a\tHTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: a space in the target", first("POST /a /b HTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: a form feed", first("POST\f/a HTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: a CR within", first("POST /a\rHTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: a method that is no token", first("PO(ST /a HTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: a method with NUL", first("POST\x00 /a HTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: a long method", first(strings.Repeat("P", 33) + " /a HTTP/1.1"), errRequestLine, 400, "hello"},
	{"line: two empty lines before it", "\r\n\r\n" + post("hello"), errRequestLine, 400, "hello"},
	{"line: small letters", first("POST /a http/1.1"), errRequestLine, 400, "hello"},
	{"line: a longer version", first("POST /a HTTP/1.10"), errRequestLine, 400, "hello"},
	{"line: a version with a sign", first("POST /a HTTP/+1.1"), errRequestLine, 400, "hello"},
	{"line: a version with a byte more", first("POST /a HTTP/1.1x"), errRequestLine, 400, "hello"},
	{"line: another protocol", first("POST /a ICY/1.1"), errRequestLine, 400, "hello"},
	{"line: HTTP/0.9", "GET /a\r\n\r\n", errRequestLine, 400, ""},
	{"line: HTTP/1.2", first("POST /a HTTP/1.2"), errVersion, 505, "hello"},
	{"line: HTTP/0.9, said", first("POST /a HTTP/0.9"), errVersion, 505, "hello"},
	{"line: HTTP/3.0", first("POST /a HTTP/3.0"), errVersion, 505, "hello"},
	{"line: HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", errVersion, 505, ""},
	{"line: a response", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", errRequestLine, 400, "hello"},
	{"line: TLS", "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" + strings.Repeat("\x80\r\n", 12) + "\x00\x00\x02\x13\x01\x01\x00", errRequestLine, 400, noSay},
	// the target
	{"target: a fragment", first("POST /a#b HTTP/1.1"), errTarget, 400, "hello"},
	{"target: a bad escape", first("POST /%zz HTTP/1.1"), errTarget, 400, "hello"},
	{"target: no slash", first("POST a HTTP/1.1"), errTarget, 400, "hello"},
	{"target: a query alone", first("POST ?a HTTP/1.1"), errTarget, 400, "hello"},
	{"target: NUL", first("POST /a\x00 HTTP/1.1"), errTarget, 400, "hello"},
	{"target: DEL", first("POST /a\x7f HTTP/1.1"), errTarget, 400, "hello"},
	{"target: beyond ASCII", first("POST /\xff HTTP/1.1"), errTarget, 400, "hello"},
	{"target: CR", first("POST /\r HTTP/1.1"), errTarget, 400, "hello"},
	{"target: * with GET", first("GET * HTTP/1.1"), errTarget, 400, "hello"},
	{"target: an authority", first("CONNECT h:443 HTTP/1.1"), errTarget, 400, "hello"},
	{"target: CONNECT to a path", first("CONNECT /a HTTP/1.1"), errTarget, 400, "hello"},
	{"target: CONNECT to a URL", first("CONNECT http://h/a HTTP/1.1"), errTarget, 400, "hello"},
	{"target: an authority with GET", first("GET h:443 HTTP/1.1"), errTarget, 400, "hello"},
	{"target: another host's", first("POST http://other/a HTTP/1.1"), errHost, 400, "hello"},
	{"target: another port", first("POST http://h:81/a HTTP/1.1"), errHost, 400, "hello"},
	{"target: a user", first("POST http://u:p@h/a HTTP/1.1"), errTarget, 400, "hello"},
	{"target: a user without a name", first("POST http://@h/a HTTP/1.1"), errTarget, 400, "hello"},
	{"target: no host", first("POST http:///a HTTP/1.1"), errTarget, 400, "hello"},
	{"target: a scheme without slashes", first("POST http:a HTTP/1.1"), errTarget, 400, "hello"},
	{"target: a file", first("POST file://h/a HTTP/1.1"), errTarget, 400, "hello"},
	{"target: a bad port", first("POST http://h:x/a HTTP/1.1"), errTarget, 400, "hello"},
	// Host
	{"host: none", "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", errHost, 400, "hello"},
	{"host: none beside a URL", "POST http://h/a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", errHost, 400, "hello"},
	{"host: two", posting("Host: other\r\nContent-Length: 5", "hello"), errHost, 400, "hello"},
	{"host: twice the same", posting("hOST: h\r\nContent-Length: 5", "hello"), errHost, 400, "hello"},
	//nolint:dupword // a header that is there twice
	{"host: an empty one and another", "POST /a HTTP/1.1\r\nHost:\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", errHost, 400, "hello"},
	{"host: two in HTTP/1.0", "POST /a HTTP/1.0\r\nHost: h\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", errHost, 400, "hello"},
	{"host: a list", naming("h, other"), errHost, 400, "hello"},
	{"host: a list without a space", naming("h,other"), errHost, 400, "hello"},
	{"host: a space", naming("h other"), errHost, 400, "hello"},
	{"host: a tab", naming("h\tother"), errHost, 400, "hello"},
	{"host: a path", naming("h/a"), errHost, 400, "hello"},
	{"host: a user", naming("u@h"), errHost, 400, "hello"},
	{"host: a query", naming("h?a"), errHost, 400, "hello"},
	{"host: a fragment", naming("h#a"), errHost, 400, "hello"},
	{"host: a backslash", naming(`h\a`), errHost, 400, "hello"},
	{"host: beyond ASCII", naming("h\xc3\xa9"), errHost, 400, "hello"},
	{"host: NUL", naming("h\x00"), http1.ErrField, 400, "hello"},
	// lines and fields
	{"line: bare LF after the first", "POST /a HTTP/1.1\nHost: h\r\nContent-Length: 5\r\n\r\nhello", http1.ErrLine, 400, "hello"},
	{"line: bare LF after a field", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\n\r\nhello", http1.ErrLine, 400, "hello"},
	{"line: bare LF for the empty line", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\nhello", http1.ErrLine, 400, "hello"},
	{"line: bare LF for an empty line before", "\n" + post("hello"), http1.ErrLine, 400, "hello"},
	{"line: bare LF hides a length", posting("X: a\nContent-Length: 2", "hello"), http1.ErrLine, 400, "he"},
	{"line: bare CR hides a length", posting("X: a\rContent-Length: 2", "hello"), http1.ErrField, 400, "he"},
	{"line: two CR", posting("Content-Length: 5\r", "hello"), http1.ErrField, 400, "hello"},
	{"field: obs-fold hides a length", posting("X: a\r\n Content-Length: 2", "hello"), http1.ErrField, 400, "he"},
	{"field: obs-fold by a tab", posting("X: a\r\n\tContent-Length: 2", "hello"), http1.ErrField, 400, "he"},
	{"field: obs-fold of a coding", posting("Transfer-Encoding:\r\n chunked\r\nContent-Length: 2", "hello"), http1.ErrCoding, 400, "he"},
	{"field: the first one is folded", "POST /a HTTP/1.1\r\n Content-Length: 2\r\nHost: h\r\n\r\nhello", http1.ErrField, 400, "he"},
	{"field: a space before the colon", posting("Content-Length : 2", "hello"), http1.ErrField, 400, "he"},
	{"field: a tab before the colon", posting("Transfer-Encoding\t: chunked", "2\r\nhe\r\n0\r\n\r\n"), http1.ErrField, 400, "he"},
	{"field: NUL in a value", posting("X: a\x00b\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: a control character", posting("X: a\x01b\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: a vertical tab", posting("X: \va\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: DEL", posting("X: a\x7fb\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: NUL in a name", posting("Content-Length\x00: 2", "hello"), http1.ErrField, 400, "he"},
	{"field: a name that is no token", posting("X(Y): a\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: a name beyond ASCII", posting("X\xff: a\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: no name", posting(": a\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: no colon", posting("X\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: a trailer with a length", posting("Trailer: X, Content-Length\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: a trailer with a coding", posting("Trailer: transfer-encoding\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	{"field: a trailer with a trailer", posting("Trailer: Trailer\r\nContent-Length: 5", "hello"), http1.ErrField, 400, "hello"},
	// Content-Length
	{"length: twice the same", posting("Content-Length: 5\r\nContent-Length: 5", "hello"), http1.ErrLength, 400, "hello"},
	{"length: twice, differing", posting("Content-Length: 5\r\nContent-Length: 2", "hello"), http1.ErrLength, 400, "he"},
	{"length: zero and another", posting("Content-Length: 0\r\nContent-Length: 5", "hello"), http1.ErrLength, 400, "hello"},
	{"length: a list", posting("Content-Length: 5, 5", "hello"), http1.ErrLength, 400, "hello"},
	{"length: a list that differs", posting("Content-Length: 2,5", "hello"), http1.ErrLength, 400, "he"},
	{"length: plus", posting("Content-Length: +5", "hello"), http1.ErrLength, 400, "hello"},
	{"length: minus", posting("Content-Length: -1", "hello"), http1.ErrLength, 400, "h"},
	{"length: minus zero", posting("Content-Length: -0", "hello"), http1.ErrLength, 400, ""},
	{"length: a space within", posting("Content-Length: 5 5", "hello"), http1.ErrLength, 400, "hello"},
	{"length: hexadecimal", posting("Content-Length: 0x5", "hello"), http1.ErrLength, 400, "hello"},
	{"length: a letter", posting("Content-Length: 5a", "hello"), http1.ErrLength, 400, "hello"},
	{"length: a fraction", posting("Content-Length: 5.0", "hello"), http1.ErrLength, 400, "hello"},
	{"length: an underscore", posting("Content-Length: 0_5", "hello"), http1.ErrLength, 400, ""},
	{"length: another script's digit", posting("Content-Length: \u0665", "hello"), http1.ErrLength, 400, ""},
	{"length: in quotes", posting(`Content-Length: "5"`, "hello"), http1.ErrLength, 400, ""},
	{"length: empty", posting("Content-Length:", "hello"), http1.ErrLength, 400, ""},
	{"length: a vertical tab", posting("Content-Length: \v5", "hello"), http1.ErrField, 400, "hello"},
	{"length: 2^64+5", posting("Content-Length: 18446744073709551621", "hello"), http1.ErrLength, 400, "hello"},
	{"length: nineteen digits", posting("Content-Length: 0000000000000000005", "hello"), http1.ErrLength, 400, "hello"},
	// Transfer-Encoding
	{"coding: with a length (CL.TE)", posting("Content-Length: 2\r\nTransfer-Encoding: chunked", five), http1.ErrCoding, 400, "5\r"},
	{"coding: before a length (TE.CL)", posting("Transfer-Encoding: chunked\r\nContent-Length: 0", five), http1.ErrCoding, 400, ""},
	{"coding: twice", posting("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", five), http1.ErrCoding, 400, "hello"},
	{"coding: chunked, then identity", posting("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", five), http1.ErrCoding, 400, ""},
	{"coding: identity, then chunked", posting("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", five), http1.ErrCoding, 400, "hello"},
	{"coding: chunked, chunked", posting("Transfer-Encoding: chunked, chunked", five), http1.ErrCoding, 400, "hello"},
	{"coding: gzip, chunked", posting("Transfer-Encoding: gzip, chunked", five), http1.ErrCoding, 400, "hello"},
	{"coding: chunked, identity", posting("Transfer-Encoding: chunked, identity", five), http1.ErrCoding, 400, "hello"},
	{"coding: a list with an empty item", posting("Transfer-Encoding: ,chunked", five), http1.ErrCoding, 400, "hello"},
	{"coding: identity", posting("Transfer-Encoding: identity", five), http1.ErrCoding, 400, ""},
	{"coding: gzip", posting("Transfer-Encoding: gzip", five), http1.ErrCoding, 400, ""},
	{"coding: xchunked", posting("Transfer-Encoding: xchunked", five), http1.ErrCoding, 400, "hello"},
	{"coding: chunked with a parameter", posting("Transfer-Encoding: chunked;a=b", five), http1.ErrCoding, 400, "hello"},
	{"coding: chunked in quotes", posting(`Transfer-Encoding: "chunked"`, five), http1.ErrCoding, 400, "hello"},
	{"coding: chunked by the Kelvin sign", posting("Transfer-Encoding: chun\u212aed", five), http1.ErrCoding, 400, "hello"},
	{"coding: chunked by vertical tab", posting("Transfer-Encoding: \vchunked", five), http1.ErrField, 400, "hello"},
	{"coding: chunked with NUL", posting("Transfer-Encoding: chunked\x00", five), http1.ErrField, 400, "hello"},
	{"coding: empty", posting("Transfer-Encoding:", five), http1.ErrCoding, 400, ""},
	{"coding: in HTTP/1.0", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + five, http1.ErrCoding, 400, "hello"},
	{"coding: in HTTP/1.0 with a length", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", http1.ErrCoding, 400, "hello"},
	// Expect
	{"expect: something else", posting("Expect: 200-ok\r\nContent-Length: 5", "hello"), errExpect, 417, "hello"},
	{"expect: a list", posting("Expect: 100-continue, x\r\nContent-Length: 5", "hello"), errExpect, 417, "hello"},
	{"expect: nothing", posting("Expect:\r\nContent-Length: 5", "hello"), errExpect, 417, "hello"},
	// limits
	{"limit: one line", posting("X: "+strings.Repeat("a", 64<<10)+"\r\nContent-Length: 5", "hello"), http1.ErrHeadSize, 431, "hello"},
	{"limit: the first line", first("POST /" + strings.Repeat("a", 64<<10) + " HTTP/1.1"), http1.ErrHeadSize, 431, "hello"},
	{"limit: the head", posting(strings.Repeat("X: "+strings.Repeat("a", 1<<10)+"\r\n", 64)+"Content-Length: 5", "hello"), http1.ErrHeadSize, 431, "hello"},
	{"limit: the number of fields", posting(strings.Repeat("X: a\r\n", 127)+"Content-Length: 5", "hello"), http1.ErrHeadSize, 431, "hello"},
}

const five = "5\r\nhello\r\n0\r\n\r\n"

// first is a request with this first line.
func first(line string) string { return line + "\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" }

// naming is a request of this host.
func naming(host string) string {
	return "POST /a HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 5\r\n\r\nhello"
}

// hostileChunks are bodies of chunks that two readers may end in different places.
var hostileChunks = []struct {
	name  string
	text  string
	want  error
	reads string
}{
	{"plus", "+5\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"minus", "-5\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"0x", "0x5\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"a space before", " 5\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"a space after", "5 \r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"an extension", "5;a=b\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"an extension of the last", "5\r\nhello\r\n0;a\r\n\r\n", http1.ErrChunk, "hello"},
	{"an extension without a name", "5;\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"an extension that ends in LF", "5;\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"an extension in quotes over lines", "5;a=\"\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"a letter", "5g\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"an underscore", "0_5\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, ""},
	{"no size", "\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, ""},
	{"nine digits", "000000005\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"2^64+5", "10000000000000005\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"a size without end", strings.Repeat("0", 5<<10) + "5\r\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"bare LF after the size", "5\nhello\r\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"bare CR after the size", "5\rhello\r\n0\r\n\r\n", http1.ErrChunk, "0\r\n\r\n"},
	{"bare LF after it", "5\r\nhello\n0\r\n\r\n", http1.ErrChunk, "hello"},
	{"no CRLF after it", "5\r\nhello0\r\n\r\n", http1.ErrChunk, noSay},
	{"more than its size", "5\r\nhello!\r\n0\r\n\r\n", http1.ErrChunk, noSay},
	{"two bytes for its CRLF", "5\r\nhelloXX0\r\n\r\n", http1.ErrChunk, noSay},
	{"bare LF after the last", "5\r\nhello\r\n0\n\r\n", http1.ErrChunk, "hello"},
	{"trailer: bare LF", "5\r\nhello\r\n0\r\nX: a\n\r\n", http1.ErrLine, "hello"},
	{"trailer: ends in bare LF", "5\r\nhello\r\n0\r\n\n", http1.ErrLine, "hello"},
	{"trailer: no token", "5\r\nhello\r\n0\r\nX Y: a\r\n\r\n", http1.ErrField, "hello"},
	{"trailer: folded", "5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n", http1.ErrField, "hello"},
	{"trailer: a request in it", "5\r\nhello\r\n0\r\nGET /b HTTP/1.1\r\n\r\n", http1.ErrField, "hello"},
	{"trailer: too long", "5\r\nhello\r\n0\r\n" + strings.Repeat("X: "+strings.Repeat("a", 500)+"\r\n", 10) + "\r\n", http1.ErrTrailer, "hello"},
	{"trailer: too many fields", "5\r\nhello\r\n0\r\n" + strings.Repeat("X:\r\n", 129) + "\r\n", http1.ErrTrailer, "hello"},
}

// ends are requests whose sender has ended too early. Nobody is told so.
var ends = []struct {
	name, text string
	want       error // of the body; nil: there is no request
}{
	{"nothing", "", nil},
	{"in the first line", "POST /a HT", nil},
	{"in the head", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n", nil},
	{"in the body", posting("Content-Length: 5", "hell"), io.ErrUnexpectedEOF},
	{"in a chunk", posting("Transfer-Encoding: chunked", "5\r\nhell"), io.ErrUnexpectedEOF},
	{"before the last chunk", posting("Transfer-Encoding: chunked", "5\r\nhello\r\n"), io.ErrUnexpectedEOF},
	{"before the trailer", posting("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n"), io.ErrUnexpectedEOF},
}

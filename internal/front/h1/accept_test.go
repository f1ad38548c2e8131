package h1

import (
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
)

// Requests that come together are answered one after another, in their order.
func TestPipelining(t *testing.T) {
	l := start(t, echo).dial()
	l.say(post("one") + posting("Transfer-Encoding: chunked", "3\r\ntwo\r\n0\r\nX: a\r\n\r\n") + get("/three") + "\r\n" + post("four"))
	for _, want := range []string{"one", "two", "/three", "four"} {
		l.answer().is(t, http.StatusOK, want)
	}
	l.kept()
}

// What is accepted, and how the handler sees it: its echo is all that it was sent.
func TestRequestsThatAreServed(t *testing.T) {
	for _, tt := range []struct {
		name, text, sees string
		ends             bool // the connection, after it
	}{
		{"origin form", get("/a/b?c=d"), `GET "/a/b" "c=d" "h" HTTP/1.1 ""`, false},
		{"two slashes are no host", get("//other/a"), `GET "//other/a" "" "h" HTTP/1.1 ""`, false},
		{"an escaped path", get("/%61%2f"), `GET "/a/" "" "h" HTTP/1.1 ""`, false},
		{"absolute form", "GET http://h/a HTTP/1.1\r\nHost: H\r\n\r\n", `GET "/a" "" "h" HTTP/1.1 ""`, false},
		{"absolute form, no path", "GET https://h?x HTTP/1.1\r\nHost: h\r\n\r\n", `GET "" "x" "h" HTTP/1.1 ""`, false},
		{"absolute form, an empty host beside it", "GET http://h/a HTTP/1.1\r\nHost:\r\n\r\n", `GET "/a" "" "h" HTTP/1.1 ""`, false},
		{"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", `OPTIONS "*" "" "h" HTTP/1.1 ""`, false},
		{"an empty line before", "\r\n" + post("x"), `POST "/a" "" "h" HTTP/1.1 "x"`, false},
		{"a length of zero", post(""), `POST "/a" "" "h" HTTP/1.1 ""`, false},
		{"neither length nor chunks", "POST /a HTTP/1.1\r\nHost: h\r\n\r\n", `POST "/a" "" "h" HTTP/1.1 ""`, false},
		{"a long body", post(long), `POST "/a" "" "h" HTTP/1.1 ` + strconv.Quote(long), false},
		{"a long field", posting("X: "+long+"\r\nContent-Length: 1", "x"), `POST "/a" "" "h" HTTP/1.1 "x"`, false},
		{"a long target", get("/" + long), `GET "/` + long + `" "" "h" HTTP/1.1 ""`, false},
		{"as many fields as there may be", posting(strings.Repeat("X: a\r\n", 126)+"Content-Length: 1", "x"), `POST "/a" "" "h" HTTP/1.1 "x"`, false},
		{"a method of its own", "x-y /a HTTP/1.1\r\nHost: h\r\n\r\n", `x-y "/a" "" "h" HTTP/1.1 ""`, false},
		{"Connection: close", posting("Connection: x,\tCLOSE\r\nContent-Length: 1", "x"), `POST "/a" "" "h" HTTP/1.1 "x"`, true},
		{"HTTP/1.0", "POST /a HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", `POST "/a" "" "" HTTP/1.0 "x"`, true},
		{"HTTP/1.0 that would go on", "POST /a HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", `POST "/a" "" "" HTTP/1.0 "x"`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := start(t, func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				_, _ = io.WriteString(w, r.Method+" "+strconv.Quote(r.URL.Path)+" "+strconv.Quote(r.URL.RawQuery)+" "+strconv.Quote(r.Host)+" "+r.Proto+" "+strconv.Quote(string(b)))
			})
			l := f.dial()
			l.say(tt.text)
			a := l.answer()
			a.is(t, http.StatusOK, tt.sees)
			if a.Close != tt.ends {
				t.Errorf("closing: %t", a.Close)
			}
			if tt.ends {
				l.closed()
			} else {
				l.kept()
			}
		})
	}
}

// A name that is written with an underscore is another name than one with a hyphen, and
// both are handed on as they are.
func TestHeadersAsTheyAre(t *testing.T) {
	var seen http.Header
	l := start(t, func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Clone() }).dial()
	l.say(posting("x_a: 1\r\nX-A:\t2 \r\nx-a: 3\r\nMCP-Session-ID: \r\nnever-heard-of: ~\xff\r\nContent-Length: 0", ""))
	l.answer()
	for name, want := range map[string][]string{"X_a": {"1"}, "X-A": {"2", "3"}, "Mcp-Session-Id": {""}, "Never-Heard-Of": {"~\xff"}} {
		if got := seen[name]; strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if len(seen) != 4 {
		t.Errorf("%q", seen)
	}
}

// The table of names says what the library would.
func TestNamesAreCanonical(t *testing.T) {
	for written, name := range names {
		if want := textproto.CanonicalMIMEHeaderKey(written); name != want {
			t.Errorf("%s is %s; want %s", written, name, want)
		}
	}
}

// Chunks of any size that come in pieces of any size are one body.
func TestChunksOfAnySize(t *testing.T) {
	l := start(t, echo).dial()
	for _, size := range []int{1, 7, 1 << 10, bufferSize - 1, bufferSize, bufferSize + 1, len(long)} {
		var text bytes.Buffer
		text.WriteString(posting("Transfer-Encoding: chunked", ""))
		for rest := long; rest != ""; {
			n := min(size, len(rest))
			text.WriteString(strconv.FormatInt(int64(n), 16) + "\r\n" + rest[:n] + "\r\n")
			rest = rest[n:]
		}
		text.WriteString("0\r\n\r\n")
		for cut := max(1, size-3); text.Len() > 0; {
			l.say(string(text.Next(cut)))
		}
		l.answer().is(t, http.StatusOK, long)
	}
}

// Whoever waits to be told to send its body is told when it is read.
func TestExpectContinue(t *testing.T) {
	l := start(t, echo).dial()
	for range 2 {
		l.say(posting("Expect: 100-Continue\r\nContent-Length: 5", ""))
		for _, want := range []string{"HTTP/1.1 100 Continue\r\n", "\r\n"} {
			if got, err := l.in.ReadString('\n'); got != want {
				t.Fatalf("%q, %v", got, err)
			}
		}
		l.say("hello")
		l.answer().is(t, http.StatusOK, "hello")
	}
	l.say(posting("Expect: 100-continue\r\nContent-Length: 0", "")) // there is nothing to wait for
	l.answer().is(t, http.StatusOK, "/a")
	l.kept()
}

// If nobody reads it the caller is not told, and may send it or not: what comes next is
// nothing.
func TestExpectContinueUnread(t *testing.T) {
	calls := 0
	l := start(t, func(w http.ResponseWriter, _ *http.Request) { calls++; w.WriteHeader(http.StatusForbidden) }).dial()
	l.say(posting("Expect: 100-continue\r\nContent-Length: "+strconv.Itoa(len(get("/smuggled"))), get("/smuggled")))
	a := l.answer()
	a.is(t, http.StatusForbidden, "")
	l.closed()
	if !a.Close || calls != 1 {
		t.Errorf("closing %t, %d calls", a.Close, calls)
	}
}

// HTTP/1.0 knows of no expectation.
func TestExpectInHTTP10(t *testing.T) {
	l := start(t, echo).dial()
	l.say("POST /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
	l.answer().is(t, http.StatusOK, "hello")
	l.closed()
}

// An unread body that has arrived with its head costs nobody a connection.
func TestSmallUnreadBodies(t *testing.T) {
	for name, text := range map[string]string{"a length": post("hello"), "chunks": posting("Transfer-Encoding: chunked", five)} {
		t.Run(name, func(t *testing.T) {
			f := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
			l := f.dial()
			for range 3 {
				l.say(text)
				if a := l.answer(); a.StatusCode != http.StatusForbidden || a.Close {
					t.Fatalf("%d, closing %t", a.StatusCode, a.Close)
				}
			}
		})
	}
}

// Who sends more than is read gets to read why, before the connection ends.
func TestLargeUnreadBodies(t *testing.T) {
	f := start(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
	})
	for name, field := range map[string]string{"a length": "Content-Length: 200000", "chunks": "Transfer-Encoding: chunked"} {
		t.Run(name, func(t *testing.T) {
			l := f.dial()
			l.say(posting(field, "") + "30d40\r\n")
			l.say(strings.Repeat("x", 190_000)) // would be cut off if its connection were closed at once
			a := l.answer()
			a.is(t, http.StatusRequestEntityTooLarge, "too large\n")
			if !a.Close {
				t.Error("the answer does not say that it is the last")
			}
			if b, err := io.ReadAll(l.in); len(b) > 0 || err != nil { // a reset may take back the answer
				t.Errorf("%q, %v; want the end", b, err)
			}
		})
	}
}

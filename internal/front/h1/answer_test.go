package h1

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// An answer is framed by what is known of it, and never by what a handler says of framing.
func TestAnswers(t *testing.T) {
	mega := strings.Repeat("0123456789abcdef", 1<<16)
	for _, tt := range []struct {
		name   string
		method string
		h      http.HandlerFunc
		status int
		head   map[string]string // "" where there must be none
		body   string
	}{
		{"nothing", "GET", func(http.ResponseWriter, *http.Request) {}, 200, map[string]string{"Content-Length": "0"}, ""},
		{"a status", "GET", saying(404), 404, map[string]string{"Content-Length": "0"}, ""},
		{"no status", "GET", saying(99), 200, map[string]string{"Content-Length": "0"}, ""},
		{"one too many", "GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(200) }, 404, nil, ""},
		{"204", "GET", saying(204, "x"), 204, map[string]string{"Content-Length": "", "Transfer-Encoding": ""}, ""},
		{"304", "GET", saying(304, "x"), 304, map[string]string{"Content-Length": "", "Transfer-Encoding": ""}, ""},
		{"304 of a known length", "GET", announcing("5", 304), 304, map[string]string{"Content-Length": "5"}, ""},
		{"304 of nothing", "GET", saying(304), 304, map[string]string{"Content-Length": ""}, ""},
		{"HEAD", "HEAD", saying(200, "x"), 200, map[string]string{"Content-Length": "", "Transfer-Encoding": ""}, ""},
		{"HEAD of nothing", "HEAD", saying(200), 200, map[string]string{"Content-Length": ""}, ""},
		{"HEAD of a known length", "HEAD", announcing("5", 200, "hello"), 200, map[string]string{"Content-Length": "5"}, ""},
		{"no length", "GET", saying(200, "he", "", "llo"), 200, map[string]string{"Content-Length": "", "Transfer-Encoding": "chunked"}, "hello"},
		{"a length", "GET", announcing("5", 200, "he", "llo"), 200, map[string]string{"Content-Length": "5", "Transfer-Encoding": ""}, "hello"},
		{"a length that is none", "GET", announcing("x", 200, "hello"), 200, map[string]string{"Transfer-Encoding": "chunked", "Content-Length": ""}, "hello"},
		{"1 MiB", "GET", announcing(strconv.Itoa(len(mega)), 200, mega), 200, map[string]string{"Transfer-Encoding": ""}, mega},
		{"1 MiB in chunks", "GET", saying(200, mega), 200, map[string]string{"Transfer-Encoding": "chunked"}, mega},
		{"1 MiB in small ones", "GET", saying(200, slices.Collect(strings.SplitAfterSeq(mega, "f"))...), 200, map[string]string{"Transfer-Encoding": "chunked"}, mega},
		{"framing of its own", "GET", heading(http.Header{
			"Transfer-Encoding": {"gzip"}, "transfer-encoding": {"chunked"}, "Connection": {"upgrade"}, "upgrade": {"h2c"}, "content-length": {"1"}, "Trailer": {"X"}, "X": {"a", "b"},
		}), 200, map[string]string{"Transfer-Encoding": "chunked", "Content-Length": "", "Upgrade": "", "Connection": "", "X": "a,b"}, "hello"},
		{"a split in the header", "GET", heading(http.Header{
			"X": {"a\r\nSet-Cookie: b", "ok"}, "Y": {"a\nb"}, "Z": {"a\rb"}, "W": {"\x00"}, "Set-Cookie: c\r\nV": {"d"}, "": {"e"}, "V ": {"f"},
		}), 200, map[string]string{"X": "ok", "Y": "", "Z": "", "W": "", "V": "", "Set-Cookie": ""}, "hello"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := start(t, tt.h).dial()
			for range 2 { // the second shows that the first ended where it should
				l.say(tt.method + " / HTTP/1.1\r\nHost: h\r\n\r\n")
				a := l.answerTo(tt.method)
				if a.StatusCode != tt.status || a.body != tt.body || a.Close {
					t.Fatalf("%d %.100q, closing %t", a.StatusCode, a.body, a.Close)
				}
				if d, err := http.ParseTime(a.Header.Get("Date")); err != nil || time.Since(d).Abs() > time.Minute || len(a.Header["Date"]) != 1 {
					t.Errorf("Date: %q", a.Header["Date"])
				}
				a.Header["Transfer-Encoding"] = a.TransferEncoding // where ReadResponse puts it
				for name, want := range tt.head {
					if got := strings.Join(a.Header[name], ","); got != want {
						t.Errorf("%s: %q; want %q", name, got, want)
					}
				}
			}
		})
	}
}

func saying(status int, parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		for _, p := range parts {
			if n, err := io.WriteString(w, p); n != len(p) || err != nil {
				panic(err)
			}
		}
	}
}

func announcing(length string, status int, parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", length)
		saying(status, parts...)(w, r)
	}
}

func heading(h http.Header) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), h)
		saying(200, "hello")(w, r)
	}
}

// HTTP/1.0 knows no chunks: the answer ends with the connection, of whatever length.
func TestHTTP10HasNoChunks(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{"no length": saying(200, "he", "llo"), "a length": announcing("5", 200, "hello")} {
		t.Run(name, func(t *testing.T) {
			l := start(t, h).dial()
			l.say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
			b, err := io.ReadAll(l.in)
			if head, body, _ := strings.Cut(string(b), "\r\n\r\n"); err != nil || body != "hello" || strings.Contains(head, "Transfer-Encoding") || !strings.Contains(head, "\r\nConnection: close") {
				t.Fatalf("%q, %v", b, err)
			}
		})
	}
}

// Flush sends what there is, while the handler goes on.
func TestFlush(t *testing.T) {
	on, errs := make(chan bool), make(chan error, 3)
	f := start(t, func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		errs <- c.Flush() // the head alone
		<-on
		_, _ = io.WriteString(w, "one")
		errs <- c.Flush()
		<-on
		_, _ = io.WriteString(w, "two")
	})
	l := f.dial()
	l.say(get("/"))
	resp, err := http.ReadResponse(l.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	on <- true
	b := make([]byte, 3)
	if _, err := io.ReadFull(resp.Body, b); err != nil || string(b) != "one" {
		t.Fatalf("%q, %v", b, err)
	}
	on <- true
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "two" {
		t.Fatalf("%q, %v", b, err)
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Error(err)
	}
}

// An answer shorter than it says is no answer: the connection is cut, and nobody takes
// the next one for its rest.
func TestAnswersThatAreTooShort(t *testing.T) {
	l := start(t, announcing("10", 200, "hello")).dial()
	l.say(get("/a") + get("/b"))
	resp, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return // cut before its head is as well
	}
	if b, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) || len(b) > 5 {
		t.Fatalf("%q, %v", b, err)
	}
}

// What is beyond the announced length is refused, and is no part of the next answer.
func TestAnswersThatAreTooLong(t *testing.T) {
	errs := make(chan error, 2)
	l := start(t, func(w http.ResponseWriter, r *http.Request) {
		announcing("5", 200, "hello")(w, r)
		_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\n")
		errs <- err
	}).dial()
	for range 2 {
		l.say(get("/"))
		l.answer().is(t, 200, "hello")
		if err := <-errs; !errors.Is(err, http.ErrContentLength) {
			t.Error(err)
		}
	}
}

// What a handler writes, reads or flushes once it has returned reaches nobody: not the
// next answer, and not the next request's body.
func TestAfterTheHandlerHasReturned(t *testing.T) {
	var before http.ResponseWriter
	var body io.Reader
	l := start(t, func(w http.ResponseWriter, r *http.Request) {
		if before == nil {
			before, body = w, r.Body
			return
		}
		before.Header().Set("X", "late")
		before.WriteHeader(http.StatusTeapot)
		if n, err := io.WriteString(before, "late"); n != 0 || !errors.Is(err, errOver) {
			t.Errorf("written: %d, %v", n, err)
		}
		if err := http.NewResponseController(before).Flush(); !errors.Is(err, errOver) {
			t.Errorf("flushed: %v", err)
		}
		if b, err := io.ReadAll(body); len(b) > 0 || err != nil {
			t.Errorf("read: %q, %v", b, err)
		}
		echo(w, r)
	}).dial()
	l.say(post("one"))
	l.answer().is(t, 200, "")
	l.say(post("two"))
	if a := l.answer(); a.body != "two" || a.Header.Get("X") != "" {
		t.Fatalf("%q, %v", a.body, a.Header)
	}
}

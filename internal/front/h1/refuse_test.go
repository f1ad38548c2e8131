package h1

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// Every hostile request is answered with its status, no handler sees it or what follows
// it, and its connection is closed: its sender's word on where the next one begins is
// worth nothing.
func TestHostileRequestsAreRefused(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			if tt.reads != noSay {
				if got, ok := lenient([]byte(tt.text)); !ok || got != tt.reads {
					t.Fatalf("the lenient reader reads %q, %t; the attack shows nothing", got, ok)
				}
			}
			var called atomic.Int64
			f := start(t, func(http.ResponseWriter, *http.Request) { called.Add(1) })
			l := f.dial()
			l.say(tt.text + get("/smuggled"))
			a := l.answer()
			a.is(t, tt.status, tt.want.Error())
			if !a.Close || a.Header.Get("Date") == "" {
				t.Errorf("the answer does not say that it is the last, or when it was: %v", a.Header)
			}
			l.closed()
			if bad := f.malformations(); len(bad) != 1 || !errors.Is(bad[0].Err, tt.want) || bad[0].Status != tt.status || bad[0].Remote != l.LocalAddr().String() {
				t.Errorf("it is counted as %+v", bad)
			}
			if n := called.Load(); n != 0 {
				t.Errorf("the handler was called %d times", n)
			}
			f.dial().kept() // and the next connection is served
		})
	}
}

// bodies serves requests, and hands on how each's body ended.
func bodies(t *testing.T) (*fake, <-chan error) {
	ended := make(chan error, 4)
	return start(t, func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		ended <- err
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}), ended
}

// A hostile chunk is an error to whoever reads the body, who may answer; what follows it
// is no request.
func TestHostileChunksAreRefused(t *testing.T) {
	for _, tt := range hostileChunks {
		t.Run(tt.name, func(t *testing.T) {
			text := posting("Transfer-Encoding: chunked", tt.text)
			if tt.reads != noSay {
				if got, ok := lenient([]byte(text)); !ok || got != tt.reads {
					t.Fatalf("the lenient reader reads %q, %t; the attack shows nothing", got, ok)
				}
			}
			f, ended := bodies(t)
			l := f.dial()
			l.say(text + get("/smuggled"))
			a := l.answer()
			a.is(t, http.StatusBadRequest, "")
			l.closed()
			if err := <-ended; !errors.Is(err, tt.want) || !a.Close || len(ended) != 0 {
				t.Errorf("%v, closing %t, %d more requests; want %v", err, a.Close, len(ended), tt.want)
			}
		})
	}
}

// A handler that does not read a hostile body does not make a good one of it.
func TestHostileChunksThatNobodyReads(t *testing.T) {
	for _, tt := range hostileChunks {
		t.Run(tt.name, func(t *testing.T) {
			var called atomic.Int64
			f := start(t, func(http.ResponseWriter, *http.Request) { called.Add(1) })
			l := f.dial()
			l.say(posting("Transfer-Encoding: chunked", tt.text) + get("/smuggled"))
			if a := l.answer(); !a.Close {
				t.Error("the answer does not say that it is the last")
			}
			l.closed()
			if n := called.Load(); n != 1 {
				t.Errorf("the handler was called %d times", n)
			}
		})
	}
}

// Whoever ends in the middle is told nothing, and what came is no request.
func TestEarlyEnds(t *testing.T) {
	for _, tt := range ends {
		t.Run(tt.name, func(t *testing.T) {
			f, ended := bodies(t)
			l := f.dial()
			l.say(tt.text)
			if err := l.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(l.in)
			if tt.want == nil {
				if len(b) > 0 || len(ended) > 0 || len(f.malformations()) > 0 {
					t.Fatalf("answered with %q", b)
				}
				return
			}
			if err := <-ended; !errors.Is(err, tt.want) || !strings.HasPrefix(string(b), "HTTP/1.1 400 ") || !strings.Contains(string(b), "\r\nConnection: close\r\n") {
				t.Fatalf("%q, %v; want %v", b, err, tt.want)
			}
		})
	}
}

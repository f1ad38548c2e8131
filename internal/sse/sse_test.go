package sse

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func readAll(t *testing.T, r io.Reader, limit int) ([]Event, error) {
	t.Helper()
	var all []Event
	for in := NewReader(r, limit); ; {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, e)
	}
}

func TestReader(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []Event
	}{
		"one":                  {"data: a\n\n", []Event{{Data: []byte("a"), Retry: -1}}},
		"CRLF":                 {"data: a\r\n\r\ndata: b\r\n\r\n", []Event{{Data: []byte("a"), Retry: -1}, {Data: []byte("b"), Retry: -1}}},
		"CR":                   {"data: a\r\rdata: b\r\r", []Event{{Data: []byte("a"), Retry: -1}, {Data: []byte("b"), Retry: -1}}},
		"mark at the start":    {"\xef\xbb\xbfdata: a\n\n", []Event{{Data: []byte("a"), Retry: -1}}},
		"several data lines":   {"data: a\ndata:b\n\n", []Event{{Data: []byte("a\nb"), Retry: -1}}},
		"data without a colon": {"data\n\n", []Event{{Data: []byte{}, Retry: -1}}},
		"all fields":           {"event: message\nid: 7\nretry: 500\ndata: {}\n\n", []Event{{Name: "message", ID: "7", HasID: true, Retry: 500, Data: []byte("{}")}}},
		"a priming event":      {"id: 1\ndata: \n\n", []Event{{ID: "1", HasID: true, Data: []byte{}, Retry: -1}}},
		"an id alone":          {"id: 1\n\n", []Event{{ID: "1", HasID: true, Retry: -1}}},
		"an id with NUL":       {"id: 1\x002\ndata: a\n\n", []Event{{Data: []byte("a"), Retry: -1}}},
		"comments":             {": hi\n\ndata: a\n\n", []Event{{IsComment: true, Comment: "hi", Retry: -1}, {Data: []byte("a"), Retry: -1}}},
		"a comment within":     {"data: a\n: x\ndata: b\n\n", []Event{{Data: []byte("a\nb"), Retry: -1}}},
		"an unknown field":     {"foo: bar\n\ndata: a\n\n", []Event{{Data: []byte("a"), Retry: -1}}},
		"cut off":              {"data: a\n\ndata: b\n", []Event{{Data: []byte("a"), Retry: -1}}},
		"a bad retry":          {"retry: soon\ndata: a\n\n", []Event{{Data: []byte("a"), Retry: -1}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
				got, err := readAll(t, r, 100)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

// An event is there as soon as its last byte is: a relay must not wait for more.
func TestReaderDoesNotWait(t *testing.T) {
	for _, end := range []string{"\n\n", "\r\n\r\n", "\r\r"} {
		r, w := io.Pipe()
		in := NewReader(r, 100)
		go func() { _, _ = io.WriteString(w, "data: a"+end) }() // nothing follows, and the pipe stays open
		if e, err := in.Next(); err != nil || string(e.Data) != "a" {
			t.Errorf("%q: %v, %v", end, e, err)
		}
		_ = w.Close()
	}
}

func TestReaderLimits(t *testing.T) {
	endless := io.MultiReader(strings.NewReader("data: "), endlessly('a'))
	if _, err := readAll(t, endless, 1000); !errors.Is(err, ErrTooLong) {
		t.Errorf("a line without end: %v", err)
	}
	if _, err := readAll(t, strings.NewReader(strings.Repeat("data: aaaaaaaaaa\n", 10_000)), 1000); !errors.Is(err, ErrTooLong) {
		t.Errorf("an event without end: %v", err)
	}
}

type endlessly byte

func (e endlessly) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestWriterRefusesBreaksInFields(t *testing.T) {
	w := NewWriter(io.Discard, func() error { return nil })
	for _, e := range []Event{{ID: "a\nb", HasID: true, Retry: -1}, {Name: "a\rdata: x", Retry: -1}, {ID: "\x00", HasID: true}} {
		if w.Write(e) == nil {
			t.Errorf("%+v was written", e)
		}
	}
	if w.Comment("a\n\ndata: x") == nil {
		t.Error("a comment that ends itself was written")
	}
}

func FuzzIdentity(f *testing.F) {
	f.Add("1", "message", []byte("{\n}"), 5)
	f.Add("", "", []byte(""), -1)
	f.Fuzz(func(t *testing.T, id, name string, data []byte, retry int) {
		want := Event{ID: id, HasID: id != "", Name: name, Data: data, Retry: max(retry, -1)}
		var b bytes.Buffer
		if NewWriter(&b, func() error { return nil }).Write(want) != nil {
			return
		}
		got, err := NewReader(&b, 1<<20).Next()
		if err != nil {
			t.Fatal(err)
		}
		want.Data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
		if want.HasID && len(data) == 0 || want.Data == nil {
			want.Data, got.Data = nil, bytes.TrimSpace(got.Data)
		}
		if got.ID != want.ID || got.Name != want.Name || !bytes.Equal(got.Data, want.Data) || got.Retry != want.Retry {
			t.Errorf("wrote %+v, read %+v", want, got)
		}
	})
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("data: a\r\n\nid\n:\n\nevent:x\n\n"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		for r := NewReader(bytes.NewReader(b), 64); ; {
			if _, err := r.Next(); err != nil {
				return
			}
		}
	})
}

package leaf_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
)

func walked(doc string) (out []string) {
	var w leaf.Walker
	w.Walk([]byte(doc), func(l *leaf.Leaf) bool {
		out = append(out, fmt.Sprintf("%d %s %s", l.Kind, l.Path, l.Text))
		return true
	})
	return out
}

func TestWalk(t *testing.T) {
	got := strings.Join(walked(`{"a":"x","b/c":[1,{"d\n":"y\u00e9\""},"z",[true,null,-2.5e3]],"":{}}`), "|")
	want := "2 /a a|1 /a x|2 /b~1c b/c|3 /b~1c/0 1|2 /b~1c/1/d\n d\n|1 /b~1c/1/d\n y\u00e9\"|1 /b~1c/2 z|3 /b~1c/3/2 -2.5e3|2 / "
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWalkStops(t *testing.T) {
	var w leaf.Walker
	n := 0
	w.Walk([]byte(`["a","b","c"]`), func(*leaf.Leaf) bool { n++; return n < 2 })
	if n != 2 {
		t.Errorf("%d leaves were shown", n)
	}
}

func TestSource(t *testing.T) {
	for _, c := range []struct{ doc, part, want string }{
		{`"plain text"`, "text", `text`},
		{`"a\"b\"c"`, `"b"`, `\"b\"`},
		{`"\u0061\u00e9\ud83d\ude00z"`, "\u00e9", `\u00e9`},
		{`"\u0061\u00e9\ud83d\ude00z"`, "\U0001f600", `\ud83d\ude00`},
		{`"\u0061\u00e9\ud83d\ude00z"`, "z", `z`},
		{`"\ud83d\ude00"`, "\x9f", `\ud83d\ude00`}, // a part of an escape takes it whole
		{`"line\none"`, "line\none", `line\none`},
		{`"\\\\"`, `\`, `\\`},
	} {
		var w leaf.Walker
		w.Walk([]byte(c.doc), func(l *leaf.Leaf) bool {
			i := strings.Index(string(l.Text), c.part)
			start, end := l.Source(i, i+len(c.part))
			if got := c.doc[start:end]; got != c.want {
				t.Errorf("%s in %s: %s, want %s", c.part, c.doc, got, c.want)
			}
			return true
		})
	}
}

func TestPath(t *testing.T) {
	var w leaf.Walker
	w.Walk([]byte(`{"content":[{"text":"x"}]}`), func(l *leaf.Leaf) bool {
		if l.Kind != leaf.String {
			return true
		}
		for _, c := range []struct {
			got, want bool
		}{
			{l.Path.Is("content", "*", "text"), true},
			{l.Path.In("content"), true},
			{l.Path.Is("content"), false},
			{l.Path.In("content", "text"), false},
			{l.Path.In("content", "*", "text", "*"), false},
			{l.Path.Last() == "text", true},
		} {
			if c.got != c.want {
				t.Errorf("of %s: %v, want %v", l.Path, c.got, c.want)
			}
		}
		return true
	})
}

// FuzzWalk holds that the leaves are those that encoding/json finds, and that the bytes of
// the whole of each, decoded, are its text.
func FuzzWalk(f *testing.F) {
	for _, s := range []string{`{"a":["b\u00e9",1,{"c":null}]}`, `"\ud83d\ude00\\"`, `[[[]]]`, `{"a":{"b":{}},"c":-1e5}`, `"`, `{`, `{"a`, `]`, `"\u12`, `,`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		for m := range leaf.Members([]byte(doc), 0) {
			if m.Start < 0 || m.From > m.End || m.End > len(doc) {
				t.Fatalf("%+v in %q", m, doc)
			}
		}
		var got []string
		var w leaf.Walker
		valid := jsontext.Value(doc).IsValid() // as package wire asks for
		w.Walk([]byte(doc), func(l *leaf.Leaf) bool {
			got = append(got, string(l.Text))
			start, end := l.Source(0, len(l.Text))
			if valid && len(l.Text) > 0 && l.Kind != leaf.Number {
				var back string
				if err := json.Unmarshal([]byte(`"`+doc[start:end]+`"`), &back); err != nil || back != string(l.Text) && l.Plain() {
					t.Fatalf("%q stands at %q: %v", l.Text, doc[start:end], err)
				}
			}
			return true
		})
		if !valid {
			return
		}
		if want := texts(t, doc); strings.Join(got, "\x00") != strings.Join(want, "\x00") {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func texts(t *testing.T, doc string) (out []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	for {
		tok, err := d.Token()
		if err != nil {
			return out
		}
		switch v := tok.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	for _, kb := range []int{1, 10, 100} {
		doc := []byte(`{"content":[{"type":"text","text":` + strconv.Quote(strings.Repeat("a line of a text\n", kb*1024/18)) + `}]}`)
		b.Run(strconv.Itoa(kb)+"KB", func(b *testing.B) {
			var w leaf.Walker
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				w.Walk(doc, func(*leaf.Leaf) bool { return true })
			}
		})
	}
}

package inspect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// word finds a word; it stands for any detector.
type word struct {
	text     string
	severity finding.Severity
}

func (w word) Find(dst []finding.Hit, text []byte) []finding.Hit {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(w.text))
		if i < 0 {
			return dst
		}
		dst = append(dst, finding.Hit{Rule: "word/" + w.text, Severity: w.severity, Start: from + i, End: from + i + len(w.text), Words: "it says " + w.text})
		from += i + len(w.text)
	}
}

func room(t testing.TB, rows ...inspect.Row) *inspect.Room {
	t.Helper()
	r, err := inspect.New(inspect.Options{Protocol: lenient, Rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// edited applies a report's cuts.
func edited(text string, cuts []inspect.Cut) string {
	for _, c := range slices.Backward(cuts) {
		text = text[:c.Start] + string(c.With) + text[c.End:]
	}
	return text
}

func result(text string) inspect.Content {
	return inspect.Content{Back: true, Kind: inspect.Result, Method: "tools/call", Text: []byte(text)}
}

// TestActions holds what follows from a hit, for each action and each kind of leaf.
func TestActions(t *testing.T) {
	for _, c := range []struct {
		name    string
		do      inspect.Action
		text    string
		want    string // after the cuts; "" where it is refused
		finding string
	}{
		{"noted", inspect.Note, `{"a":"x key y"}`, `{"a":"x key y"}`, "word/key note /a"},
		{"masked", inspect.Mask, `{"a":"x key y"}`, `{"a":"x [word/key] y"}`, "word/key mask /a"},
		{"stripped", inspect.Strip, `{"a":"x key y"}`, `{"a":"x  y"}`, "word/key strip /a"},
		{"blocked", inspect.Block, `{"a":"x key y"}`, ``, "word/key block /a"},
		{"escaped", inspect.Mask, `{"a":"\u006bey\n\"key\""}`, `{"a":"[word/key]\n\"[word/key]\""}`, "word/key mask /a"},
		{"a name", inspect.Mask, `{"a":{"key":1}}`, ``, "word/key block /a"},
		{"nothing there", inspect.Block, `{"a":"x"}`, `{"a":"x"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep, err := room(t, inspect.Row{Fact: "word", Detector: word{"key", finding.High}, On: inspect.Data, Do: c.do, From: finding.High}).Inspect(t.Context(), result(c.text))
			if err != nil {
				t.Fatal(err)
			}
			got := edited(c.text, rep.Cuts)
			if rep.Refused != "" {
				got = ""
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			first := ""
			if len(rep.Findings) > 0 {
				f := rep.Findings[0]
				first = fmt.Sprint(f.Rule, " ", f.Action, " ", f.At)
			}
			if first != c.finding {
				t.Errorf("%q, want %q", first, c.finding)
			}
			if want := c.finding != ""; (len(rep.Facts) == 2) != want {
				t.Errorf("facts %v", rep.Facts)
			}
		})
	}
}

func TestNumbersStayNumbers(t *testing.T) {
	text := `{"card":4111111111111111}`
	rep, err := room(t, inspect.Row{Fact: "pii", Detector: word{"4111111111111111", finding.High}, On: inspect.Data, Do: inspect.Mask, From: finding.Low}).Inspect(t.Context(), result(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := edited(text, rep.Cuts); got != `{"card":0}` {
		t.Error(got)
	}
}

func TestBelowItsSeverityAHitIsNoted(t *testing.T) {
	rep, err := room(t, inspect.Row{Fact: "word", Detector: word{"key", finding.Medium}, On: inspect.Data, Do: inspect.Block, From: finding.High}).Inspect(t.Context(), result(`["key"]`))
	if err != nil || rep.Refused != "" || len(rep.Findings) != 1 || rep.Findings[0].Action != inspect.Note {
		t.Errorf("%+v, %v", rep, err)
	}
}

// TestSurfaces holds where each kind of message is read.
func TestSurfaces(t *testing.T) {
	for _, c := range []struct {
		of   inspect.Content
		want inspect.Surface
	}{
		{inspect.Content{Kind: inspect.Request, Method: "tools/call"}, inspect.Argument},
		{inspect.Content{Kind: inspect.Request, Method: "prompts/get"}, inspect.Argument},
		{inspect.Content{Kind: inspect.Request, Method: "resources/read"}, inspect.Argument},
		{inspect.Content{Kind: inspect.Request, Method: "vendor/anything"}, inspect.Inward},
		{inspect.Content{Kind: inspect.Result, Method: "elicitation/create"}, inspect.Answer},
		{inspect.Content{Back: true, Kind: inspect.Result, Method: "tools/call"}, inspect.Data},
		{inspect.Content{Back: true, Kind: inspect.Result, Method: "resources/read"}, inspect.Data},
		{inspect.Content{Back: true, Kind: inspect.Result, Method: "tools/list"}, inspect.Description},
		{inspect.Content{Back: true, Kind: inspect.Result, Method: "initialize"}, inspect.Description},
		{inspect.Content{Back: true, Kind: inspect.Request, Method: "sampling/createMessage"}, inspect.Question},
		{inspect.Content{Back: true, Kind: inspect.Notification, Method: "notifications/message"}, inspect.Remark},
		{inspect.Content{Back: true, Kind: inspect.Error, Method: "tools/call"}, inspect.Remark},
		{inspect.Content{Back: true, Kind: inspect.Result, Method: "vendor/anything"}, inspect.Data},
	} {
		c.of.Text = []byte(`["key"]`)
		for on := inspect.Argument; on <= inspect.Remark; on <<= 1 {
			rep, err := room(t, inspect.Row{Fact: "word", Detector: word{"key", finding.High}, On: on, Do: inspect.Note, From: finding.High}).Inspect(t.Context(), c.of)
			if err != nil {
				t.Fatal(err)
			}
			if (len(rep.Findings) == 1) != (on == c.want) {
				t.Errorf("%+v on %b: %v", c.of, on, rep.Findings)
			}
		}
	}
}

// TestOverMessages holds that what is split over the messages of one stream is refused with
// the message that completes it, wherever it is split, and that looking twice at the same
// message finds nothing more.
func TestOverMessages(t *testing.T) {
	const secret = "a-secret-of-thirty-two-letters-x"
	r := room(t, inspect.Row{Fact: "word", Detector: word{secret, finding.High}, On: inspect.Back, Do: inspect.Mask, From: finding.High})
	for at := 1; at < len(secret); at++ {
		var w inspect.Window
		for i, part := range []string{"some words " + secret[:at], secret[at:] + " more"} {
			c := result(`{"content":[{"text":"` + part + `"}]}`)
			c.Stream = &w
			w.Next()
			var rep inspect.Report
			for range 2 {
				var err error
				if rep, err = r.Inspect(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			if (rep.Refused != "") != (i == 1) {
				t.Errorf("split at %d, message %d: %+v", at, i, rep)
			}
		}
	}
	var w inspect.Window
	c := result(`["` + secret + `"]`)
	c.Stream = &w
	for range 3 {
		w.Next()
		if rep, err := r.Inspect(t.Context(), c); err != nil || rep.Refused != "" || len(rep.Cuts) != 1 {
			t.Errorf("whole: %+v %v", rep, err)
		}
	}
}

func TestBytesOfImagesAreNoWords(t *testing.T) {
	r := room(t, inspect.Row{Fact: "word", Detector: word{"key", finding.High}, On: inspect.Data, Do: inspect.Block, From: finding.High})
	image := `{"content":[{"type":"image","data":"` + strings.Repeat("key0", 40) + `"}]}`
	if rep, err := r.Inspect(t.Context(), result(image)); err != nil || rep.Refused != "" {
		t.Errorf("%+v %v", rep, err)
	}
	words := `{"content":[{"type":"image","data":"` + strings.Repeat("key, ", 40) + `"}]}`
	if rep, err := r.Inspect(t.Context(), result(words)); err != nil || rep.Refused == "" {
		t.Errorf("words in an image's place: %+v %v", rep, err)
	}
}

type definitions string

func (d definitions) Definition(context.Context, mantlet.Target, [32]byte) ([]byte, error) {
	if d == "" {
		return nil, errors.New("the database is away")
	}
	return []byte(d), nil
}

// TestSchemas holds calls and results against the definition that was approved, and that
// without it nothing passes.
func TestSchemas(t *testing.T) {
	const def = `{"name":"read","inputSchema":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]},"outputSchema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}`
	target := mantlet.Target{Server: "s", Kind: mantlet.KindTool, Name: "read"}
	for _, c := range []struct {
		name, def, value string
		back, ok, fails  bool
	}{
		{name: "arguments that fit", def: def, value: `{"path":"a"}`, ok: true},
		{name: "a name that is not known", def: def, value: `{"path":"a","cmd":"b"}`},
		{name: "no arguments where one has to be", def: def},
		{name: "a result that fits", def: def, value: `{"n":1,"more":true}`, back: true, ok: true},
		{name: "a result that does not", def: def, value: `{"n":"x"}`, back: true},
		{name: "a result without structure", def: def, back: true, ok: true},
		{name: "no definition", value: `{}`, fails: true},
		{name: "a schema that is none", def: `{"name":"read","inputSchema":{"type":"text"}}`, value: `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := inspect.New(inspect.Options{Protocol: lenient, Definitions: definitions(c.def)})
			if err != nil {
				t.Fatal(err)
			}
			of := inspect.Content{Back: c.back, Kind: inspect.Request, Method: "tools/call", Target: target, Digest: [32]byte{1}, Text: []byte(`{}`)}
			if c.back {
				of.Kind = inspect.Result
			}
			if c.value != "" {
				of.Value = []byte(c.value)
			}
			rep, err := r.Inspect(t.Context(), of)
			if (err != nil) != c.fails || err == nil && (rep.Refused == "") != c.ok {
				t.Errorf("%+v, %v", rep, err)
			}
		})
	}
}

func TestRowsAreComplete(t *testing.T) {
	for _, row := range []inspect.Row{
		{},
		{Fact: "x", Detector: word{"a", 1}, On: inspect.Data, From: finding.Low},
		{Fact: "x", On: inspect.Data, From: finding.Low, Do: inspect.Note},
		{Fact: "x", Detector: word{"a", 1}, From: finding.Low, Do: inspect.Note},
		{Fact: "x", Detector: word{"a", 1}, On: inspect.Data, Do: inspect.Note},
	} {
		if _, err := inspect.New(inspect.Options{Protocol: lenient, Rows: []inspect.Row{row}}); err == nil {
			t.Errorf("%+v was taken", row)
		}
	}
}

// FuzzCuts holds that what was cut is still a document, and that nothing is found in it again.
func FuzzCuts(f *testing.F) {
	f.Add(`{"a":"x key y","key":[1,"\u006b\u0065\u0079"]}`)
	f.Add(`["keykey","ke\u0079",{"a":"k\ud83d\ude00key"}]`)
	r := room(f, inspect.Row{Fact: "word", Detector: word{"key", finding.High}, On: inspect.Data, Do: inspect.Strip, From: finding.High},
		inspect.Row{Fact: "other", Detector: word{"eyk", finding.High}, On: inspect.Data, Do: inspect.Mask, From: finding.High})
	f.Fuzz(func(t *testing.T, text string) {
		if !valid(text) {
			return
		}
		rep, err := r.Inspect(t.Context(), result(text))
		if err != nil {
			t.Fatal(err)
		}
		if rep.Refused == "" && !valid(edited(text, rep.Cuts)) {
			t.Fatalf("%s became %s", text, edited(text, rep.Cuts))
		}
	})
}

func BenchmarkInspect(b *testing.B) {
	r := room(b, inspect.Row{Fact: "word", Detector: word{"key", finding.High}, On: inspect.Data, Do: inspect.Mask, From: finding.High})
	c := result(`{"content":[{"type":"text","text":"` + strings.Repeat("all is well here. ", 57) + `"}]}`)
	b.SetBytes(int64(len(c.Text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Inspect(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}

// TestProtocol holds that a part that is not the protocol's is refused, and told so that it can
// be mended.
func TestProtocol(t *testing.T) {
	r, err := inspect.New(inspect.Options{Protocol: inspect.ProtocolActions{In: inspect.Block, Back: inspect.Block, From: finding.High}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of   inspect.Content
		want string
	}{
		{inspect.Content{Kind: inspect.Request, Method: "tools/call", Text: []byte(`{"name":"a","arguments":{}}`)}, ""},
		{inspect.Content{Kind: inspect.Request, Method: "tools/call", Text: []byte(`{"name":"a","arguments":[]}`)}, "this is not as the protocol has it: /arguments is a list, and has to be an object"},
		{inspect.Content{Kind: inspect.Request, Method: "logging/setLevel", Text: []byte(`{"level":"loud"}`)}, "/level is none of"},
		{inspect.Content{Back: true, Kind: inspect.Result, Method: "tools/call", Text: []byte(`{"content":[{"type":"text","text":1}]}`)}, "/content/0/text is a number, and has to be a text"},
		{inspect.Content{Back: true, Kind: inspect.Result, Method: "tools/call", Text: []byte(`{"content":[{"type":"script","text":"x"}]}`)}, ""}, // an extension: it is noted
		{inspect.Content{Back: true, Kind: inspect.Error, Method: "tools/call", Text: []byte(`{"code":"1","message":"x"}`)}, "/code is a text, and has to be a whole number"},
		{inspect.Content{Back: true, Kind: inspect.Result, Method: "vendor/thing", Text: []byte(`[1]`)}, ""},
		{inspect.Content{Back: true, Kind: inspect.Notification, Method: "notifications/progress", Text: []byte(`{"progressToken":"x","progress":1}`)}, ""},
	} {
		rep, err := r.Inspect(t.Context(), c.of)
		if err != nil || (rep.Refused == "") != (c.want == "") || !strings.Contains(rep.Refused, c.want) {
			t.Errorf("%s: %q, want %q (%v)", c.of.Text, rep.Refused, c.want, err)
		}
	}
}

// TestMeta holds what is left of _meta where prefixes are given, and that nothing else is cut.
func TestMeta(t *testing.T) {
	for _, c := range []struct {
		allow      []string
		text, want string
	}{
		{nil, `{"_meta":{"evil/x":1}}`, `{"_meta":{"evil/x":1}}`},
		{[]string{}, `{"a":1, "_meta" : {"evil/x":{"a":[1,"}"]},"progressToken":7, "com.example/y":"z"}}`, `{"a":1, "_meta" : {"progressToken":7}}`},
		{[]string{"com.example/"}, `{"_meta":{"com.example/y":"z","com.evil/y":1,"io.modelcontextprotocol/x":2}}`, `{"_meta":{"com.example/y":"z","io.modelcontextprotocol/x":2}}`},
		{[]string{}, `{"_meta":{"\u0065vil/x":1}}`, `{"_meta":{}}`},
		{[]string{}, `{"_meta":null,"b":{"_meta":{"evil/x":1}}}`, `{"_meta":null,"b":{"_meta":{"evil/x":1}}}`},
		{[]string{}, `[1]`, `[1]`},
	} {
		r, err := inspect.New(inspect.Options{Protocol: lenient, Meta: c.allow})
		if err != nil {
			t.Fatal(err)
		}
		rep, err := r.Inspect(t.Context(), result(c.text))
		if got := edited(c.text, rep.Cuts); err != nil || got != c.want {
			t.Errorf("%s\nwant %s (%v)", got, c.want, err)
		}
	}
}

// counting counts the texts that it is shown.
type counting struct{ n *int }

func (c counting) Find(dst []finding.Hit, text []byte) []finding.Hit {
	if *c.n++; bytes.Contains(text, []byte("key")) {
		dst = append(dst, finding.Hit{Rule: "word/key", Severity: finding.Low, End: 3, Words: "w"})
	}
	return dst
}

// TestACleanListIsLookedAtOnce holds that a list in which nothing was found is not looked at
// again, that one byte more makes it another, and that what was found is found each time.
func TestACleanListIsLookedAtOnce(t *testing.T) {
	n := 0
	r := room(t, inspect.Row{Fact: "word", Detector: counting{&n}, On: inspect.Back, Do: inspect.Note, From: finding.Low})
	list := func(text string) inspect.Content {
		return inspect.Content{Back: true, Kind: inspect.Result, Method: "tools/list", Text: []byte(`["` + strings.Repeat("x", 5000) + text + `"]`)}
	}
	for i, c := range []struct {
		text   string
		looked bool
		found  int
	}{{"", true, 0}, {"", false, 0}, {"y", true, 0}, {"key", true, 1}, {"key", true, 1}, {"", false, 0}} {
		before := n
		rep, err := r.Inspect(t.Context(), list(c.text))
		if err != nil || len(rep.Findings) != c.found || (n > before) != c.looked {
			t.Errorf("%d: %d texts, %+v, %v", i, n-before, rep.Findings, err)
		}
	}
}

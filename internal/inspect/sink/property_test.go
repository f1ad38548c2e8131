package sink

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// An encoder writes a text as some reader behind a server undoes it.
type encoder struct {
	name  string
	apply func(string) string
}

func each(f func(c byte) string) func(string) string {
	return func(s string) string {
		var out strings.Builder
		for i := range len(s) {
			out.WriteString(f(s[i]))
		}
		return out.String()
	}
}

func marks(f func(c byte) string) func(string) string {
	return each(func(c byte) string {
		if c > ' ' && c < 0x7f && !letter(c) && (c < '0' || c > '9') {
			return f(c)
		}
		return string([]byte{c})
	})
}

var encoders = []encoder{
	{"percent", each(func(c byte) string { return fmt.Sprintf("%%%02x", c) })},
	{"percent, marks", marks(func(c byte) string { return fmt.Sprintf("%%%02X", c) })},
	{"percent of percent", each(func(c byte) string { return fmt.Sprintf("%%25%02x", c) })},
	{"percent of digits", marks(func(c byte) string {
		return fmt.Sprintf("%%%%3%c%%%02x", fmt.Sprintf("%02x", c)[0], fmt.Sprintf("%02x", c)[1])
	})},
	{"%u", marks(func(c byte) string { return fmt.Sprintf("%%u%04x", c) })},
	{"entity", marks(func(c byte) string { return fmt.Sprintf("&#%d;", c) })},
	{"entity in hex", marks(func(c byte) string { return fmt.Sprintf("&#x%x;", c) })},
	{"overlong", marks(func(c byte) string { return fmt.Sprintf("%%%02x%%%02x", 0xc0|c>>6, 0x80|c&0x3f) })},
	{"overlong, three", marks(func(c byte) string { return fmt.Sprintf("%%e0%%%02x%%%02x", 0x80|c>>6, 0x80|c&0x3f) })},
	{"full width", marks(func(c byte) string { return string(rune(c) - '!' + 0xff01) })},
	{"zero width", marks(func(c byte) string { return string(rune(c)) + "\u200b" })},
	{"escape", marks(func(c byte) string { return fmt.Sprintf(`\u%04x`, c) })},
}

// What is caught plainly is caught in each encoding that its class decodes, and in one of another.
func TestNoBypassByEncoding(t *testing.T) {
	caught := map[Kind][]string{
		Path:       {"../../../etc/passwd", "/../../x", "/etc/shadow", "a;id", "../../.ssh/id_rsa", "..\\..\\..\\boot.ini", "x`id`", "php://input"},
		Identifier: {"x;id", "a$(id)", "a`id`", "a|id", "x --flag", "-x", "1' OR '1'='1", "1;SELECT 1", "a\nb", "../../../x"},
		Argument:   {"x;id", "a && b", "--exec=x", "$HOME", "x > /tmp/y"},
		Header:     {"x\r\nBcc: a@b"},
		URL:        {"http://127.0.0.1/", "http://169.254.169.254/", "http://localhost/x", "http://[::1]/"},
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{Path, Identifier, Argument, Header, URL}).Draw(t, "kind")
		text := rapid.SampledFrom(caught[kind]).Draw(t, "payload")
		plain, names := text, ""
		for range rapid.IntRange(1, 2).Draw(t, "times") {
			e := rapid.SampledFrom(encoders).Draw(t, "encoder")
			text, names = e.apply(text), names+e.name+" "
		}
		p := one(t, kind)
		for _, s := range []string{plain, text} {
			if hits := p.Check(asArguments(t, s)); worstOf(hits) < finding.High {
				t.Fatalf("%s of %q: %q: %v", names, plain, s, hits)
			}
		}
	})
}

type fatal interface {
	Fatal(args ...any)
}

func one(t fatal, kind Kind) *Plan {
	p, err := New("write_x", []byte(`{"inputSchema":{"properties":{"v":{"type":"string"}}}}`), Options{Kinds: map[string]Kind{"v": kind}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func asArguments(t fatal, s string) []byte {
	b, err := json.Marshal(map[string]string{"v": s})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func worstOf(hits []Hit) (s finding.Severity) {
	for i := range hits {
		s = max(s, hits[i].Severity)
	}
	return s
}

var pathParts = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "a", "/a/", "b.c", ".", "..", "...", "/", "/", `\`, `\`, "c:", "file:", "file://", "?", " ", ".?", ";", "..;", "~", "$A", "\x00", ":", "php:", "//", "localhost", "é"}), 0, 12)

func TestCleaningIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(pathParts.Draw(t, "parts"), "")
		once := string(cleaned(nil, []byte(text)).path)
		if twice := string(cleaned(nil, []byte(once)).path); once != twice {
			t.Fatalf("%q: %q, then %q", text, once, twice)
		}
	})
}

// What is let through a root stays below it, read as Unix and as Windows read it.
func TestNothingLeavesARoot(t *testing.T) {
	p, err := New("x", []byte(`{}`), Options{Kinds: map[string]Kind{"v": Path}, Policy: Policy{Roots: []string{"/a"}}})
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(pathParts.Draw(t, "parts"), "")
		if worstOf(p.Check(asArguments(t, text))) >= finding.High {
			return
		}
		passed++
		for name, at := range map[string]string{"Unix": text, "Windows": asWindows(text)} {
			if strings.Contains(at, "file:") || strings.Contains(at, ";") || strings.Contains(at, ".?") {
				return // these are read otherwise still
			}
			if at = strings.TrimLeft(at, " "); !strings.HasPrefix(at, "/") {
				at = "/a/" + at
			}
			if at = path.Clean(at); at != "/a" && !strings.HasPrefix(at, "/a/") {
				t.Fatalf("%q leaves, as %s reads it: %s", text, name, at)
			}
		}
	})
	if passed == 0 {
		t.Error("nothing was let through: the test shows nothing")
	}
}

// asWindows is a path as Windows takes it, with slashes.
func asWindows(s string) string {
	parts := strings.Split(strings.ReplaceAll(s, `\`, "/"), "/")
	for i, p := range parts {
		if strings.Trim(p, ". ") != "" {
			parts[i] = strings.TrimRight(p, ". ")
		} else if p = strings.ReplaceAll(p, " ", ""); p == ".." {
			parts[i] = p
		}
	}
	return strings.Join(parts, "/")
}

var hostile = []string{"%25", "%c0%ae", "../", "a/../", "%", "0x2e", "&#46;", "/*", "/*!", "*/", "'", "$a$", "$$", "((", "(a+)+", "[", "{{", "${", "}}", "`", "$(", "<<a\n", ";id", "|", "http://a@", "?a=http://", "&b=%2f%2f", "a@b,", "<", "--", "\\", "\u200b", "__class__", "' or 1=1", "x y ", ":(){", "if ", "\n"}

// The steps grow with the text and no faster.
func TestLinear(t *testing.T) {
	for i := range kinds {
		kind := Kind(1) << i
		for _, h := range hostile {
			var steps [2]int
			for j, n := range []int{4 << 10, 16 << 10} {
				steps[j] = stepsOf(t, kind, strings.Repeat(h, n/len(h)))
			}
			if steps[1] > 5*steps[0]+1000 || steps[1] > 64*16<<10 {
				t.Errorf("%s, %q: %d steps for 4 KiB, %d for 16 KiB", kind, h, steps[0], steps[1])
			}
		}
	}
}

func stepsOf(t fatal, kind Kind, text string) int {
	p := one(t, kind)
	k := new(look)
	k.p = p
	k.walker.Walk(asArguments(t, text), k.leaf)
	return k.steps
}

func FuzzCheck(f *testing.F) {
	for i, h := range hostile {
		f.Add(uint32(1)<<(i%len(kinds)), strings.Repeat(h, 3)+"x"+h)
	}
	f.Add(uint32(0), "")
	f.Fuzz(func(t *testing.T, kind uint32, text string) {
		b, err := json.Marshal(map[string]string{"v": text})
		if err != nil {
			return
		}
		var back map[string]string
		if json.Unmarshal(b, &back) != nil {
			return
		}
		hits := one(t, Kind(kind)).Check(b)
		for _, h := range hits {
			if h.Start < 0 || h.End < h.Start || h.End > len(back["v"]) && h.At == "/v" || h.Rule == shellOdd && h.Severity == finding.High || wrong[h.Rule] == "" || h.Severity == 0 {
				t.Fatalf("%+v of %q", h, text)
			}
		}
		if n := stepsOf(t, Kind(kind), text); n > 200*len(text)+1000 {
			t.Fatalf("%d steps for %d bytes", n, len(text))
		}
	})
}

func FuzzResource(f *testing.F) {
	for _, h := range hostile {
		f.Add("file:///" + h)
		f.Add("http://" + h)
	}
	r, err := PlanResource(Policy{Roots: []string{"/a"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		for _, h := range r.Check([]byte(uri)) {
			if h.Start < 0 || h.End < h.Start || h.End > len(uri) || wrong[h.Rule] == "" {
				t.Fatalf("%+v of %q", h, uri)
			}
		}
	})
}

func FuzzPlan(f *testing.F) {
	for _, s := range []string{`{"inputSchema":{"properties":{"a":{"$ref":"#"}}}}`, `{"inputSchema":{"$ref":"#/a/b"}}`, `{"inputSchema":{"items":[{"anyOf":[{},{}]}]}}`, `{}`, `[]`, `{"inputSchema":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, definition []byte) {
		if p, err := New("x", definition, Options{}); err == nil {
			p.Explain()
			p.Check([]byte(`{"a":{"b":["../../../x"]}}`))
		}
	})
}

func TestEveryRuleHasWords(t *testing.T) {
	for rule, words := range wrong {
		if !strings.HasPrefix(rule, "sink/") || words == "" {
			t.Errorf("%s: %q", rule, words)
		}
	}
}

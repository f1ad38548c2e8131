package hidden_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/hidden"
)

func found(text string) (out []string) {
	for _, h := range (hidden.Runes{}).Find(nil, []byte(text)) {
		out = append(out, fmt.Sprintf("%s %+q", strings.TrimPrefix(h.Rule, "hidden/"), text[h.Start:h.End]))
	}
	return out
}

func TestFind(t *testing.T) {
	tags := func(s string) (out string) {
		for _, c := range s {
			out += string(0xe0000 + c)
		}
		return out
	}
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "plain text,\n\twith lines", ""},
		{"words of others", "r\u00e9sum\u00e9 \u4f60\u597d \u043f\u0440\u0438\u0432\u0435\u0442", ""},
		{"colour", "a\x1b[31mred\x1b[0m", `ansi "\x1b[31m" ansi "\x1b[0m"`},
		{"two at once are one", "a\x1b[1m\x1b[31mred", `ansi "\x1b[1m\x1b[31m"`},
		{"a link", "\x1b]8;;http://x\x07text\x1b]8;;\x1b\\", `ansi "\x1b]8;;http://x\a" ansi "\x1b]8;;\x1b\\"`},
		{"a string without end", "\x1b]0;title", `ansi "\x1b]"`},
		{"one byte of CSI", "a\u009b31mred", `ansi "\u009b31m"`},
		{"the last byte", "a\x1b", `ansi "\x1b"`},
		{"backspace", "rm\b\b  ", `control "\b\b"`},
		{"tags", "hello" + tags("ignore") + ".", fmt.Sprintf("tags %+q", tags("ignore"))},
		{"zero width", "ig\u200bno\u200d\u2060re", `invisible "\u200b" invisible "\u200d\u2060"`},
		{"turned around", "a\u202egnp.exe", `bidi "\u202e"`},
		{"selectors after a letter", "a\ufe01\U000e0101", `selectors "\ufe01\U000e0101"`},
		{"private", "\ue000", `private "\ue000"`},
		{"a separator of lines", "a\u2028b", `invisible "\u2028"`},
		{"an emoji with its joiner", "\U0001f469\u200d\U0001f4bb \u2764\ufe0f", ""},
		{"a flag", "\U0001f3f4" + tags("gbsct\x7f"), ""},
		{"tags after the flag", "\U0001f3f4" + tags("gbsctxyzignore"), fmt.Sprintf("tags %+q", tags("zignore"))},
		{"Persian", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", ""},
		{"Thai", "\u0e01\u200b\u0e02", ""},
		{"Han with a selector", "\u845b\U000e0100", ""},
		{"a byte order mark at the front", "\ufefftext", ""},
		{"and elsewhere", "te\ufeffxt", `invisible "\ufeff"`},
		{"a soft hyphen", "hy\u00adphen", ""},
		{"bytes that are no text", "a\xffb", `control "\xff"`},
		{"marks of isolation beside Hebrew", "\u2067\u05d0\u05d1\u2069", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(found(c.text), " "); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// FuzzFind holds that hits lie in the text, in order, and do not overlap.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"a\x1b[31mb", "\U0001f3f4\U000e0067", "\u200d\u200d\u0645", "\x1b]8;;\x1b\\", "\u009b\x1b["} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, h := range (hidden.Runes{}).Find(nil, []byte(s)) {
			if h.Start < last || h.End <= h.Start || h.End > len(s) || h.Severity == 0 {
				t.Fatalf("%+v in %q", h, s)
			}
			last = h.End
		}
	})
}

// TestHonestTexts prints how many honest texts hold any of it.
func TestHonestTexts(t *testing.T) {
	dir := os.Getenv("MANTLET_CORPORA")
	if dir == "" {
		dir = "../../../../shared/data"
	}
	for _, set := range []string{"docs_repo_chunks", "bipia", "prompts_wildguard_benign", "args_benign", "tools_toucan_smithery"} {
		b, err := os.ReadFile(filepath.Join(dir, "text", set, "data.jsonl")) //nolint:gosec // a test's own data
		if err != nil {
			t.Skip("the corpora are not there: set MANTLET_CORPORA")
		}
		n, hits := 0, map[string]int{}
		for line := range bytes.Lines(b) {
			var row struct {
				Text, Description string
				Label             int
			}
			if err := json.Unmarshal(line, &row); err != nil || row.Label != 0 {
				continue
			}
			n++
			for _, h := range (hidden.Runes{}).Find(nil, []byte(row.Text+row.Description)) {
				if h.Severity >= finding.High {
					hits[h.Rule]++
				}
			}
		}
		sum := 0
		for rule, h := range hits {
			if rule != hidden.ANSI { // where these stand, a terminal's output was copied
				sum += h
			}
		}
		t.Logf("%s: %d texts, high or worse: %v", set, n, hits)
		if sum*200 > n {
			t.Errorf("%s: more than one in 200", set)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for _, kb := range []int{1, 10, 100} {
		for name, line := range map[string]string{"clean": "a line of plain text, as most are\n", "hostile": "a\u200bb\x1b[1mc\u202e "} {
			text := []byte(strings.Repeat(line, kb*1024/len(line)))
			b.Run(name+"/"+strconv.Itoa(kb)+"KB", func(b *testing.B) {
				var dst []finding.Hit
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					dst = (hidden.Runes{}).Find(dst[:0], text)
				}
			})
		}
	}
}

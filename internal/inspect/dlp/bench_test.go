package dlp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// texts are what detectors are measured on. What is clean is as honest results are: prose, code
// and JSON, with names of secrets and numbers in them, and nothing to find.
var texts = map[string]string{
	"clean/prose": "The gateway stands between agents and the servers that they use, and asks for each call who makes it, whether it may be made, and what it carries. " +
		"A result goes back the same way; what should not be in it is cut out on 3 levels, in about 40 microseconds.\n",
	"clean/code":       "func (s *Set) know(c byte, fold bool) {\n\tif s.class[c] != 0 {\n\t\treturn\n\t}\n\ttoken := parse(text[at:end], 16)\n\tif err := check(token, password); err != nil {\n\t\treturn fmt.Errorf(\"no key: %w\", err)\n\t}\n}\n",
	"clean/json":       `{"id":1842,"title":"A report of the week","state":"open","user":{"login":"ada","id":77},"labels":["bug","help wanted"],"created_at":"2026-03-14T09:26:53Z","comments":12,"body":"It fails when the list is empty."},` + "\n",
	"clean/hex":        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  a.txt\n",
	"hostile/words":    "ghp_ sk_live_ AKIA xoxb- eyJ password= token: -----BEGIN :// Bearer ",
	"hostile/secrets":  "password=kX9-vv3Qq2Lz AKIAQYLPMN5HFIQR7BBB ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18 ",
	"hostile/numbers":  "4539 1488 0343 6468 536-90-4399 +44 20 7946 0958 943 476 5870 ",
	"hostile/digits":   "1 2 3 4 5 6 7 8 9 0 1 2 ",
	"hostile/ats":      "a@a@a@a.",
	"hostile/colons":   "1:2:3:a:",
	"hostile/phrase":   "abandon ability able about above absent absorb abstract absurd abuse access accident the ",
	"hostile/one word": "a",
	"hostile/prefixes": "eyJ-",
	"hostile/values":   "pwd=",
	"hostile/hosts":    "://a",
	"hostile/keys":     "AKIAQYLPMN5HFIQR7BBB ",
	"hostile/vaults":   "hvs.hvs.",
	"hostile/pems":     "-----BEGIN PRIVATE KEY-----",
	"hostile/hidden":   "password passwords password, ",
}

func detectors() map[string]func([]finding.Hit, []byte) []finding.Hit {
	secrets, personal := dlp.NewSecrets(), dlp.Personal{}
	return map[string]func([]finding.Hit, []byte) []finding.Hit{
		"secrets":  secrets.Find,
		"personal": personal.Find,
		"both": func(dst []finding.Hit, text []byte) []finding.Hit {
			return personal.Find(secrets.Find(dst, text), text)
		},
	}
}

func of(name string, size int) []byte {
	line := texts[name]
	return []byte(strings.Repeat(line, size/len(line)+1)[:size])
}

func BenchmarkFind(b *testing.B) {
	for name, find := range detectors() {
		for text := range texts {
			for _, kb := range []int{1, 10, 100} {
				if name != "both" && kb != 10 {
					continue
				}
				t := of(text, kb<<10)
				b.Run(fmt.Sprintf("%s/%s/%dKB", name, text, kb), func(b *testing.B) {
					var dst []finding.Hit
					b.SetBytes(int64(len(t)))
					b.ReportAllocs()
					for b.Loop() {
						dst = find(dst[:0], t)
					}
				})
			}
		}
	}
}

func BenchmarkNewSecrets(b *testing.B) {
	for b.Loop() {
		dlp.NewSecrets()
	}
}

// raced says that the race detector is on, under which a sync.Pool forgets on purpose.
var raced bool

// Clean text costs no memory.
func TestCleanTextAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("SKIPPED: pools forget under the race detector; run it without -race")
	}
	for name, find := range detectors() {
		for text := range texts {
			if !strings.HasPrefix(text, "clean/") {
				continue
			}
			clean := of(text, 10<<10)
			dst := make([]finding.Hit, 0, 8)
			find(dst, clean)
			if n := testing.AllocsPerRun(20, func() { find(dst, clean) }); n > 0.5 {
				t.Errorf("%s of %s: %v allocations", name, text, n)
			}
			if hits := find(dst, clean); slices.ContainsFunc(hits, func(h finding.Hit) bool { return h.Severity > finding.Info }) {
				t.Errorf("%s of %s: %+v", name, text, hits)
			}
		}
	}
}

package secret

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// Every format ends within Reach bytes of its start, together with what its check reads around
// it (300 bytes before a signature of Azure, 200 beside a key of AWS). Private keys and JWTs,
// which are longer, are known by their first line and by their header.
func TestFormatsEndWithinReach(t *testing.T) {
	n := 0
	for _, f := range trials() {
		n++
		most := Reach
		switch f.rule {
		case "secret/azure-sas":
			most -= 300
		case "secret/aws-key-id":
			most -= 200
		case "secret/jwt": // a header of 400 bytes, and the first ones of the claims
			most += 200
		}
		if f.longest() > most && f.shortest() > most {
			t.Errorf("%s: %d to %d bytes", f.rule, f.shortest(), f.longest())
		}
	}
	t.Logf("%d patterns of %d rules", n, len(Rules()))
	if n < 250 || len(Rules()) < 200 {
		t.Error("formats are missing")
	}
}

// shortest is how many bytes a shape has at least: it is known by these.
func (s *shape) shortest() int {
	n := s.before.least + len(s.word)
	for i := range s.after {
		n += len(s.after[i].fixed) + s.after[i].least
	}
	return n
}

// sample is a token of the shape, made of random letters.
func (s *shape) sample(r *rand.Rand) string {
	var out []byte
	run := func(p part) {
		n := p.least + r.IntN(p.most-p.least+1)
		for range n {
			c := byte(r.IntN(128)) //nolint:gosec // below 128
			for sets[c]&p.of == 0 || c == '=' || c == '%' {
				c = byte(r.IntN(128)) //nolint:gosec // below 128
			}
			out = append(out, c)
		}
	}
	if s.before.most > 0 {
		run(s.before)
	}
	out = append(out, s.word...)
	for i := range s.after {
		if p := s.after[i]; p.fixed != "" {
			out = append(out, p.fixed...)
		} else {
			run(p)
		}
	}
	return string(out)
}

// Every pattern, and every value of a vendor's name, is found by a sample of it, and found
// when the sample is cut at any byte: in the first piece, in the second, or in the last Reach
// bytes of the first with the first Reach bytes of the second. What has a check of its own is
// in TestSplitAtEveryByte.
func TestEveryPatternIsFoundWhereverItIsCut(t *testing.T) {
	d := New()
	r := rand.New(rand.NewPCG(4, 2)) //nolint:gosec // samples
	lead, tail := strings.Repeat("words before it ", 33), strings.Repeat(" words behind it", 33)
	n := 0
	for _, f := range trials() {
		if f.check != nil {
			continue
		}
		n++
		cutAnywhere(t, d, f.rule, lead, f.sample(r), tail)
	}
	fields := strings.Fields(vendors)
	for i := 0; i < len(fields); i += 2 {
		s := shape{word: fields[i] + "_key = ", after: []part{parseRun(fields[i+1][:1] + ":" + fields[i+1][1:])}}
		if s.after[0].of == hexDash {
			continue // a UUID: TestRecall
		}
		n++
		cutAnywhere(t, d, "vendor "+fields[i], lead, s.sample(r), tail)
	}
	t.Logf("%d patterns, cut at each byte", n)
}

func cutAnywhere(t *testing.T, d *Detector, rule, lead, sample, tail string) {
	t.Helper()
	text := lead + sample + tail
	want := finding.Worst(d.Find(nil, []byte(text)))
	if want == 0 {
		t.Errorf("%s: %s is not found", rule, sample)
		return
	}
	for cut := len(lead) + 1; cut < len(lead)+len(sample); cut++ {
		one, two := text[:cut], text[cut:]
		both := one[max(0, len(one)-Reach):] + two[:min(len(two), Reach)]
		if !slices.ContainsFunc([]string{both, one, two}, func(piece string) bool { return finding.Worst(d.Find(nil, []byte(piece))) >= want }) {
			t.Errorf("%s is not found when it is cut at byte %d of %d", rule, cut-len(lead), len(sample))
			return
		}
	}
}

// What a reader remembers changes no answer.
func TestReaderIsSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.StringMatching(`[ab1.=_ -]{0,60}`).Draw(t, "text"))
		r := reader{text: text}
		for range rapid.IntRange(1, 20).Draw(t, "asked") {
			from := rapid.IntRange(0, len(text)).Draw(t, "from")
			limit := from + rapid.IntRange(0, 30).Draw(t, "limit")
			s := rapid.SampledFrom([]set{word, dotted, quoted, alnum}).Draw(t, "set")
			if got, want := r.span(from, limit, s), span(text, from, limit, s); got != want {
				t.Fatalf("%d to %d: %d, want %d", from, limit, got, want)
			}
		}
	})
}

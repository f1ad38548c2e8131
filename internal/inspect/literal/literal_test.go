package literal_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// slow finds words one by one.
func slow(words []string, text string, fold bool) (out []string) {
	if fold {
		text = lower(text)
	}
	for i, w := range words {
		if fold {
			w = lower(w)
		}
		for at := 0; w != "" && at+len(w) <= len(text); at++ {
			if text[at:at+len(w)] == w {
				out = append(out, fmt.Sprint(i, " ", at+len(w)))
			}
		}
	}
	slices.Sort(out)
	return out
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

func fast(words []string, text string, fold bool) (out []string) {
	for _, m := range literal.New(words, fold).Scan(nil, []byte(text)) {
		out = append(out, fmt.Sprint(m.Word, " ", m.End))
	}
	slices.Sort(out)
	return out
}

func TestScan(t *testing.T) {
	words := []string{"he", "she", "his", "hers", "", "e", "\xff"}
	for _, text := range []string{"ushers", "HIS shes", "", "no", "hehehe", "\xff\xff", "shersheshis"} {
		for _, fold := range []bool{false, true} {
			got, want := fast(words, text, fold), slow(words, text, fold)
			if !slices.Equal(got, want) {
				t.Errorf("%q, fold %v: %v, want %v", text, fold, got, want)
			}
			if is := literal.New(words, fold).Any([]byte(text)); is != (len(want) > 0) {
				t.Errorf("%q: any is %v", text, is)
			}
		}
	}
}

func TestScanFindsWhatASlowSearchFinds(t *testing.T) {
	letters := rapid.StringMatching(`[abAB\x{e9}]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(letters, 0, 12).Draw(t, "words")
		text := rapid.StringMatching(`[abAB\x{e9}c]{0,80}`).Draw(t, "text")
		fold := rapid.Bool().Draw(t, "fold")
		if got, want := fast(words, text, fold), slow(words, text, fold); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a benchmark's words
	var words []string
	for range 300 {
		w := make([]byte, 5+r.IntN(8))
		for i := range w {
			w[i] = 'a' + byte(r.IntN(26)) //nolint:gosec // below 26
		}
		words = append(words, string(w))
	}
	s := literal.New(words, true)
	text := []byte(strings.Repeat("The quick brown fox jumps over the lazy dog, again and again.\n", 170))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var dst []literal.Match
	for b.Loop() {
		dst = s.Scan(dst[:0], text)
	}
}

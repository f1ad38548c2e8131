package exact_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/exact"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

var key = bytes.Repeat([]byte{7}, 32)

var people = [][]string{
	{"A-4711-0815", "Ada", "Lovelace", "12 St James's Square", "ada@analytical.io"},
	{"A-4711-0816", "José", "de la Cruz", "Calle Mayor 7", "jose@cruz.es"},
	{"A-4711-0817", "Grace", "Hopper", "1 Navy Yard", ""},
}

var columns = []exact.Column{{Alone: true}, {}, {}, {}, {Alone: true}}

func made(t testing.TB, rows [][]string) ([]byte, exact.Counts) {
	t.Helper()
	var file bytes.Buffer
	n, err := exact.Fingerprint(&file, key, columns, slices.Values(rows))
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), n
}

func opened(t testing.TB, rows [][]string) *exact.Detector {
	t.Helper()
	file, _ := made(t, rows)
	d, err := exact.Open("people", file, key)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFind(t *testing.T) {
	d := opened(t, people)
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "Grace said that the account is new, and José left.", ""},
		{"an account", "please look at A-4711-0815.", "exact/people A-4711-0815"},
		{"written otherwise", "a 4711 0815 and a47110815", "exact/people a 4711 0815; exact/people a47110815"},
		{"a part of it", "A-4711-08155 A-4711", ""},
		{"a name", "GRACE met Hopper there", "exact/people/pair GRACE met Hopper"},
		{"in the other order", "Hopper, Grace", "exact/people/pair Hopper, Grace"},
		{"accents", "JOSÉ DE LA CRUZ", "exact/people/pair JOSÉ DE LA CRUZ"},
		{"two people's", "Grace Lovelace", ""},
		{"an address", "Hopper lives at 1 Navy-Yard now", "exact/people/pair Hopper lives at 1 Navy-Yard"},
		{"far apart", "Grace " + strings.Repeat("x ", 300) + " Hopper", ""},
		{"far into a text", strings.Repeat("word ", 1000) + "Grace Hopper", "exact/people/pair Grace Hopper"},
		{"mail", "to ADA@analytical.io", "exact/people ADA@analytical.io"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, h := range d.Find(nil, []byte(c.text)) {
				got = append(got, h.Rule+" "+c.text[h.Start:h.End])
			}
			if s := strings.Join(got, "; "); s != c.want {
				t.Errorf("%s\nwant %s", s, c.want)
			}
		})
	}
}

// The file holds none of the letters of the table, and no hash that another key makes.
func TestTheFileTellsNothing(t *testing.T) {
	file, n := made(t, people)
	for _, row := range people {
		for _, value := range row {
			for _, w := range strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return strings.ContainsRune(" -@.'", r) }) {
				if len(w) > 3 && bytes.Contains(bytes.ToLower(file), []byte(w)) {
					t.Errorf("it holds %q", w)
				}
			}
		}
	}
	again, _ := made(t, people)
	if bytes.Equal(file[48:], again[48:]) {
		t.Error("two files of one table are the same: the salt does nothing")
	}
	if n.Rows != 3 || n.Left != 1 || n.Cells != 13 { // Ada has three letters
		t.Errorf("%+v", n)
	}
}

func TestOpenRefuses(t *testing.T) {
	file, _ := made(t, people)
	other := bytes.Repeat([]byte{8}, 32)
	edit := func(i int) []byte {
		b := slices.Clone(file)
		b[i] ^= 1
		return b
	}
	for name, c := range map[string]struct{ file, key []byte }{
		"nothing": {nil, key}, "another key": {file, other}, "a short key": {file, key[:16]}, "cut short": {file[:len(file)-9], key},
		"longer": {append(slices.Clone(file), 0), key}, "another version": {edit(8), key}, "a bit of the filter": {edit(60), key},
		"a bit of a fingerprint": {edit(len(file) - 1), key}, "a bit of the salt": {edit(20), key}, "a count": {edit(15), key},
	} {
		if _, err := exact.Open("x", c.file, c.key); err == nil {
			t.Errorf("%s: it is opened", name)
		}
	}
	if _, err := exact.Fingerprint(&bytes.Buffer{}, key[:8], columns, slices.Values(people)); err == nil {
		t.Error("a short key is taken")
	}
	if _, err := exact.Fingerprint(&bytes.Buffer{}, key, columns[:2], slices.Values(people)); err == nil {
		t.Error("a row with more cells than columns is taken")
	}
}

// Every cell that was fingerprinted is found wherever it stands, and nothing else is.
func TestEveryCellIsFound(t *testing.T) {
	words := rapid.StringMatching(`[a-z]{2,9}`)
	rapid.Check(t, func(rt *rapid.T) {
		table := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) []string {
			return []string{strings.Join(rapid.SliceOfN(words, 2, 6).Draw(rt, "cell"), " "), "", "", "", ""}
		}), 1, 20).Draw(rt, "table")
		d := opened(t, table)
		other := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[A-Z0-9]{3,12}`), 0, 400).Draw(rt, "text"), " ")
		if hits := d.Find(nil, []byte(strings.ToUpper(other)+"0")); len(hits) > 0 && !strings.ContainsAny(other, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			rt.Fatalf("%v in other text", hits)
		}
		for _, row := range table {
			value := row[0]
			text := []byte(other + " | " + strings.ToUpper(value) + " | " + other)
			hits := d.Find(nil, text)
			if !slices.ContainsFunc(hits, func(h finding.Hit) bool { return strings.EqualFold(string(text[h.Start:h.End]), value) }) && len(hits) < 100 && len(strings.ReplaceAll(value, " ", "")) <= 64 {
				rt.Fatalf("%q is not found", value)
			}
		}
	})
}

// A pair that is split over two pieces is found where the end of the first is read again.
func TestSplitAtEveryByte(t *testing.T) {
	d := opened(t, people)
	text := strings.Repeat("word ", 300) + "Grace Hopper, A-4711-0817" + strings.Repeat(" word", 300)
	start := strings.Index(text, "Grace")
	for cut := start + 1; cut < start+25; cut++ {
		one, two := text[:cut], text[cut:]
		both := one[len(one)-512:] + two[:512]
		n := 0
		for _, piece := range []string{one, two, both} {
			n += len(d.Find(nil, []byte(piece)))
		}
		if n < 2 {
			t.Errorf("split at %d: %d", cut-start, n)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	d := opened(t, people)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if len(d.Find(nil, []byte("it is A-4711-0815, of Grace Hopper"))) != 2 {
					t.Error("it is not found")
				}
			}
		})
	}
	wg.Wait()
}

func FuzzFind(f *testing.F) {
	d := opened(f, people)
	for _, s := range []string{"Grace Hopper", "A-4711-0815", "\xff\xfe", strings.Repeat("a ", 600), "é́", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, h := range d.Find(nil, text) {
			if h.Start < 0 || h.End <= h.Start || h.End > len(text) {
				t.Fatalf("%+v in %q", h, text)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var table [][]string
	for i := range 20_000 {
		table = append(table, []string{fmt.Sprint("A-", 100000+i), fmt.Sprint("name", r.IntN(5000)), fmt.Sprint("family", r.IntN(9000)), fmt.Sprint(i, " street"), ""})
	}
	d := opened(b, table)
	for name, line := range map[string]string{"clean": "a line of plain text, as most of them are in practice\n", "hostile": "name1 family2 7 street "} {
		for _, kb := range []int{1, 10, 100} {
			text := []byte(strings.Repeat(line, kb*1024/len(line)))
			b.Run(fmt.Sprint(name, "/", kb, "KB"), func(b *testing.B) {
				var dst []finding.Hit
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					dst = d.Find(dst[:0], text)
				}
			})
		}
	}
}

package lookalike

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// edited is name with up to two slips: a letter put in, taken out, exchanged or swapped with
// the next; or dressed up with words.
func edited(t *rapid.T, name string) string {
	for range rapid.IntRange(0, 2).Draw(t, "slips") {
		if name == "" {
			return name
		}
		i := rapid.IntRange(0, len(name)-1).Draw(t, "at")
		letter := rapid.SampledFrom([]string{"a", "e", "q", "x", "s", "_", "l", "1", "rn", "о"}).Draw(t, "letter")
		switch rapid.IntRange(0, 4).Draw(t, "slip") {
		case 0:
			name = name[:i] + letter + name[i:]
		case 1:
			name = name[:i] + name[i+1:]
		case 2:
			name = name[:i] + letter + name[i+1:]
		case 3:
			if i+1 < len(name) {
				name = name[:i] + name[i+1:i+2] + name[i:i+1] + name[i+2:]
			}
		default:
			name = name[:i] + name[i:i+1] + name[i:]
		}
	}
	return rapid.SampledFrom([]string{"", "official_", "v2_", "the-", "mcp"}).Draw(t, "before") + name + rapid.SampledFrom([]string{"", "", "_pro", "_v2", "s", "2", "-server"}).Draw(t, "behind")
}

// The index says of any name what a comparison with each known name says, one by one: the
// verdict of whoever asks it is the same.
func TestTheIndexIsTheSame(t *testing.T) {
	names := realNames(t)
	word := rapid.StringMatching(`[a-z]{1,14}`)
	rapid.Check(t, func(t *rapid.T) {
		var x Index
		var known []string
		for range rapid.IntRange(1, 12).Draw(t, "known") {
			name := names[rapid.IntRange(0, len(names)-1).Draw(t, "real")].name
			if rapid.Bool().Draw(t, "made up") {
				name = strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, "words"), rapid.SampledFrom([]string{"_", "-", "", "."}).Draw(t, "by"))
			}
			known = append(known, name)
			x.Add("", name)
		}
		base := rapid.SampledFrom(known).Draw(t, "of")
		same(t, &x, known, edited(t, base))
	})
}

// same compares an index's answer with those of Resembles.
func same(t interface {
	Errorf(format string, args ...any)
}, x *Index, known []string, name string) {
	var want []Resemblance
	for _, one := range known {
		if r, ok := Resembles(name, one, false); ok && !slices.Contains(want, r) {
			want = append(want, r)
		}
	}
	slices.SortFunc(want, graver)
	got, ok := x.Gravest("other", name, func(string) bool { return true })
	if ok != (len(want) > 0) || ok && got != want[0] {
		t.Errorf("%q: the index says %+v %v, one by one they are %+v of %q", name, got, ok, want, known)
	}
	if len(want) == 0 {
		return
	}
	if got, ok := x.Gravest("other", name, func(k string) bool { return k != want[0].Known }); ok && got.Known == want[0].Known {
		t.Errorf("%q: a name that does not count is found", name)
	}
}

// Two slips anywhere in a long word are found, those across the ends of thirds too.
func TestTwoSlipsAnywhere(t *testing.T) {
	for _, name := range []string{"qzxcvbnmklj", "zqwxkvbnmjhg", "wqzxjkvbpmnhd", "list_zqwxkvbnmj"} {
		var x Index
		x.Add("", name)
		swap := func(s string, i int) string { return s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:] }
		found := 0
		for i := range len(name) - 1 {
			for j := range len(name) - 1 {
				once := swap(name, i)
				for _, slipped := range []string{swap(once, j), once[:j] + "y" + once[j+1:], once[:j] + once[j+1:], once[:j] + "y" + once[j:]} {
					if slipped == name {
						continue
					}
					same(t, &x, []string{name}, slipped)
					if _, ok := Resembles(slipped, name, false); ok {
						found++
					}
				}
			}
		}
		if found == 0 {
			t.Errorf("nothing resembles %q: the test says nothing", name)
		}
	}
}

// Names longer than what is compared letter by letter are found too, and cost no square.
func TestLongNames(t *testing.T) {
	var x Index
	long := strings.Repeat("zqwxkvbnmj", 20_000)
	x.Add("", long)
	for _, name := range []string{long, long[1:], long[:1000] + "y" + long[1000:], long + long[len(long)-1:], "official_" + long, strings.ToUpper(long)} {
		same(t, &x, []string{long}, name)
	}
}

// BenchmarkVet is what one new name costs a catalogue of so many.
func BenchmarkVet(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		x, names := large(b, n)
		known := make([]string, 0, n)
		for i := range x.known {
			known = append(known, x.known[i].name)
		}
		b.Run(fmt.Sprint("index-", n), func(b *testing.B) {
			for i := 0; b.Loop(); i += 7919 {
				x.Gravest("impostor", names[i%len(names)].name+"x", func(string) bool { return true })
			}
		})
		b.Run(fmt.Sprint("one-by-one-", n), func(b *testing.B) {
			for i := 0; b.Loop(); i += 7919 {
				name := names[i%len(names)].name + "x"
				for _, k := range known {
					if _, ok := Resembles(name, k, false); ok {
						break
					}
				}
			}
		})
	}
}

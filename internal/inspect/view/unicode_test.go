package view_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet/internal/inspect/view"
)

// Unicode's table of confusables: of what looks like a letter or digit of ASCII, how much is
// read as what it looks like. What is not is printed: most of it is Cherokee, Lisu, Coptic, Deseret
// and symbols, much of which trust/lookalike knows, for names.
func TestUnicodesConfusables(t *testing.T) {
	path := os.Getenv("MANTLET_CONFUSABLES")
	if path == "" {
		path = "/usr/lib/python3/dist-packages/confusable_homoglyphs/confusables.json"
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("Unicode's confusables are not at %s; Debian's python3-confusable-homoglyphs brings them (test/peers/install.sh), or MANTLET_CONFUSABLES names another file", path)
	}
	var like map[string][]struct{ C string }
	if err := json.Unmarshal(b, &like); err != nil {
		t.Fatal(err)
	}
	all, read := 0, 0
	var missed []string
	for c := byte('0'); c <= 'z'; c++ {
		for _, other := range like[string(c)] {
			if utf8.RuneCountInString(other.C) != 1 || other.C[0] < utf8.RuneSelf || !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyz", rune(c|0x20)) {
				continue
			}
			all++
			if one := string(view.Read(other.C).Low); one != "" && strings.Contains(same(c), one) {
				read++
			} else {
				missed = append(missed, string(c)+"="+other.C)
			}
		}
	}
	slices.Sort(missed)
	t.Logf("%d of %d confusables are read as what they look like; not: %s", read, all, strings.Join(missed, " "))
	if all < 1_000 || read*100 < all*74 {
		t.Errorf("%d of %d are read; want 74 %%", read, all)
	}
}

// same are the characters that c is not told from.
func same(c byte) string {
	for _, one := range []string{"il1", "o0"} {
		if strings.IndexByte(one, c|0x20) >= 0 {
			return one
		}
	}
	return string(c | 0x20)
}

package hidden_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet/internal/inspect/hidden"
)

// Every character that turns the text around it, as Unicode's own file lists them (UAX #9, 2), is
// found in a Latin text, and in Unicode's tests of directions (BidiCharacterTest); an isolate beside
// a letter that is written from the right is at work there. Where there is none, none is found.
func TestUnicodesBidi(t *testing.T) {
	class := make(map[rune]string)
	for _, f := range unicodes(t, "extracted/DerivedBidiClass.txt") {
		first, last, ranged := strings.Cut(f[0], "..")
		if !ranged {
			last = first
		}
		for r := point(t, first); r <= point(t, last); r++ {
			class[r] = f[1]
		}
	}
	turning := 0
	for r, c := range class {
		if !forced[c] && !isolates[c] {
			continue
		}
		if got := found("abc" + string(r) + "def"); len(got) != 1 || !strings.HasPrefix(got[0], "bidi ") {
			t.Errorf("%U: %v", r, got)
		}
		turning++
	}
	if turning != 9 {
		t.Errorf("%d characters turn text; want 9", turning)
	}
	texts, turned := 0, 0
	for _, f := range unicodes(t, "BidiCharacterTest.txt") {
		var text []rune
		for p := range strings.FieldsSeq(f[0]) {
			text = append(text, point(t, p))
		}
		texts++
		if judge(t, text, class) {
			turned++
		}
	}
	t.Logf("%d texts of BidiCharacterTest, %d of them turned", texts, turned)
	if turned < 80 || texts-turned < 90_000 {
		t.Error("the file is smaller than it was")
	}
}

var (
	forced   = map[string]bool{"LRE": true, "RLE": true, "LRO": true, "RLO": true, "PDF": true}
	isolates = map[string]bool{"LRI": true, "RLI": true, "FSI": true, "PDI": true}
	leftward = map[string]bool{"R": true, "AL": true, "AN": true} // Arabic digits too
)

// judge holds that of a text exactly what turns it is found as that, and reports whether
// anything does.
func judge(t *testing.T, text []rune, class map[rune]string) (turns bool) {
	t.Helper()
	in := make([]bool, len(string(text))+1)
	for _, h := range (hidden.Runes{}).Find(nil, []byte(string(text))) {
		for i := h.Start; h.Rule == hidden.Bidi && i < h.End; i++ {
			in[i] = true
		}
	}
	at := 0
	for i, r := range text {
		c := class[r]
		beside := i > 0 && leftward[class[text[i-1]]] || i+1 < len(text) && leftward[class[text[i+1]]]
		if want := forced[c] || isolates[c] && !beside; in[at] != want {
			t.Errorf("%+q at %d: found %t, want %t", string(text), i, in[at], want)
		}
		turns = turns || in[at]
		at += utf8.RuneLen(r)
	}
	return turns
}

// unicodes are the fields of the lines of one of Unicode's files.
func unicodes(t *testing.T, name string) (lines [][]string) {
	t.Helper()
	root := os.Getenv("MANTLET_UNICODE")
	if root == "" {
		root = "/usr/share/unicode"
	}
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Skipf("Unicode's %s is not in %s; Debian's unicode-data brings it (test/peers/install.sh), or MANTLET_UNICODE names another place", name, root)
	}
	for line := range strings.Lines(string(b)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		fields := strings.Split(line, ";")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		lines = append(lines, fields)
	}
	return lines
}

func point(t *testing.T, s string) rune {
	t.Helper()
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return rune(n)
}

package mantlet

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":            "plain text",
		"größe 工具 🙂":            "größe 工具 🙂",
		"a\x1b[31mb":            `a\x1b[31mb`,
		"two\nlines\r\t":        `two\x0alines\x0d\x09`,
		"\u202egnp.exe":         `\u202egnp.exe`,
		"zero\u200bwidth":       `zero\u200bwidth`,
		"tag\U000e0041":         `tag\U000e0041`,
		"c1\u009b31m":           `c1\u009b31m`,
		"bad\xff":               `bad\xff`,
		`back\slash`:            `back\\slash`,
		"sep\u2028x":            `sep\u2028x`,
		"nbsp\u00a0x":           `nbsp\u00a0x`,
		"filler\u3164x\ufe0fy":  `filler\u3164x\ufe0fy`,
		"":                      "",
		"del\x7f and bom\ufeff": `del\x7f and bom\ufeff`,
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestEscapeLeavesNothingHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range Escape(rapid.String().Draw(t, "s")) {
			if !unicode.IsGraphic(r) || hidden(r) {
				t.Fatalf("%U is left", r)
			}
		}
	})
}

// A reader of JSON finds the same in what is shown, and a terminal finds nothing.
func TestEscapeJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := map[string]string{"k": rapid.String().Draw(t, "s") + "\u009b31m\u202e\U000e0041\x7f\u2028"}
		var raw bytes.Buffer
		e := json.NewEncoder(&raw)
		e.SetEscapeHTML(false)
		if err := e.Encode(in); err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer(`\u2028`, "\u2028", `\u007f`, "\x7f").Replace("{\r\n" + raw.String()[1:])
		shown := EscapeJSON([]byte(text))
		for _, r := range string(shown) {
			if !unicode.IsGraphic(r) || hidden(r) {
				t.Fatalf("%U is left in %s", r, shown)
			}
		}
		var before, after map[string]string
		if err := errors.Join(json.Unmarshal([]byte(text), &before), json.Unmarshal(shown, &after)); err != nil || !maps.Equal(before, after) {
			t.Fatalf("%q became %q: %v", before, after, err)
		}
	})
}

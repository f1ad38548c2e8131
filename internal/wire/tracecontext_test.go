package wire

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const goodParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// What is not valid to the letter is as good as absent, whatever it looks like.
func TestReadTrace(t *testing.T) {
	for name, c := range map[string]struct {
		parent, state string
		want          TraceContext
	}{
		"nothing":                {"", "a=b", TraceContext{}},
		"valid":                  {goodParent, "", TraceContext{goodParent, ""}},
		"unknown flags":          {goodParent[:53] + "ff", "", TraceContext{goodParent[:53] + "ff", ""}},
		"state":                  {goodParent, "rojo=00f067aa0ba902b7, 1t@x=,", TraceContext{goodParent, ""}},
		"two members of state":   {goodParent, "rojo=00f067aa0ba902b7, congo=t61", TraceContext{goodParent, "rojo=00f067aa0ba902b7, congo=t61"}},
		"a line break in state":  {goodParent, "a=b\r\nX: y", TraceContext{goodParent, ""}},
		"state without a value":  {goodParent, "secret", TraceContext{goodParent, ""}},
		"33 members":             {goodParent, strings.Repeat("a=b,", 32) + "a=b", TraceContext{goodParent, ""}},
		"long state":             {goodParent, "a=" + strings.Repeat("b", 256) + ",b=" + strings.Repeat("b", 256), TraceContext{goodParent, ""}},
		"upper case":             {strings.ToUpper(goodParent), "", TraceContext{}},
		"one upper-case digit":   {"00-4Bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "", TraceContext{}},
		"trace id of zeros":      {"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", "", TraceContext{}},
		"span id of zeros":       {"00-4bf92f3577b34da6a3ce929d0e0e4736-" + strings.Repeat("0", 16) + "-01", "", TraceContext{}},
		"version ff":             {"ff" + goodParent[2:], "", TraceContext{}},
		"version 01":             {"01" + goodParent[2:] + "-more", "", TraceContext{}},
		"more behind version 00": {goodParent + "-x", "", TraceContext{}},
		"space before":           {" " + goodParent, "", TraceContext{}},
		"space behind":           {goodParent + " ", "", TraceContext{}},
		"short":                  {goodParent[:54], "", TraceContext{}},
		"no hex":                 {"00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01", "", TraceContext{}},
		"underscores":            {strings.ReplaceAll(goodParent, "-", "_"), "", TraceContext{}},
		"two, joined by a comma": {goodParent + "," + goodParent, "", TraceContext{}},
	} {
		if got := ReadTrace(c.parent, c.state); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	tc := ReadTrace(goodParent, "")
	if tc.TraceID() != "4bf92f3577b34da6a3ce929d0e0e4736" || tc.SpanID() != "00f067aa0ba902b7" || (TraceContext{}).TraceID()+(TraceContext{}).SpanID() != "" {
		t.Errorf("%q %q", tc.TraceID(), tc.SpanID())
	}
}

// Whatever comes out can stand in a header: it was sent so, and holds no control.
func TestATraceContextIsFitForAHeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parent := rapid.OneOf(rapid.Just(goodParent), rapid.String()).Draw(t, "parent")
		state := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z]{1,3}=[!-~]{1,4}(,[a-z]=[ -~]{0,3}){0,3}`)).Draw(t, "state")
		tc := ReadTrace(parent, state)
		if (tc.Parent != "" && tc.Parent != parent) || (tc.State != "" && tc.State != state) || (tc.Parent == "" && tc.State != "") {
			t.Fatalf("%+v of %q, %q", tc, parent, state)
		}
		if strings.ContainsFunc(tc.Parent+tc.State, func(r rune) bool { return r < 0x20 && r != '\t' || r > 0x7e }) {
			t.Fatalf("%q", tc)
		}
	})
}

package conformance

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// JSONTestSuite through a running Mantlet, each file as an argument of a call and as a part of
// its result: what is no JSON (n_) is refused before its peer sees a byte, what is JSON (y_)
// arrives byte by byte, and of what RFC 8259 leaves to readers (i_) numbers of any size pass as
// they are, and all else is refused: docs/mcp-divergences.md.
func TestJSONTestSuite(t *testing.T) {
	docs := suite(t)
	f := newFake(t)
	g := gate(t, f, ", inspect: {hidden: {back: note}}")
	var table []string
	counts := make(map[string]int)
	for name, doc := range docs {
		want := passes(name)
		in, back := asArgument(t, g, f, doc), asResult(t, g, f, doc)
		if in != want || back != want {
			t.Errorf("%s as an argument: %s, as a result: %s; want %s", name, in, back, want)
		}
		counts[name[:2]+" "+in]++
		if name[0] == 'i' {
			table = append(table, strings.TrimSuffix(name, ".json")+": "+in)
		}
	}
	slices.Sort(table)
	t.Logf("left to readers:\n%s", strings.Join(table, "\n"))
	t.Logf("%d documents: %v", len(docs), counts)
	if counts["n_ refused"] < 188 || counts["y_ passed"] < 93 || len(table) < 35 {
		t.Error("the suite is smaller than it was")
	}
}

// Where the configuration says nothing, what a person does not see is cut out of results, and a
// result whose names hold it is refused. It passes in arguments. All else is as above.
func TestJSONTestSuiteWithoutWhatIsHidden(t *testing.T) {
	docs := suite(t)
	f := newFake(t)
	g := gate(t, f, "")
	n := 0
	for name, doc := range docs {
		if passes(name) != whole {
			continue
		}
		want := whole
		if to, ok := hides[name]; ok {
			want, n = to, n+1
		}
		if in, back := asArgument(t, g, f, doc), asResult(t, g, f, doc); in != whole || back != want {
			t.Errorf("%s as an argument: %s, as a result: %s; want %s", name, in, back, want)
		}
	}
	if n != len(hides) {
		t.Errorf("%d documents that hide something; want %d", n, len(hides))
	}
}

// What becomes of a document.
const (
	whole   = "passed"
	refused = "refused"
	changed = "changed"
)

func passes(name string) string {
	switch {
	case strings.HasPrefix(name, "y_object_duplicated_key"), name[0] == 'n':
		return refused
	case name[0] == 'i' && !strings.HasPrefix(name, "i_number_"):
		return refused
	}
	return whole
}

// hides are documents with characters that a person does not see, and what becomes of results
// that hold them.
var hides = map[string]string{
	"y_string_u+2028_line_sep.json": changed, "y_string_u+2029_par_sep.json": changed, "y_string_unicode_U+2064_invisible_plus.json": changed,
	"y_string_unescaped_char_delete.json": changed, "y_string_unicode_U+200B_ZERO_WIDTH_SPACE.json": changed, "y_string_allowed_escapes.json": changed,
	"y_string_null_escape.json": changed, "y_string_with_del_character.json": changed, "y_string_escaped_control_character.json": changed,
	"y_object_escaped_null_in_key.json": refused,
}

func suite(t *testing.T) map[string]string {
	t.Helper()
	root := os.Getenv("MANTLET_CORPORA")
	files, _ := filepath.Glob(filepath.Join(root, "protocol", "json-test-suite", "*.json"))
	if root == "" || len(files) == 0 {
		t.Skip("JSONTestSuite is not here; MANTLET_CORPORA names the directory that holds protocol/json-test-suite")
	}
	docs := make(map[string]string, len(files))
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		docs[filepath.Base(path)] = string(b)
	}
	return docs
}

func callOf(doc string) sent {
	return modern(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"doc":`+doc+`},`+meta+`}}`, "Mcp-Method", "tools/call", "Mcp-Name", "x")
}

func asArgument(t *testing.T, g *mantlettest.Gateway, f *fake, doc string) string {
	t.Helper()
	f.says(func(string) string {
		return `{"jsonrpc":"2.0","id":1,"result":{"content":[],"resultType":"complete"}}`
	})
	before, s := f.count(), callOf(doc)
	resp, body := do(t, g, s)
	switch {
	case f.count() == before && resp.StatusCode >= 400 && resp.StatusCode < 500:
		return refused
	case f.count() == before:
		return "answered with " + body
	case f.last() != s.body:
		return changed
	case resp.StatusCode != http.StatusOK || !strings.Contains(body, `"result"`):
		return "passed and answered with " + body
	}
	return whole
}

func asResult(t *testing.T, g *mantlettest.Gateway, f *fake, doc string) string {
	t.Helper()
	if got := asArgument(t, g, f, `1`); got != whole { // a server that only fails is given a rest
		t.Fatal("a good call does not pass: ", got)
	}
	answer := `{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":{"doc":` + doc + `},"resultType":"complete"}}`
	f.says(func(string) string { return answer })
	_, body := do(t, g, callOf(`1`))
	switch {
	case body == answer:
		return whole
	case strings.Contains(body, `"structuredContent"`):
		return changed
	}
	return refused
}

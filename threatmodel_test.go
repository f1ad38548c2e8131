package mantlet_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	quoted   = regexp.MustCompile("`([^`]+)`")
	threatID = regexp.MustCompile(`\b[A-FHIS][0-9]{2}\b`)
	linked   = regexp.MustCompile(`\]\(([^)#: ]+)(?:#[^)]*)?\)`)
)

// A test, a threat or a file that a document names exists. Where it does not, the
// document promises what nobody checks.
func TestTheThreatModelPointsAtTests(t *testing.T) {
	text := read(t, "THREATMODEL.md")
	before, key, ok := strings.Cut(text, "## The threats by id")
	if !ok {
		t.Fatal("THREATMODEL.md has no list of threats")
	}
	named := 0
	for _, row := range rows(before, 3) {
		if strings.TrimSpace(row[1]) == "" {
			t.Errorf("%q names no threat", row[0])
		}
		n := pointsAtTests(t, row[2])
		if n == 0 {
			t.Errorf("%q names no test", row[0])
		}
		named += n
	}
	if named < 50 {
		t.Errorf("%d tests are named in THREATMODEL.md: its tables are not read as they should be", named)
	}
	known := knownThreats(key)
	for _, id := range threatID.FindAllString(before, -1) {
		if !known[id] {
			t.Errorf("threat %s is not in the list of THREATMODEL.md", id)
		}
	}
	inPackageComments(t, known)
}

func TestFailModesPointAtTests(t *testing.T) {
	all := rows(read(t, "docs/fail-modes.md"), 4)
	if len(all) < 15 {
		t.Errorf("docs/fail-modes.md has %d rows: its tables are not read as they should be", len(all))
	}
	for _, row := range all {
		if cell := strings.TrimSpace(row[3]); cell != "none" && pointsAtTests(t, cell) == 0 {
			t.Errorf("%q names no test, and does not say so", row[0])
		}
	}
}

// Links from one document to another file lead somewhere.
func TestDocumentsPointAtFiles(t *testing.T) {
	for _, path := range filesNamed(t, ".md") {
		for _, m := range linked.FindAllStringSubmatch(read(t, path), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// rows are the cells of the tables in text that have n columns, headings left out.
func rows(text string, n int) (out [][]string) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		heading := i+1 < len(lines) && strings.HasPrefix(lines[i+1], "|--")
		if !strings.HasPrefix(line, "| ") || heading {
			continue
		}
		if cells := strings.Split(strings.Trim(line, "|"), " | "); len(cells) == n {
			out = append(out, cells)
		}
	}
	return out
}

// pointsAtTests reads a directory and, after it, what is there: functions of tests
// and scripts. It returns how many of these there are.
func pointsAtTests(t *testing.T, cell string) (n int) {
	t.Helper()
	dir := ""
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		switch word := m[1]; {
		case strings.HasSuffix(word, ".txtar"):
			if _, err := os.Stat(filepath.Join(dir, "testdata", word)); err != nil {
				t.Error(err)
			}
			n++
		case strings.HasPrefix(word, "Test"), strings.HasPrefix(word, "Fuzz"):
			if !hasTest(t, dir, word) {
				t.Errorf("%s has no %s", dir, word)
			}
			n++
		default:
			dir = word
		}
	}
	return n
}

func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || dir == "" {
		t.Errorf("no directory stands before %s", name)
	}
	for _, path := range all {
		if strings.Contains(read(t, path), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}

// knownThreats reads the list; "S01 to S07" is seven.
func knownThreats(key string) map[string]bool {
	known := make(map[string]bool)
	for _, row := range rows(key, 2) {
		ids := threatID.FindAllString(row[0], -1)
		for _, id := range ids {
			known[id] = true
		}
		var first, last int
		if _, err := fmt.Sscanf(strings.TrimSpace(row[0]), "S%d to S%d", &first, &last); err == nil {
			for n := first; n <= last; n++ {
				known[fmt.Sprintf("S%02d", n)] = true
			}
		}
	}
	return known
}

// inPackageComments holds the threats that packages name against the list.
func inPackageComments(t *testing.T, known map[string]bool) {
	t.Helper()
	for _, path := range filesNamed(t, ".go") {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range threatID.FindAllString(f.Doc.Text(), -1) {
			if !known[id] {
				t.Errorf("%s: threat %s is not in the list of THREATMODEL.md", path, id)
			}
		}
	}
}

func filesNamed(t *testing.T, suffix string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && (name == "node_modules" || strings.HasPrefix(name, ".") && name != "."):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, suffix):
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

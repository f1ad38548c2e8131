package mantlet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/mantlet-mcp/mantlet"

// may lists what each package may import from this module. Rooms know the
// vocabulary and the ground, never each other; only the corridor, the edges and
// the wiring know rooms. A package that is not here fails: adding one is a decision
// that shows. "*" is everything.
var may = map[string][]string{
	".": {},
	// the ground
	"internal/wire":                        {"."},
	"internal/seal":                        {"."},
	"internal/sse":                         {"."},
	"internal/netguard":                    {"."},
	"internal/childenv":                    {},
	"internal/gesture":                     {},
	"internal/gesture/passkey":             {"."},
	"internal/gesture/passkey/passkeytest": {"internal/gesture/passkey"},
	"internal/http1":                       {},
	"internal/store":                       {},
	"internal/store/sqlite":                {"internal/store"},
	"internal/store/postgres":              {"internal/store"},
	"internal/store/storetest":             {"internal/store"},
	"internal/wheel":                       {},
	// the rooms
	"internal/audit":                              {"."},
	"internal/identity":                           {"."},
	"internal/inspect":                            {".", "internal/inspect/condition", "internal/inspect/dlp/token", "internal/inspect/finding", "internal/inspect/jws", "internal/inspect/leaf", "internal/inspect/outside", "internal/inspect/protocol", "internal/inspect/schema", "internal/inspect/sink"},
	"internal/inspect/canary":                     {"internal/inspect/finding", "internal/inspect/literal"},
	"internal/inspect/condition":                  {},
	"internal/inspect/dlp":                        {"internal/inspect/dlp/exact", "internal/inspect/dlp/personal", "internal/inspect/dlp/secret", "internal/inspect/finding", "internal/inspect/literal"},
	"internal/inspect/dlp/checksum":               {},
	"internal/inspect/dlp/exact":                  {"internal/inspect/finding"},
	"internal/inspect/dlp/personal":               {"internal/inspect/dlp/checksum", "internal/inspect/finding", "internal/inspect/literal"},
	"internal/inspect/dlp/secret":                 {"internal/inspect/dlp/checksum", "internal/inspect/finding", "internal/inspect/literal"},
	"internal/inspect/dlp/token":                  {"."},
	"internal/inspect/finding":                    {},
	"internal/inspect/hidden":                     {"internal/inspect/finding"},
	"internal/inspect/icap":                       {"internal/inspect/outside"},
	"internal/inspect/jws":                        {},
	"internal/inspect/leaf":                       {},
	"internal/inspect/literal":                    {},
	"internal/inspect/output":                     {"internal/inspect/finding", "internal/inspect/literal"},
	"internal/inspect/model":                      {"internal/inspect/finding", "internal/inspect/model/feature"},
	"internal/inspect/model/feature":              {},
	"internal/inspect/outside":                    {"internal/inspect/finding"},
	"internal/inspect/pack":                       {"internal/inspect/finding", "internal/inspect/literal", "internal/inspect/view"},
	"internal/inspect/protocol":                   {"internal/inspect/finding"},
	"internal/inspect/rule":                       {".", "internal/inspect/view"},
	"internal/inspect/schema":                     {"."},
	"internal/inspect/sink":                       {"internal/inspect/finding", "internal/inspect/leaf", "internal/inspect/literal", "internal/netguard"},
	"internal/inspect/view":                       {"internal/inspect/literal"},
	"internal/policy":                             {"."},
	"internal/quota":                              {"."},
	"internal/trust":                              {".", "internal/store", "internal/trust/ledger", "internal/trust/definition"},
	"internal/trust/advisory":                     {".", "internal/trust/strict"},
	"internal/trust/bundle":                       {"internal/trust/signer"},
	"internal/trust/definition":                   {"."},
	"internal/trust/dossier":                      {"internal/trust/effect"},
	"internal/trust/effect":                       {"internal/trust/definition"},
	"internal/trust/fetch":                        {},
	"internal/trust/fetch/distribution":           {"internal/trust/fetch"},
	"internal/trust/launch":                       {"internal/trust/launch/runner"},
	"internal/trust/launch/runner":                {},
	"internal/trust/ledger":                       {"internal/store"},
	"internal/trust/listing":                      {".", "internal/trust/strict"},
	"internal/trust/lookalike":                    {},
	"internal/trust/provenance":                   {"internal/trust/provenance/bundle"},
	"internal/trust/provenance/bundle":            {},
	"internal/trust/provenance/bundle/bundletest": {},
	"internal/trust/provenance/mcpb":              {"internal/trust/provenance"},
	"internal/trust/provenance/npm":               {"internal/trust/fetch", "internal/trust/provenance", "internal/trust/provenance/bundle"},
	"internal/trust/provenance/oci":               {"internal/trust/fetch", "internal/trust/fetch/distribution", "internal/trust/provenance", "internal/trust/provenance/bundle"},
	"internal/trust/provenance/pypi":              {"internal/trust/fetch", "internal/trust/provenance", "internal/trust/provenance/bundle"},
	"internal/trust/release":                      {".", "internal/trust/dossier", "internal/trust/signer"},
	"internal/trust/resolve":                      {"internal/trust/fetch", "internal/trust/fetch/distribution", "internal/trust/launch", "internal/trust/launch/runner"},
	"internal/trust/sbom":                         {".", "internal/trust/strict"},
	"internal/trust/score":                        {},
	"internal/trust/signer":                       {"internal/gesture/passkey"},
	"internal/trust/strict":                       {"."},
	"internal/upstream":                           {".", "internal/wire", "internal/wheel", "internal/sse", "internal/netguard", "internal/upstream/h1", "internal/upstream/process"},
	"internal/upstream/h1":                        {"internal/http1"},
	"internal/upstream/process":                   {".", "internal/childenv"},
	// the corridor
	"internal/gateway": {".", "internal/wire", "internal/audit", "internal/inspect", "internal/policy", "internal/quota", "internal/trust", "internal/upstream"},
	// the edges
	"internal/front":    {".", "internal/front/h1", "internal/wire", "internal/wheel", "internal/seal", "internal/sse", "internal/audit", "internal/gateway", "internal/identity", "internal/upstream"},
	"internal/front/h1": {"internal/http1"},
	// the house
	"internal/config":     {".", "internal/childenv"},
	"internal/clientconf": {"."},
	"internal/daemon":     {".", "internal/wire", "internal/sse"},
	"internal/ops":        {".", "internal/wire", "internal/gateway"},
	"internal/trace":      {".", "internal/wire", "internal/gateway"},
	"internal/scan":       {".", "internal/childenv", "internal/clientconf", "internal/inspect/rule", "internal/trust/advisory", "internal/trust/definition", "internal/trust/effect", "internal/trust/fetch", "internal/trust/fetch/distribution", "internal/trust/launch/runner", "internal/trust/lookalike", "internal/trust/provenance", "internal/trust/provenance/npm", "internal/trust/provenance/oci", "internal/trust/sbom", "internal/upstream/process"},
	"internal/app":        {"*"},
	"cmd/mantlet":         {".", "internal/app", "internal/audit", "internal/clientconf", "internal/config", "internal/daemon", "internal/gesture/passkey", "internal/inspect/dlp/exact", "internal/inspect/rule", "internal/scan", "internal/trust/release", "internal/trust/signer", "internal/upstream/process", "internal/wire", "internal/trust/advisory", "internal/trust/provenance/bundle", "internal/trust/provenance/npm", "internal/trust/provenance/oci", "internal/trust/bundle"},
	"mantlettest":         {".", "internal/app", "internal/config"},
	"test/bench":          {},
	"test/corpus":         {"internal/inspect/model/feature"},
	"test/eval":           {"internal/inspect/finding", "internal/inspect/hidden", "internal/inspect/model", "internal/inspect/pack", "internal/inspect/rule", "test/corpus", "test/fit"},
	"test/fit":            {"internal/inspect/model", "internal/inspect/model/feature", "test/corpus"},
	"test/model":          {"internal/inspect/model", "test/fit"},
	"test/peers":          {"."},
}

const (
	maxFile = 500 // lines
	maxFunc = 80
	maxArgs = 5
	maxDoor = 3 // methods of an interface
)

func TestArchitecture(t *testing.T) {
	seen := make(map[string]bool)
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != "." {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(file))
		seen[dir] = true
		imports(t, dir, file, f)
		sizes(t, fset, file, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range may {
		if !seen[dir] {
			t.Errorf("the table names %s, which is not there", dir)
		}
	}
}

func imports(t *testing.T, dir, file string, f *ast.File) {
	t.Helper()
	allowed, ok := may[dir]
	if !ok {
		t.Errorf("%s: the package is not in the table; say what it may import", dir)
	}
	for _, imp := range f.Imports {
		rel, ours := strings.CutPrefix(strings.Trim(imp.Path.Value, `"`), module)
		rel = path.Join(".", strings.TrimPrefix(rel, "/"))
		if ours && !slices.Contains(allowed, rel) && !slices.Contains(allowed, "*") {
			t.Errorf("%s imports %s, which the table does not allow", file, rel)
		}
	}
	for _, bad := range []string{"util", "common", "helpers", "manager"} {
		if strings.Contains(strings.ToLower(file), bad) {
			t.Errorf("%s: %q says nothing; name what is in it", file, bad)
		}
	}
}

func sizes(t *testing.T, fset *token.FileSet, file string, f *ast.File) {
	t.Helper()
	lines := func(n ast.Node) int { return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1 }
	if n := fset.File(f.Pos()).LineCount(); n > maxFile {
		t.Errorf("%s: %d lines, limit %d", file, n, maxFile)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if lines(n) > maxFunc || n.Type.Params.NumFields() > maxArgs {
				t.Errorf("%s: %s has %d lines and %d parameters", file, n.Name.Name, lines(n), n.Type.Params.NumFields())
			}
		case *ast.InterfaceType:
			if n.Methods.NumFields() > maxDoor && !strings.HasSuffix(file, "child.go") {
				t.Errorf("%s: an interface has %d methods, limit %d", file, n.Methods.NumFields(), maxDoor)
			}
		}
		return true
	})
}

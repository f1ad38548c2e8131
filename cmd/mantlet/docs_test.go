package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the generated references anew (make docs)")

// The references are made from the code; a difference fails.
func TestGeneratedReferences(t *testing.T) {
	types := configTypes(t)
	schema, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "mantlet.yaml",
		"type": "object", "additionalProperties": false, "properties": properties(types, "Config"),
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{
		"config.md": configPage(types), "config.schema.json": append(schema, '\n'), "cli.md": cliPage(),
	} {
		path := filepath.Join("..", "..", "docs", "reference", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // documents
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o644); err != nil { //nolint:gosec // documents
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code says; run make docs (%v)", name, err)
		}
	}
}

// A setting is one field of a configuration struct.
type setting struct{ name, kind, doc string }

func configTypes(t *testing.T) map[string][]setting {
	t.Helper()
	files, err := filepath.Glob("../../internal/config/*.go")
	if err != nil {
		t.Fatal(err)
	}
	types, fset := make(map[string][]setting), token.NewFileSet()
	for _, path := range files {
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					types[spec.Name.Name] = settings(t, spec.Name.Name, s)
				}
			}
			return true
		})
	}
	return types
}

func settings(t *testing.T, owner string, s *ast.StructType) (all []setting) {
	t.Helper()
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml"), ",")
		doc := strings.Join(strings.Fields(f.Doc.Text()), " ")
		if doc == "" {
			t.Errorf("%s.%s has no comment: the struct is the manual", owner, name)
		}
		_, doc, _ = strings.Cut(doc, " ") // the field's own name
		doc = strings.TrimPrefix(strings.TrimPrefix(doc, "is "), "are ")
		all = append(all, setting{name, kind(f.Type), strings.ToUpper(doc[:1]) + doc[1:]})
	}
	return all
}

func kind(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return kind(e.X)
	case *ast.ArrayType:
		return "[]" + kind(e.Elt)
	case *ast.MapType:
		return "map:" + kind(e.Value)
	}
	return "?"
}

func properties(types map[string][]setting, name string) map[string]any {
	out := make(map[string]any)
	for _, s := range types[name] {
		p := shape(types, s.kind)
		p["description"] = s.doc
		out[s.name] = p
	}
	return out
}

func shape(types map[string][]setting, kind string) map[string]any {
	if elem, ok := strings.CutPrefix(kind, "[]"); ok {
		return map[string]any{"type": "array", "items": shape(types, elem)}
	}
	if elem, ok := strings.CutPrefix(kind, "map:"); ok {
		return map[string]any{"type": "object", "additionalProperties": shape(types, elem)}
	}
	switch kind {
	case "bool":
		return map[string]any{"type": "boolean"}
	case "int":
		return map[string]any{"type": "integer"}
	case "Size", "Duration":
		return map[string]any{"type": []string{"string", "integer"}}
	case "Ratio":
		return map[string]any{"type": "number", "minimum": 0, "maximum": 1}
	case "string":
		return map[string]any{"type": "string"}
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties(types, kind)}
}

func configPage(types map[string][]setting) []byte {
	var b bytes.Buffer
	b.WriteString("# Configuration\n\nGenerated from the code by `make docs`. Files are YAML, read strictly: unknown and duplicate keys are\nrefused, and `mantlet check -f FILE` says all that is wrong at once. Nothing is expanded from the environment.\nFor editors there is [a JSON Schema](config.schema.json).\n\n| setting | type | meaning |\n|---|---|---|\n")
	section(&b, types, "Config", "")
	return b.Bytes()
}

func section(b *bytes.Buffer, types map[string][]setting, name, prefix string) {
	for _, s := range types[name] {
		elem := strings.TrimPrefix(strings.TrimPrefix(s.kind, "[]"), "map:")
		path := prefix + s.name
		switch {
		case strings.HasPrefix(s.kind, "map:") && types[elem] != nil:
			path += ".{id}"
		case strings.HasPrefix(s.kind, "[]"):
			path += "[]"
		}
		shown := s.kind
		if types[elem] != nil {
			shown = "section"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", path, strings.Replace(strings.ToLower(shown), "map:", "map of ", 1), s.doc)
		if types[elem] != nil {
			section(b, types, elem, path+".")
		}
	}
}

func cliPage() []byte {
	var b bytes.Buffer
	b.WriteString("# Commands\n\nGenerated from the code by `make docs`.\n\n## Exit codes\n\n| code | meaning |\n|---|---|\n| 0 | it worked |\n| 1 | it did not work |\n| 2 | the command line is wrong |\n| 3 | the configuration has problems |\n| 4 | Mantlet or the server said no, or the tool reports an error |\n| 5 | the record does not verify |\n| 6 | a scan found something at or above --fail-on |\n")
	commandPage(&b, rootCommand(), 2)
	return b.Bytes()
}

func commandPage(b *bytes.Buffer, c *cobra.Command, level int) {
	if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
		return
	}
	text := c.Long
	if text == "" {
		text = c.Short
	}
	fmt.Fprintf(b, "\n%s %s\n\n%s\n\n```\n%s\n```\n", strings.Repeat("#", level), c.CommandPath(), text, c.UseLine())
	if flags := strings.TrimRight(c.LocalFlags().FlagUsages(), "\n"); flags != "" {
		fmt.Fprintf(b, "\n```\n%s\n```\n", flags)
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\nExamples:\n\n```\n%s\n```\n", c.Example)
	}
	subs := slices.Clone(c.Commands())
	slices.SortFunc(subs, func(x, y *cobra.Command) int { return strings.Compare(x.Name(), y.Name()) })
	for _, sub := range subs {
		commandPage(b, sub, min(level+1, 4))
	}
}

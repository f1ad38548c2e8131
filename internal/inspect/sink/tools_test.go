package sink_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

// definitions reads real tools that have a schema.
func definitions(t *testing.T, set string, visit func(name string, definition []byte, schema map[string]any)) {
	t.Helper()
	root := os.Getenv("MANTLET_CORPORA")
	if root == "" {
		root = "../../../../shared/data"
	}
	f, err := os.Open(filepath.Join(root, "text", set, "data.jsonl"))
	if err != nil {
		t.Skipf("no corpora: %v (MANTLET_CORPORA names their folder)", err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 32<<20)
	for lines.Scan() {
		var r struct {
			Name, Description string
			InputSchema       json.RawMessage
		}
		if json.Unmarshal(lines.Bytes(), &r) != nil || len(r.InputSchema) < 3 {
			continue
		}
		if r.InputSchema[0] == '"' {
			var s string
			_ = json.Unmarshal(r.InputSchema, &s)
			r.InputSchema = json.RawMessage(s)
		}
		var schema map[string]any
		if json.Unmarshal(r.InputSchema, &schema) != nil {
			continue
		}
		d, _ := json.Marshal(map[string]any{"name": r.Name, "description": r.Description, "inputSchema": schema})
		visit(r.Name, d, schema)
	}
}

// What authors of tools give as defaults and examples is honest: of what is found there, how much
// would be refused?
func TestDefaultsOfRealTools(t *testing.T) {
	values, high, medium, plans := 0, 0, 0, 0
	for _, set := range []string{"tools_toucan_smithery", "tools_metorial_index"} {
		seen := map[string]bool{}
		definitions(t, set, func(name string, definition []byte, schema map[string]any) {
			p, err := sink.New(name, definition, sink.Options{})
			if err != nil {
				return
			}
			plans++
			members, _ := schema["properties"].(map[string]any)
			for member, one := range members {
				s, _ := one.(map[string]any)
				all, _ := s["examples"].([]any)
				for _, v := range append(all, s["default"]) {
					if _, text := v.(string); !text && v != nil {
						if _, list := v.([]any); !list {
							continue
						}
					}
					b := arguments(t, member, v)
					if v == nil || seen[string(b)] {
						continue
					}
					seen[string(b)] = true
					values++
					switch hits := p.Check(b); {
					case worst(hits) >= finding.High:
						high++
						t.Logf("high: %s %s: %s", name, bytes.TrimSpace(b[:min(len(b), 150)]), rules(hits))
					case worst(hits) == finding.Medium:
						medium++
						t.Logf("medium: %s %s: %s", name, b[:min(len(b), 150)], rules(hits))
					}
				}
			}
		})
	}
	if high > 3 || medium > 10 {
		t.Error("more than 3 at high (one tool asks for /etc/shadow), or 10 at medium")
	}
	t.Logf("%d plans, %d defaults and examples: %d at high, %d at medium", plans, values, high, medium)
}

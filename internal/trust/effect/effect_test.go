package effect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
)

type shown struct {
	Server      string          `json:"server,omitempty"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	InputSchema json.RawMessage `json:"inputSchema,omitempty"`
	Annotations json.RawMessage `json:"annotations,omitempty"`
}

func of(t testing.TB, s shown) Effects {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	d, err := definition.Parse(mantlet.KindTool, raw)
	if err != nil {
		t.Fatal(err, string(raw))
	}
	return Of(d)
}

// properties is a schema with those parameters.
func properties(names string) json.RawMessage {
	var out []string
	for n := range strings.FieldsSeq(names) {
		out = append(out, `"`+n+`":{"type":"string"}`)
	}
	return json.RawMessage(`{"type":"object","properties":{` + strings.Join(out, ",") + `}}`)
}

// Real definitions: how many fall into each. A registry of tools is mostly readers; if
// most of them were Unclear, or none, the tables would be wrong.
func TestRealDefinitions(t *testing.T) {
	root := os.Getenv("MANTLET_CORPORA")
	if root == "" {
		root = "../../../../shared/data"
	}
	files, _ := filepath.Glob(filepath.Join(root, "text/tools_*/data.jsonl"))
	if len(files) == 0 {
		t.Skip("the sets of real tools are not there; set MANTLET_CORPORA to the directory of the corpora")
	}
	var all, unclear, readers, readNames, readNamed int
	by := make(map[string]int)
	tiers := make(map[int]int)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			var s shown
			if json.Unmarshal(lines.Bytes(), &s) != nil || s.Name == "" {
				continue
			}
			e := of(t, s)
			all++
			for i, name := range setNames {
				if e.Inferred.Has(1 << i) {
					by[name]++
				}
			}
			if e.Unclear {
				unclear++
				if os.Getenv("SHOW") == "unclear" {
					t.Logf("UNCLEAR %s | %.120q", s.Name, s.Description)
				}
			}
			if !e.Changes() {
				readers++
			}
			tiers[Tier(e, Internal)]++
			if first := split(s.Name); len(first) > 0 && slices.Contains([]string{"get", "list", "search", "read", "fetch"}, first[0]) {
				readNames++
				if !e.Changes() {
					readNamed++
				} else if os.Getenv("SHOW") == "read" {
					t.Logf("READ %v %s | %.100q %v", e.Inferred, s.Name, s.Description, e.Why)
				}
			}
		}
	}
	share := func(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	t.Logf("%d definitions: unclear %.1f %%, readers %.1f %%; by effect %v; tiers with internal data %v", all, share(unclear, all), share(readers, all), by, tiers)
	t.Logf("of %d whose name begins with get, list, search, read or fetch, %.1f %% are readers", readNames, share(readNamed, readNames))
	if share(unclear, all) > 8 || share(readers, all) < 40 || share(readNamed, readNames) < 90 {
		t.Error("the shares are worse than they were")
	}
}

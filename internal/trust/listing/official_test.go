package listing_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/mantlet-mcp/mantlet/internal/trust/listing"
)

// official is the registry's own source as install.sh fetched it: its schemas, its OpenAPI
// and the servers that it is seeded with.
func official(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", "github.com/modelcontextprotocol/registry@v1.8.9")
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "GOPROXY=off")
	out, err := cmd.Output()
	var m struct{ Dir string }
	if err != nil || json.Unmarshal(out, &m) != nil || m.Dir == "" {
		t.Skip("the registry's source is not here: run test/peers/install.sh")
	}
	return m.Dir
}

// judged is what ajv, a validator that is not ours, says of a value by a schema: "" is yes.
func judged(t *testing.T, schema, value any) string {
	t.Helper()
	modules, err := filepath.Abs("../../../.cache/npm/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	node := filepath.Join(modules, ".bin/node")
	if _, err := os.Stat(node); err != nil {
		t.Skip("no node here: run test/peers/install.sh")
	}
	in, err := json.Marshal(map[string]any{"schema": schema, "value": value})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "-e", `
		const { schema, value } = JSON.parse(require("fs").readFileSync(0, "utf8"));
		const old = (schema["$schema"] || "").includes("draft-07");
		const Ajv = require(old ? "ajv" : "ajv/dist/2020.js").default, formats = require("ajv-formats").default;
		const ajv = new Ajv({ strict: false, allErrors: true });
		formats(ajv);
		const valid = ajv.compile(schema);
		if (!valid(value)) console.log(JSON.stringify(valid.errors));`)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = append(os.Environ(), "NODE_PATH="+modules), bytes.NewReader(in), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatal(err, errs.String())
	}
	return out.String()
}

func decode(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Every answer is what the registry's own OpenAPI says, and every server in it what its
// newest schema says.
func TestAnswersAreTheRegistrys(t *testing.T) {
	dir := official(t)
	raw, err := os.ReadFile(filepath.Join(dir, "docs/reference/api/openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	api, err := yaml.YAMLToJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	components := decode(t, api).(map[string]any)["components"]
	typ := func(name string) any {
		return map[string]any{"$ref": "#/components/schemas/" + name, "components": components}
	}
	schema, err := os.ReadFile(filepath.Join(dir, "internal/validators/schemas/2025-12-11.json"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := ask(t, handlerOf(t, catalogue()), "GET", "/v0.1/servers?include_deleted=true&limit=3")
	list := decode(t, []byte(text))
	if said := judged(t, typ("ServerList"), list); said != "" {
		t.Error(said)
	}
	_, text, _ = ask(t, handlerOf(t, catalogue()), "GET", "/v0.1/servers/com.example%2Fnotes/versions/latest")
	one := decode(t, []byte(text)).(map[string]any)
	if said := judged(t, typ("ServerResponse"), one); said != "" {
		t.Error(said)
	}
	if said := judged(t, decode(t, schema), one["server"]); said != "" {
		t.Error(said)
	}
	// and what is not right is seen, by both
	one["server"].(map[string]any)["name"] = "no slash"
	if said := judged(t, typ("ServerResponse"), one); !strings.Contains(said, "pattern") {
		t.Error("the validator lets a bad name through:", said)
	}
	if said := judged(t, decode(t, schema), one["server"]); !strings.Contains(said, "pattern") {
		t.Error("the schema lets a bad name through:", said)
	}
	if _, err := listing.Read([]byte(text)); err != nil {
		t.Error("we cannot read what we serve:", err)
	}
}

// The servers that the registry is seeded with are read, and what its schema refuses is not.
func TestSeedsAreRead(t *testing.T) {
	dir := official(t)
	b, err := os.ReadFile(filepath.Join(dir, "data/seed.json"))
	if err != nil {
		t.Fatal(err)
	}
	var seeds []json.RawMessage
	if err := json.Unmarshal(b, &seeds); err != nil || len(seeds) == 0 {
		t.Fatal(len(seeds), err)
	}
	for _, seed := range seeds {
		s, err := listing.Read(seed)
		if err != nil || len(listing.Claims(s)) == 0 {
			t.Errorf("%.80s: %v", seed, err)
		}
	}
	schema, err := os.ReadFile(filepath.Join(dir, "internal/validators/schemas/2025-12-11.json"))
	if err != nil {
		t.Fatal(err)
	}
	if said := judged(t, decode(t, schema), decode(t, []byte(whole))); said != "" {
		t.Error("our own example:", said)
	}
}

func handlerOf(t *testing.T, all []listing.Exposed) http.Handler {
	t.Helper()
	return handler(t, func(*http.Request) ([]listing.Exposed, error) { return all, nil })
}

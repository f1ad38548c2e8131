package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mantlet-mcp/mantlet/internal/inspect/schema"
)

func compiled(t testing.TB, s string, o schema.Options) *schema.Schema {
	t.Helper()
	out, err := schema.Compile([]byte(s), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCheck holds that what is wrong is told so that it can be mended, and that the value
// itself is not told.
func TestCheck(t *testing.T) {
	const weather = `{"type":"object","properties":{"city":{"type":"string","minLength":1},"days":{"type":"integer","maximum":7},
		"unit":{"enum":["c","f"]},"where":{"type":"object","properties":{"lat":{"type":"number"}}},"tags":{"type":"object"},"when":{"type":"string","format":"date"}},"required":["city"]}`
	for _, c := range []struct{ name, value, want string }{
		{"as it should be", `{"city":"Bern","days":3,"unit":"c","where":{"lat":1.5},"tags":{"any":"thing"}}`, ""},
		{"a name that is not known", `{"city":"Bern","cmd":"rm"}`, "/cmd is not known; what is known here: city, days, tags, unit, when, where"},
		{"the same below", `{"city":"Bern","where":{"lat":1,"__proto__":{}}}`, "/where/__proto__ is not known; what is known here: lat"},
		{"a type", `{"city":4711}`, "/city is of type number, and has to be string"},
		{"none where one has to be", `{}`, "the whole lacks city"},
		{"too much", `{"city":"Bern","days":8}`, "/days may be 7 at most"},
		{"a whole number", `{"city":"Bern","days":1.5}`, "/days is of type number, and has to be integer"},
		{"none of the choices", `{"city":"Bern","unit":"hunter2"}`, "/unit has to be one of c, f"},
		{"a format", `{"city":"Bern","when":"hunter2"}`, "/when is not in the format date"},
		{"a large number stays exact", `{"city":"Bern","where":{"lat":12345678901234567890123}}`, ""},
		{"a number that would be dear", `{"city":"Bern","where":{"lat":1e999999999}}`, "/where/lat is a number of more than 400 digits, or beyond 1e1000"},
		{"two at once", `{"city":"","days":9}`, "/city has to have at least 1 characters; /days may be 7 at most"},
		{"no object", `[]`, "the whole is of type array, and has to be object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := compiled(t, weather, schema.Options{}).Check([]byte(c.value))
			if got := words(err); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestClosed holds where a schema that does not say so is closed, and where it is not.
func TestClosed(t *testing.T) {
	for _, c := range []struct {
		name, schema, value string
		ok                  bool
	}{
		{"no parameters at all", `{"type":"object"}`, `{"x":1}`, false},
		{"no parameters, none given", `{"type":"object"}`, `{}`, true},
		{"open by its word", `{"type":"object","additionalProperties":true}`, `{"x":1}`, true},
		{"open for one type", `{"type":"object","properties":{"a":{}},"additionalProperties":{"type":"string"}}`, `{"x":"s"}`, true},
		{"and not for another", `{"type":"object","properties":{"a":{}},"additionalProperties":{"type":"string"}}`, `{"x":1}`, false},
		{"a map below", `{"type":"object","properties":{"a":{"type":"object"}}}`, `{"a":{"x":1}}`, true},
		{"in a branch", `{"anyOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}},"required":["b"]}]}`, `{"b":1}`, true},
		{"in no branch", `{"anyOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, `{"c":1}`, false},
		{"by reference", `{"$ref":"#/$defs/p","$defs":{"p":{"properties":{"a":{"$ref":"#/$defs/p"}}}}}`, `{"a":{"a":{"a":{}}}}`, true},
		{"by reference, deep", `{"$ref":"#/$defs/p","$defs":{"p":{"properties":{"a":{"$ref":"#/$defs/p"}}}}}`, `{"a":{"a":{"x":{}}}}`, false},
		{"what not excludes is not known by it", `{"properties":{"a":{}},"not":{"properties":{"b":{"const":1}},"required":["b"]}}`, `{"b":2}`, false},
		{"in an array", `{"properties":{"l":{"type":"array","items":{"properties":{"a":{}}}}}}`, `{"l":[{"a":1},{"b":1}]}`, false},
		{"draft 7 too", `{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#/definitions/d"}},"definitions":{"d":{"properties":{"z":{}}}}}`, `{"a":{"y":1}}`, false},
		{"a pattern of names", `{"patternProperties":{"^x-":{"type":"string"}}}`, `{"x-a":"1"}`, true},
		{"another name", `{"patternProperties":{"^x-":{"type":"string"}}}`, `{"y":"1"}`, false},
		{"unevaluated ones welcome", `{"properties":{"a":{}},"unevaluatedProperties":true}`, `{"y":"1"}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := compiled(t, c.schema, schema.Options{}).Check([]byte(c.value)); (err == nil) != c.ok {
				t.Errorf("%v", err)
			}
			if c.ok {
				return
			}
			if strings.Contains(c.name, "another") || strings.HasPrefix(c.name, "and not") {
				return // the schema itself says so
			}
			if err := compiled(t, c.schema, schema.Options{Open: true}).Check([]byte(c.value)); err != nil {
				t.Errorf("open: %v", err)
			}
		})
	}
}

func TestCaps(t *testing.T) {
	s := compiled(t, `{"properties":{"s":{"type":"string"},"l":{"type":"array"},"long":{"type":"string","maxLength":100},"deep":{}}}`, schema.Options{String: 10, Items: 3})
	deep := strings.Repeat(`[`, 70) + strings.Repeat(`]`, 70)
	for value, want := range map[string]string{
		`{"s":"0123456789"}`:             "",
		`{"s":"0123456789a"}`:            "/s has 11 bytes, and 10 are allowed where the schema gives no limit",
		`{"long":"0123456789abcdefghi"}`: "",
		`{"l":[1,2,3]}`:                  "",
		`{"l":[1,2,3,4]}`:                "/l has 4 elements, and 3 are allowed where the schema gives no limit",
		`{"deep":` + deep + `}`:          "is nested deeper than 64 levels",
	} {
		if got := words(s.Check([]byte(value))); !strings.HasSuffix(got, want) || want == "" && got != "" {
			t.Errorf("%.40s: %q, want %q", value, got, want)
		}
	}
}

// doubled is a schema of n levels, each of which refers to the next twice.
func doubled(n int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/$defs/a0","$defs":{`)
	for i := range n {
		fmt.Fprintf(&b, `"a%d":{"allOf":[{"$ref":"#/$defs/a%d"},{"$ref":"#/$defs/a%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"a%d":{"type":"object"}}}`, n)
	return b.String()
}

// TestDoubled holds that a value costs what its budget says. Without it, the library alone
// evaluates twice as much for each level: the twin counts that.
func TestDoubled(t *testing.T) {
	s := compiled(t, doubled(22), schema.Options{Steps: 1000})
	if err := s.Check([]byte(`{}`)); err == nil || !strings.Contains(err.Error(), "more work") {
		t.Errorf("22 levels: %v", err)
	}
	if err := compiled(t, doubled(5), schema.Options{Steps: 1000}).Check([]byte(`{}`)); err != nil {
		t.Errorf("5 levels: %v", err)
	}
	alone := func(n int) time.Duration {
		var doc any
		if err := json.Unmarshal([]byte(doubled(n)), &doc); err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("mem:///x", doc); err != nil {
			t.Fatal(err)
		}
		s, err := c.Compile("mem:///x")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := s.Validate(map[string]any{}); err != nil {
			t.Fatal(err)
		}
		return time.Since(began)
	}
	t.Logf("the library alone: 10 levels %v, 16 levels %v", alone(10), alone(16))
}

// TestNothingIsLoaded holds that a reference outside of the schema opens no file and no
// connection, where the library alone opens the file.
func TestNothingIsLoaded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "MARKER.json")
	if err := os.WriteFile(file, []byte(`{"type":"string"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	hit := make(chan struct{}, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			hit <- struct{}{}
			_ = c.Close()
		}
	}()
	for _, ref := range []string{"file://" + file, "http://" + l.Addr().String() + "/s.json", "other.json", "https://json-schema.org/draft/2020-12/other"} {
		raw := fmt.Sprintf(`{"properties":{"a":{"$ref":%q}}}`, ref)
		if _, err := schema.Compile([]byte(raw), schema.Options{}); err == nil {
			t.Errorf("%s was loaded", ref)
		}
	}
	select {
	case <-hit:
		t.Error("an address was fetched")
	default:
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///x", map[string]any{"$ref": "file://" + file}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile("mem:///x"); err != nil {
		t.Errorf("the twin opens no file: %v", err)
	}
}

func TestCompileRefuses(t *testing.T) {
	for name, raw := range map[string]string{
		"no JSON":        `{"type":`,
		"no schema":      `{"type":"text"}`,
		"a list":         `[1]`,
		"too large":      `{"title":"` + strings.Repeat("x", 300<<10) + `"}`,
		"bad expression": `{"pattern":"("}`,
		"backtracking":   `{"pattern":"(a)\\1"}`,
		"nowhere":        `{"$ref":"#/$defs/none"}`,
		"two values":     `{} {}`,
	} {
		if _, err := schema.Compile([]byte(raw), schema.Options{}); err == nil {
			t.Errorf("%s: it was compiled", name)
		}
	}
	s := compiled(t, `{"$ref":"#"}`, schema.Options{Open: true})
	if err := s.Check([]byte(`{}`)); err == nil {
		t.Error("a schema that is itself says yes")
	}
}

func TestManyAtOnce(t *testing.T) {
	s := compiled(t, `{"properties":{"a":{"type":"string"}}}`, schema.Options{Steps: 50})
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			want := i%2 == 0
			value := `{"a":"x"}`
			if !want {
				value = `{"a":1}`
			}
			for range 50 {
				if err := s.Check([]byte(value)); (err == nil) != want {
					t.Errorf("%s: %v", value, err)
				}
			}
		})
	}
	all.Wait()
}

// FuzzCheck holds that no schema and no value ends the process, that a refusal names no
// value, and that the answer is the same when asked again.
func FuzzCheck(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"type":"string"}}}`, `{"a":"x"}`)
	f.Add(`{"$ref":"#"}`, `{}`)
	f.Add(doubled(20), `{}`)
	f.Add(`{"$dynamicRef":"#n","$dynamicAnchor":"n","items":{"$dynamicRef":"#n"}}`, `[[[1]]]`)
	f.Add(`{"uniqueItems":true,"multipleOf":0.1}`, `[1e999,1]`)
	f.Add(`{"format":"idn-hostname"}`, `"xn--7a"`)
	f.Fuzz(func(t *testing.T, raw, value string) {
		s, err := schema.Compile([]byte(raw), schema.Options{Steps: 10_000})
		if err != nil {
			return
		}
		first, again := s.Check([]byte(value)), s.Check([]byte(value))
		if (first == nil) != (again == nil) {
			t.Fatalf("%v, then %v", first, again)
		}
		if r, ok := errors.AsType[*schema.Refusal](first); ok && (len(r.Issues) == 0 || len(r.Issues) > 5) {
			t.Fatalf("%d issues", len(r.Issues))
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	s := compiled(b, `{"type":"object","properties":{"path":{"type":"string","maxLength":4096},"lines":{"type":"integer","minimum":1},"mode":{"enum":["r","w"]}},"required":["path"]}`, schema.Options{})
	value := []byte(`{"path":"/srv/data/report.txt","lines":20,"mode":"r"}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Check(value); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	raw := []byte(`{"type":"object","properties":{"path":{"type":"string","maxLength":4096},"lines":{"type":"integer","minimum":1},"mode":{"enum":["r","w"]}},"required":["path"]}`)
	for b.Loop() {
		if _, err := schema.Compile(raw, schema.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

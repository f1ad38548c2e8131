package rule

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	d, err := Read("s", "tool", []byte(`{"name":"add","title":"Add","description":"Adds.","inputSchema":{"type":"object",
		"properties":{"a/b":{"type":"string","description":"one","enum":["x"],"default":"y","examples":["z"]}},
		"$defs":{"n":{"title":"t"}}},"annotations":{"title":"A","readOnlyHint":true},"_meta":{"k":{"deep":["v"]}},"description":"Again.","n":5}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range d.Texts {
		got = append(got, fmt.Sprintf("%s=%s %d", x.Field, x.Value, x.Part))
	}
	want := []string{
		"name=add 1", "title=Add 0", "description=Adds. 0", "inputSchema/type=object 2", "inputSchema/properties/a~1b=a/b 1",
		"inputSchema/properties/a~1b/type=string 2", "inputSchema/properties/a~1b/description=one 0", "inputSchema/properties/a~1b/enum/0=x 2",
		"inputSchema/properties/a~1b/default=y 2", "inputSchema/properties/a~1b/examples/0=z 2", "inputSchema/$defs/n=n 1",
		"inputSchema/$defs/n/title=t 0", "annotations/title=A 0", "_meta/k=k 1", "_meta/k/deep=deep 1", "_meta/k/deep/0=v 2", "description=Again. 0", "n=n 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d.Name != "add" || len(d.Params) != 1 || d.Params[0] != "a/b" {
		t.Errorf("name %q, parameters %q", d.Name, d.Params)
	}
}

func TestReadInstructions(t *testing.T) {
	d, err := Read("s", "instructions", []byte(`"Be kind."`))
	if err != nil || len(d.Texts) != 1 || d.Texts[0] != (Text{"instructions", "Be kind.", Prose}) {
		t.Errorf("%+v, %v", d, err)
	}
}

// What stands anywhere in a definition is found there.
func TestEveryLeaf(t *testing.T) {
	e := New()
	for _, form := range []string{
		`{"name":%q}`, `{"title":%q}`, `{"description":%q}`, `{"annotations":{"title":%q}}`, `{"_meta":{"x":%q}}`, `{"_meta":{%q:1}}`,
		`{"inputSchema":{"properties":{%q:{}}}}`, `{"inputSchema":{"properties":{"a":{"description":%q}}}}`,
		`{"inputSchema":{"properties":{"a":{"enum":[%q]}}}}`, `{"inputSchema":{"properties":{"a":{"default":%q}}}}`,
		`{"inputSchema":{"properties":{"a":{"examples":[{"x":[%q]}]}}}}`, `{"outputSchema":{"$comment":%q}}`, `{"inputSchema":{"required":[%q]}}`,
		`{"arguments":[{"name":"a","description":%q}]}`, `{"uriTemplate":%q}`, `%q`, `{"icons":[{"src":%q}]}`, `{%q:true}`,
	} {
		d, err := Read("s", "tool", fmt.Appendf(nil, form, order))
		if err != nil {
			t.Fatal(err)
		}
		if worst := Worst(e.Scan(d)); worst < High {
			t.Errorf("%s: %s", form, worst)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	cases := map[string]struct {
		raw   []byte
		limit bool
	}{
		"too long":      {bytes.Repeat([]byte(" "), maxRaw+1), true},
		"too deep":      {[]byte(strings.Repeat("[", 100) + strings.Repeat("]", 100)), true},
		"too many":      {[]byte("[" + strings.Repeat(`"a",`, maxTexts) + `"a"]`), true},
		"cut":           {[]byte(`{"name":"x"`), false},
		"two":           {[]byte(`{} {}`), false},
		"nothing":       {nil, false},
		"a stray brace": {[]byte(`}`), false},
	}
	for name, c := range cases {
		if d, err := Read("s", "tool", c.raw); err == nil || errors.Is(err, ErrLimit) != c.limit || len(d.Texts) > 0 {
			t.Errorf("%s: %v, %d texts", name, err, len(d.Texts))
		}
	}
}

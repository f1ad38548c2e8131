package strict_test

import (
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/strict"
)

// read takes "a" from an object as a list of texts.
func read(in string) ([]string, error) {
	r := strict.New(strings.NewReader(in))
	var got []string
	r.Object(func(name string) {
		if name == "a" {
			got = r.Texts(3)
			return
		}
		r.Skip()
	})
	r.End()
	return got, r.Err()
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ in, want, fault string }{
		{`{"a":["x","y"]}`, "x,y", ""},
		{`{"b":{"c":[1,{"d":null}]},"a":["x"],"e":true}`, "x", ""},
		{`{"a":null}`, "", ""},
		{`null`, "", ""},
		{`{"A":["x"]}`, "", ""},
		{`{"a":["x"],"a":["y"]}`, "", "duplicate"},
		{`{"b":{"c":1,"c":2}}`, "", "duplicate"},
		{"{\"a\":[\"\xff\"]}", "", "UTF-8"},
		{`{"a":"x"}`, "", "other than a list"},
		{`{"a":[1]}`, "", "other than a text"},
		{`{"a":["1","2","3","4"]}`, "", "more than 3"},
		{`{} {}`, "", "follows"},
		{`{} x`, "", "follows"},
		{`{"a":[`, "", "JSON"},
		{``, "", "JSON"},
		{`{"b":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "", "deep"},
		{`{"` + "\x1b[31m" + `":1}`, "", `JSON`},
	} {
		got, err := read(c.in)
		if c.fault == "" && (err != nil || strings.Join(got, ",") != c.want) {
			t.Errorf("%s: %v, %v", c.in, got, err)
		}
		if c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s: error %v, want %q", c.in, err, c.fault)
		}
		if err != nil && strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: the error carries an escape sequence", c.in)
		}
	}
}

func TestScalars(t *testing.T) {
	r := strict.New(strings.NewReader(`{"n":12,"t":true,"f":false,"raw":{"x": 1}}`))
	r.Object(func(name string) {
		switch name {
		case "n":
			if r.Int() != 12 {
				t.Error("n")
			}
		case "t", "f":
			if r.Bool() != (name == "t") {
				t.Error(name)
			}
		case "raw":
			if string(r.Raw()) != `{"x": 1}` {
				t.Error("raw")
			}
		}
	})
	if r.End(); r.Err() != nil {
		t.Error(r.Err())
	}
	for _, in := range []string{`1.5`, `"1"`, `99999999999999999999`} {
		if r = strict.New(strings.NewReader(in)); r.Int() != 0 && r.Err() == nil {
			t.Error(in, "is taken for a whole number")
		}
		if r.Err() == nil {
			t.Error(in, "is taken")
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"a":["x"],"b":[[[{}]]]}`)
	f.Add(`{"a":`)
	f.Fuzz(func(t *testing.T, in string) {
		if got, err := read(in); err == nil && len(got) > 3 {
			t.Error("the limit does not hold")
		}
	})
}

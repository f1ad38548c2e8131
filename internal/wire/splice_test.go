package wire

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func apply(t testing.TB, m *Message, s ...Splice) *Message {
	t.Helper()
	n, err := m.Apply(s, DefaultLimits())
	if err != nil {
		t.Fatalf("Apply to %s: %v", m.Bytes(), err)
	}
	return n
}

func TestSetID(t *testing.T) {
	tests := []struct {
		in   string
		id   ID
		want string
	}{
		{`{"jsonrpc":"2.0","id":1,"method":"x"}`, `"m-17"`, `{"jsonrpc":"2.0","id":"m-17","method":"x"}`},
		{`{"jsonrpc":"2.0","method":"x", "id" : "a\"b" }`, `2`, `{"jsonrpc":"2.0","method":"x", "id" : 2 }`},
		{`{"jsonrpc":"2.0","params":{"id":9},"\u0069d":1,"method":"x"}`, `2`, `{"jsonrpc":"2.0","params":{"id":9},"\u0069d":2,"method":"x"}`},
		{`{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}`, `2`, `{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":""}}`},
		{`{"jsonrpc":"2.0","result":{"x":1.0},"id":1}`, `2`, `{"jsonrpc":"2.0","result":{"x":1.0},"id":2}`},
	}
	for _, tt := range tests {
		m := mustDecode(t, tt.in)
		n := apply(t, m, m.SetID(tt.id))
		if string(n.Bytes()) != tt.want || n.ID != tt.id {
			t.Errorf("got %s with id %s, want %s", n.Bytes(), n.ID, tt.want)
		}
		if string(m.Bytes()) != tt.in {
			t.Errorf("the first message changed to %s", m.Bytes())
		}
	}
	m := mustDecode(t, `{"jsonrpc":"2.0","method":"x"}`)
	if _, err := m.Apply([]Splice{m.SetID("1")}, DefaultLimits()); !errors.Is(err, errOverlap) {
		t.Errorf("SetID on a notification: %v", err)
	}
	m = mustDecode(t, `{"jsonrpc":"2.0","id":1,"method":"x"}`)
	if _, err := m.Apply([]Splice{m.SetID("1.5")}, DefaultLimits()); err == nil {
		t.Error("SetID to 1.5 was applied")
	}
}

func TestSetName(t *testing.T) {
	tests := []struct{ in, name, want string }{
		{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"x":1,"name":"a","arguments":{"name":"z"}}}`, `b"é`,
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"x":1,"name":"b\"é","arguments":{"name":"z"}}}`},
		{`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{ "\u0075ri" : "a:b" }}`, `c:d`,
			`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{ "\u0075ri" : "c:d" }}`},
		{`{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":""}}`, `t`,
			`{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t"}}`},
	}
	for _, tt := range tests {
		m := mustDecode(t, tt.in)
		s, ok := m.SetName(tt.name)
		if !ok {
			t.Fatalf("SetName on %s: no name", tt.in)
		}
		if n := apply(t, m, s); string(n.Bytes()) != tt.want || n.Name != tt.name {
			t.Errorf("got %s named %q, want %s", n.Bytes(), n.Name, tt.want)
		}
	}
	for _, in := range []string{
		call(`{"name":"a"}`),
		`{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"name":"a"}}`,
	} {
		if _, ok := mustDecode(t, in).SetName("b"); ok {
			t.Errorf("SetName found a name in %s", in)
		}
	}
}

func TestSet(t *testing.T) {
	tests := []struct{ name, params, path, value, want string }{
		{"into an empty object", `{}`, "a", `1`, `{"a":1}`},
		{"into an empty object with spaces", `{ }`, "a", `1`, `{"a":1 }`},
		{"into an object", `{"a":1}`, "b", `[]`, `{"a":1,"b":[]}`},
		{"into an object with spaces", `{ "a" : 1 }`, "b", `{}`, `{ "a" : 1,"b":{} }`},
		{"into an object that ends with an object", `{"a":{"b":1}}`, "b", `2`, `{"a":{"b":1},"b":2}`},
		{"replace first", `{"a":1,"b":2}`, "a", `"x"`, `{"a":"x","b":2}`},
		{"replace last", `{"a":1,"b":2}`, "b", `"x"`, `{"a":1,"b":"x"}`},
		{"replace by an escaped name", `{"\u0061":1.0,"b":2}`, "a", `3`, `{"\u0061":3,"b":2}`},
		{"replace an object", `{"a":{"b":[1,{"c":"}"}]},"d":1}`, "a", `0`, `{"a":0,"d":1}`},
		{"deeper", `{"a":{"b":{}}}`, "a.b.c", `1`, `{"a":{"b":{"c":1}}}`},
		{"a name to escape", `{}`, "\"\\\n", `1`, `{"\"\\\n":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustDecode(t, call(tt.params))
			path := append([]string{"params"}, strings.Split(tt.path, ".")...)
			s, err := m.Set(path, []byte(tt.value))
			if err != nil {
				t.Fatal(err)
			}
			n := apply(t, m, s)
			if string(n.At(n.Params)) != tt.want {
				t.Errorf("params = %s, want %s", n.At(n.Params), tt.want)
			}
			if at, ok := n.Find(path...); !ok || string(n.At(at)) != tt.value {
				t.Errorf("Find gives %s", n.At(at))
			}
		})
	}
	t.Run("at the top", func(t *testing.T) {
		m := mustDecode(t, `{"jsonrpc":"2.0","id":1,"method":"x"}`)
		s, err := m.Set([]string{"params"}, []byte(`{}`))
		if n := apply(t, m, s); err != nil || string(n.Bytes()) != `{"jsonrpc":"2.0","id":1,"method":"x","params":{}}` {
			t.Errorf("got %s, %v", n.Bytes(), err)
		}
	})
	t.Run("no parent", func(t *testing.T) {
		m := mustDecode(t, call(`{"a":[],"s":"x"}`))
		for _, path := range [][]string{{"x", "y"}, {"params", "a", "0"}, {"params", "s", "x"}, {"id", "x"}} {
			if _, err := m.Set(path, []byte("1")); !errors.Is(err, errParent) {
				t.Errorf("Set(%q): %v", path, err)
			}
		}
	})
	t.Run("values are checked", func(t *testing.T) {
		m := mustDecode(t, call(`{"a":1,"b":2}`))
		for _, value := range []string{``, `x`, `1,`, `1,"a":2`, `"`, "\"\xff\"", `{"c":1,"c":2}`, `1}`} {
			s, err := m.Set([]string{"params", "b"}, []byte(value))
			if err != nil {
				t.Fatal(err)
			}
			if n, err := m.Apply([]Splice{s}, DefaultLimits()); err == nil {
				t.Errorf("value %q gives %s", value, n.Bytes())
			}
		}
		for _, name := range []string{"Name", "_META"} {
			s, err := m.Set([]string{"params", name}, []byte("1"))
			if err != nil {
				t.Fatal(err)
			}
			if n, err := m.Apply([]Splice{s}, DefaultLimits()); err == nil {
				t.Errorf("name %q gives %s", name, n.Bytes())
			}
		}
	})
}

func TestDelete(t *testing.T) {
	tests := []struct{ name, params, member, want string }{
		{"first", `{"a":1,"b":2,"c":3}`, "a", `{"b":2,"c":3}`},
		{"middle", `{"a":1,"b":2,"c":3}`, "b", `{"a":1,"c":3}`},
		{"last", `{"a":1,"b":2,"c":3}`, "c", `{"a":1,"b":2}`},
		{"only", `{"a":1}`, "a", `{}`},
		{"first with spaces", `{ "a" : 1 , "b" : 2 }`, "a", `{ "b" : 2 }`},
		{"middle with spaces", "{\n \"a\" : 1 ,\n \"b\" : 2 ,\n \"c\" : 3\n}", "b", "{\n \"a\" : 1 ,\n \"c\" : 3\n}"},
		{"last with spaces", `{ "a" : 1 , "b" : 2 }`, "b", `{ "a" : 1 }`},
		{"only with spaces", `{ "a" : 1 }`, "a", `{  }`},
		{"by an escaped name", `{"x":1,"\u0061":{"b":","},"c":3}`, "a", `{"x":1,"c":3}`},
		{"nested value", `{"x":1,"a":[{"a":"]}"},[]]}`, "a", `{"x":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustDecode(t, call(tt.params))
			s, ok := m.Delete("params", tt.member)
			if !ok {
				t.Fatal("not found")
			}
			n := apply(t, m, s)
			if string(n.At(n.Params)) != tt.want {
				t.Errorf("params = %s, want %s", n.At(n.Params), tt.want)
			}
		})
	}
	m := mustDecode(t, call(`{"a":[],"b":{"c":1}}`))
	for _, path := range [][]string{{"x"}, {"params", "c"}, {"params", "a", "0"}, {"x", "y"}, {"params", "b", "x"}, {"params", "B"}} {
		if s, ok := m.Delete(path...); ok {
			t.Errorf("Delete(%q) = %v", path, s)
		}
	}
	s, ok := m.Delete("method")
	if !ok {
		t.Fatal("no method")
	}
	if n, err := m.Apply([]Splice{s}, DefaultLimits()); err == nil {
		t.Errorf("a request lost its method: %s", n.Bytes())
	}
}

func TestApply(t *testing.T) {
	in := call(`{"a":1,"b":2}`)
	end := len(in)
	refused := []struct {
		name    string
		splices []Splice
	}{
		{"overlap", []Splice{{10, 14, nil}, {13, 15, nil}}},
		{"overlap in the other order", []Splice{{13, 15, nil}, {10, 14, nil}}},
		{"same span twice", []Splice{{10, 14, []byte("x")}, {10, 14, []byte("y")}}},
		{"one inside the other", []Splice{{10, 20, nil}, {12, 13, nil}}},
		{"insertion inside", []Splice{{10, 20, nil}, {12, 12, []byte(" ")}}},
		{"negative", []Splice{{-1, 0, nil}}},
		{"backwards", []Splice{{5, 4, nil}}},
		{"past the end", []Splice{{end - 1, end + 1, nil}}},
		{"starts past the end", []Splice{{end + 1, end + 1, []byte(" ")}}},
	}
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			m := mustDecode(t, in)
			before := slices.Clone(tt.splices)
			if n, err := m.Apply(tt.splices, DefaultLimits()); !errors.Is(err, errOverlap) {
				t.Errorf("got %v, %v; want %v", n, err, errOverlap)
			}
			for i := range before {
				if before[i].Start != tt.splices[i].Start {
					t.Error("Apply sorted the caller's slice")
				}
			}
		})
	}
	t.Run("several in any order", func(t *testing.T) {
		m := mustDecode(t, in)
		c, err := m.Set([]string{"params", "c"}, []byte("3"))
		if err != nil {
			t.Fatal(err)
		}
		d, err := m.Set([]string{"params", "d"}, []byte("4"))
		if err != nil {
			t.Fatal(err)
		}
		a, _ := m.Delete("params", "a")
		n := apply(t, m, c, a, m.SetID(`"z"`), d)
		if want := `{"jsonrpc":"2.0","id":"z","method":"x/y","params":{"b":2,"c":3,"d":4}}`; string(n.Bytes()) != want {
			t.Errorf("got %s, want %s", n.Bytes(), want)
		}
		if string(m.Bytes()) != in {
			t.Errorf("the first message changed to %s", m.Bytes())
		}
	})
	t.Run("limits hold", func(t *testing.T) {
		m := mustDecode(t, in)
		big := []byte(`"` + strings.Repeat("a", 300) + `"`)
		s, err := m.Set([]string{"params", "a"}, big)
		if err != nil {
			t.Fatal(err)
		}
		l := Limits{Bytes: 200, Depth: 4, Nodes: 100}
		_, err = m.Apply([]Splice{s}, l)
		if !decodeError(t, err).TooLarge {
			t.Error("TooLarge is not set")
		}
		l.ListBytes = 1000 // what may be read as a list may be written
		if _, err = m.Apply([]Splice{s}, l); err != nil {
			t.Error(err)
		}
		s.With = []byte(`[[[[1]]]]`)
		_, err = m.Apply([]Splice{s}, l)
		if !decodeError(t, err).TooLarge {
			t.Error("TooLarge is not set for depth")
		}
	})
}

// A pair is one member of an object: its decoded name and its value's exact bytes.
type pair struct{ name, value string }

func pairs(m *Message, s Span) (all []pair) {
	for name, at := range m.Members(s) {
		all = append(all, pair{name, string(m.At(at))})
	}
	return all
}

// spelled draws one of the ways to write name as a JSON string.
func spelled(t *rapid.T, name string) string {
	if rapid.Bool().Draw(t, "plain") {
		return string(Quote(name))
	}
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range name {
		if r < 0x10000 && rapid.Bool().Draw(t, "escaped") {
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hex[r>>shift&15])
			}
			continue
		}
		q := Quote(string(r))
		b.Write(q[1 : len(q)-1])
	}
	b.WriteByte('"')
	return b.String()
}

var (
	anySpace = rapid.SampledFrom([]string{"", "", "", " ", "\n", "\t\r\n  "})
	anyValue = rapid.SampledFrom([]string{
		`1`, `1.0`, `12345678901234567890`, `-0`, `true`, `null`, `""`, `"a\"b"`, `"\\"`, `"}],{["`, `"\u00e9<b>"`,
		`[]`, `{}`, `[ 1 , 2 ]`, `{ "a" : 1 , "b" : [ {} ] }`, `[[],{"x":"\\\""}]`,
	})
	anyName = rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "b", "c", "x y", "é", `"`, `\`, "a/b", "😀", "foo", "Foo", "0"}),
		rapid.StringN(0, 6, 24),
	).Filter(func(s string) bool {
		for _, names := range [][]string{paramNames, envelopeNames} {
			for _, name := range names {
				if strings.EqualFold(s, name) {
					return false
				}
			}
		}
		return strings.ToValidUTF8(s, "") == s
	})
)

// object draws an object and its members, the given ones among them.
func drawObject(t *rapid.T, fixed ...pair) (string, []pair) {
	all := slices.Clone(fixed)
	for _, name := range rapid.SliceOfNDistinct(anyName, 0, 5, rapid.ID[string]).Draw(t, "names") {
		all = append(all, pair{name, anyValue.Draw(t, "value")})
	}
	all = rapid.Permutation(all).Draw(t, "order")
	var b strings.Builder
	b.WriteString("{" + anySpace.Draw(t, "space"))
	for i, p := range all {
		if i > 0 {
			b.WriteString("," + anySpace.Draw(t, "space"))
		}
		b.WriteString(spelled(t, p.name) + anySpace.Draw(t, "space") + ":" + anySpace.Draw(t, "space"))
		b.WriteString(p.value + anySpace.Draw(t, "space"))
	}
	b.WriteString("}")
	return b.String(), all
}

// replaced is all with the value of name changed, or with the member put last.
func replaced(all []pair, name, value string) []pair {
	out := slices.Clone(all)
	for i := range out {
		if out[i].name == name {
			out[i].value = value
			return out
		}
	}
	return append(out, pair{name, value})
}

func TestSpliceChangesOnlyWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		params, inner := drawObject(t, pair{"name", `"tool"`})
		text, outer := drawObject(t, pair{"jsonrpc", `"2.0"`}, pair{"id", "1"}, pair{"method", `"tools/call"`}, pair{"params", params})
		text = anySpace.Draw(t, "space") + text + anySpace.Draw(t, "space")
		m, err := Decode([]byte(text), DefaultLimits())
		if err != nil {
			t.Fatalf("Decode(%q): %v", text, err)
		}
		if !slices.Equal(pairs(m, m.top), outer) || !slices.Equal(pairs(m, m.Params), inner) {
			t.Fatalf("%q is read as %q with params %q", text, pairs(m, m.top), pairs(m, m.Params))
		}

		var s Splice
		ok := true
		switch rapid.IntRange(0, 4).Draw(t, "change") {
		case 0:
			s, outer = m.SetID(`"new"`), replaced(outer, "id", `"new"`)
		case 1:
			name := rapid.String().Draw(t, "tool")
			s, ok = m.SetName(name)
			inner = replaced(inner, "name", string(Quote(name)))
		case 2:
			name, value := anyName.Draw(t, "new name"), anyValue.Draw(t, "new value")
			s, err = m.Set([]string{"params", name}, []byte(value))
			inner = replaced(inner, name, value)
		case 3:
			i := rapid.IntRange(0, len(inner)-1).Draw(t, "member")
			if inner[i].name == "name" {
				return // a tools/call without its name is refused
			}
			s, ok = m.Delete("params", inner[i].name)
			inner = slices.Delete(slices.Clone(inner), i, i+1)
		case 4:
			name, value := anyName.Draw(t, "new name"), anyValue.Draw(t, "new value")
			s, err = m.Set([]string{name}, []byte(value))
			outer = replaced(outer, name, value)
		}
		if !ok || err != nil {
			t.Fatalf("no splice for %q: %v", text, err)
		}
		n, err := m.Apply([]Splice{s}, DefaultLimits())
		if err != nil {
			t.Fatalf("Apply %v to %q: %v", s, text, err)
		}
		if string(m.Bytes()) != text {
			t.Fatalf("the first message changed to %q", m.Bytes())
		}
		if want := text[:s.Start] + string(s.With) + text[s.End:]; string(n.Bytes()) != want {
			t.Fatalf("got %q, want %q", n.Bytes(), want)
		}
		outer = replaced(outer, "params", string(n.At(n.Params)))
		if !slices.Equal(pairs(n, n.top), outer) {
			t.Fatalf("%q is read as %q, want %q", n.Bytes(), pairs(n, n.top), outer)
		}
		if !slices.Equal(pairs(n, n.Params), inner) {
			t.Fatalf("%q has params %q, want %q", n.Bytes(), pairs(n, n.Params), inner)
		}
	})
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":            `""`,
		"<b>&":        `"<b>&"`,
		"a\x00\"\\\n": `"a\u0000\"\\\n"`,
		"\xff":        "\"\ufffd\"",
		"a\xc3":       "\"a\ufffd\"",
	} {
		if got := Quote(in); !bytes.Equal(got, []byte(want)) {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
}

package wire

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var limits = DefaultLimits()

func decode(t testing.TB, text string) *Message {
	t.Helper()
	m, err := Decode([]byte(text), limits)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

func TestRefusals(t *testing.T) {
	req := func(more string) string { return `{"jsonrpc":"2.0","id":1,"method":"tools/call"` + more + `}` }
	for name, c := range map[string]struct {
		in   string
		code int
	}{
		"empty":                      {``, CodeParseError},
		"an array":                   {`[]`, CodeInvalidRequest},
		"a string":                   {`"a"`, CodeInvalidRequest},
		"trailing data":              {req(``) + `1`, CodeParseError},
		"a byte order mark":          {"\ufeff" + req(``), CodeParseError},
		"invalid UTF-8":              {req(`,"x":"` + "\xff" + `"`), CodeParseError},
		"a lone surrogate":           {req(`,"x":"\ud800"`), CodeParseError},
		"a duplicate":                {req(`,"method":"a"`), CodeParseError},
		"an escaped duplicate":       {req(`,"x":{"a":1,"\u0061":2}`), CodeParseError},
		"Method":                     {req(`,"Method":"a"`), CodeInvalidRequest},
		"Method alone":               {`{"jsonrpc":"2.0","id":1,"METHOD":"a"}`, CodeInvalidRequest},
		"paramſ":                     {req(`,"paramſ":{}`), CodeInvalidRequest},
		"an escaped case variant":    {req(`,"\u004dethod":"a"`), CodeInvalidRequest},
		"params.Name":                {req(`,"params":{"name":"a","Name":"b"}`), CodeInvalidRequest},
		"params._Meta":               {req(`,"params":{"_Meta":{}}`), CodeInvalidRequest},
		"_meta.ProgressToken":        {req(`,"params":{"_meta":{"ProgressToken":1}}`), CodeInvalidRequest},
		"_meta key, K as Kelvin":     {req(`,"params":{"_meta":{"progressToKen":1}}`), CodeInvalidRequest},
		"result.NextCursor":          {`{"jsonrpc":"2.0","id":1,"result":{"NextCursor":"a"}}`, CodeInvalidRequest},
		"no jsonrpc":                 {`{"id":1,"method":"a"}`, CodeInvalidRequest},
		"jsonrpc 1.0":                {`{"jsonrpc":"1.0","id":1,"method":"a"}`, CodeInvalidRequest},
		"jsonrpc as a number":        {`{"jsonrpc":2.0,"id":1,"method":"a"}`, CodeInvalidRequest},
		"id null":                    {`{"jsonrpc":"2.0","id":null,"method":"a"}`, CodeInvalidRequest},
		"id 1.0":                     {`{"jsonrpc":"2.0","id":1.0,"method":"a"}`, CodeInvalidRequest},
		"id 1e3":                     {`{"jsonrpc":"2.0","id":1e3,"method":"a"}`, CodeInvalidRequest},
		"id -0":                      {`{"jsonrpc":"2.0","id":-0,"method":"a"}`, CodeInvalidRequest},
		"id {}":                      {`{"jsonrpc":"2.0","id":{},"method":"a"}`, CodeInvalidRequest},
		"id true":                    {`{"jsonrpc":"2.0","id":true,"method":"a"}`, CodeInvalidRequest},
		"a long id":                  {`{"jsonrpc":"2.0","id":"` + strings.Repeat("a", 300) + `","method":"a"}`, CodeInvalidRequest},
		"method and result":          {req(`,"result":{}`), CodeInvalidRequest},
		"method and error":           {req(`,"error":{"code":1,"message":""}`), CodeInvalidRequest},
		"result and error":           {`{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}`, CodeInvalidRequest},
		"a result without an id":     {`{"jsonrpc":"2.0","result":{}}`, CodeInvalidRequest},
		"a result with params":       {`{"jsonrpc":"2.0","id":1,"result":{},"params":{}}`, CodeInvalidRequest},
		"a result that is no object": {`{"jsonrpc":"2.0","id":1,"result":[]}`, CodeInvalidRequest},
		"nothing at all":             {`{"jsonrpc":"2.0","id":1}`, CodeInvalidRequest},
		"an error without a code":    {`{"jsonrpc":"2.0","id":1,"error":{"message":"a"}}`, CodeInvalidRequest},
		"an error code 1.5":          {`{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"a"}}`, CodeInvalidRequest},
		"an empty method":            {`{"jsonrpc":"2.0","id":1,"method":""}`, CodeInvalidRequest},
		"a method with a newline":    {`{"jsonrpc":"2.0","id":1,"method":"a\nb"}`, CodeInvalidRequest},
		"params as an array":         {req(`,"params":[]`), CodeInvalidParams},
		"a name that is no string":   {req(`,"params":{"name":5}`), CodeInvalidParams},
		"_meta as a string":          {req(`,"params":{"_meta":"a"}`), CodeInvalidParams},
		"a progress token 1.5":       {req(`,"params":{"_meta":{"progressToken":1.5}}`), CodeInvalidParams},
		"depth":                      {req(`,"x":` + strings.Repeat("[", 70) + strings.Repeat("]", 70)), CodeInvalidRequest},
		"nodes":                      {req(`,"x":[0` + strings.Repeat(",0", 500_001) + `]`), CodeInvalidRequest},
		"size":                       {req(`,"x":"` + strings.Repeat("a", 4<<20) + `"`), CodeInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Decode([]byte(c.in), limits)
			d, ok := errors.AsType[*DecodeError](err)
			if !ok || m != nil || d.Code != c.code {
				t.Fatalf("%v, %v; want code %d", m, err, c.code)
			}
			if tooLarge := name == "depth" || name == "nodes" || name == "size"; d.TooLarge != tooLarge {
				t.Errorf("TooLarge is %v", d.TooLarge)
			}
		})
	}
	if _, err := Decode([]byte(`{}`), Limits{}); err == nil {
		t.Error("zero limits let something in")
	}
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]*Message{
		`{"jsonrpc":"2.0","id":"a\u0062","method":"tools/call","params":{"name":"x\n"}}`:  {Kind: Request, ID: `"a\u0062"`, Method: "tools/call", Name: "x\n"},
		`{"jsonrpc":"2.0","id":12345678901234567890,"method":"x/y"}`:                      {Kind: Request, ID: `12345678901234567890`, Method: "x/y"},
		` {"jsonrpc":"2.0","method":"notifications/initialized"} `:                        {Kind: Notification, Method: "notifications/initialized"},
		`{"jsonrpc":"2.0","id":-5,"result":{}}`:                                           {Kind: Result, ID: `-5`},
		`{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"m"}}`:                   {Kind: Error},
		`{"jsonrpc":"2.0","error":{"code":-1,"message":"m","data":[1]}}`:                  {Kind: Error},
		`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///a"}}`: {Kind: Request, ID: "1", Method: "resources/read", Name: "file:///a"},
		`{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t"}}`:           {Kind: Request, ID: "1", Method: "tasks/get", Name: "t"},
	} {
		m := decode(t, text)
		if m.Kind != want.Kind || m.ID != want.ID || m.Method != want.Method || m.Name != want.Name || string(m.Bytes()) != text {
			t.Errorf("%s: %+v", text, m)
		}
	}
}

func TestMeta(t *testing.T) {
	m := decode(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":{}},"io.modelcontextprotocol/logLevel":"info","progressToken":"p\"","traceparent":"00-a","vendor/x":1}}}`)
	if m.Meta.ProtocolVersion != Rev20260728 || m.Meta.LogLevel != "info" || m.Meta.ProgressToken != `"p\""` || m.Meta.Traceparent != "00-a" || m.Offers(m.Meta.ClientCapabilities) != OffersRoots {
		t.Errorf("%+v", m.Meta)
	}
}

func TestBatches(t *testing.T) {
	one := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	all, batch, err := DecodeBatch([]byte(" ["+one+" , "+one+"]"), limits)
	if err != nil || !batch || len(all) != 2 || string(all[1].Bytes()) != one {
		t.Errorf("%v %v %v", all, batch, err)
	}
	if all, batch, err := DecodeBatch([]byte(one), limits); err != nil || batch || len(all) != 1 {
		t.Errorf("%v %v %v", all, batch, err)
	}
	for _, bad := range []string{"[]", "[" + strings.Repeat(one+",", 100) + one + "]", "[1]", "[" + one + ",{}]", "[[" + one + "]]"} {
		if _, _, err := DecodeBatch([]byte(bad), limits); err == nil {
			t.Errorf("%.40s: accepted", bad)
		}
	}
}

func TestSplices(t *testing.T) {
	text := `{"jsonrpc":"2.0", "id" : 1,"method":"tools/call","params":{ "name":"x" ,"a":1,"arguments":{}}}`
	for name, c := range map[string]struct {
		edit func(m *Message) (Splice, error)
		want string
	}{
		"the id":               {func(m *Message) (Splice, error) { return m.SetID(`"m-1"`), nil }, `{"jsonrpc":"2.0", "id" : "m-1","method":"tools/call","params":{ "name":"x" ,"a":1,"arguments":{}}}`},
		"the name":             {func(m *Message) (Splice, error) { s, _ := m.SetName(`y"`); return s, nil }, strings.Replace(text, `"x"`, `"y\""`, 1)},
		"replace":              {func(m *Message) (Splice, error) { return m.Set([]string{"params", "a"}, []byte("2")) }, strings.Replace(text, `"a":1`, `"a":2`, 1)},
		"insert last":          {func(m *Message) (Splice, error) { return m.Set([]string{"params", "_meta"}, []byte("{}")) }, strings.Replace(text, `"arguments":{}`, `"arguments":{},"_meta":{}`, 1)},
		"insert into an empty": {func(m *Message) (Splice, error) { return m.Set([]string{"params", "arguments", "k"}, []byte("1")) }, strings.Replace(text, `"arguments":{}`, `"arguments":{"k":1}`, 1)},
		"delete the first":     {func(m *Message) (Splice, error) { s, _ := m.Delete("params", "name"); return s, nil }, `{"jsonrpc":"2.0", "id" : 1,"method":"tools/call","params":{ "a":1,"arguments":{}}}`},
		"delete within":        {func(m *Message) (Splice, error) { s, _ := m.Delete("params", "a"); return s, nil }, `{"jsonrpc":"2.0", "id" : 1,"method":"tools/call","params":{ "name":"x" ,"arguments":{}}}`},
		"delete the last":      {func(m *Message) (Splice, error) { s, _ := m.Delete("params", "arguments"); return s, nil }, `{"jsonrpc":"2.0", "id" : 1,"method":"tools/call","params":{ "name":"x" ,"a":1}}`},
	} {
		m := decode(t, text)
		s, err := c.edit(m)
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := m.Apply([]Splice{s}, limits)
		if err != nil || string(got.Bytes()) != c.want {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", name, got.Bytes(), err, c.want)
		}
		if string(m.Bytes()) != text {
			t.Errorf("%s changed the message itself", name)
		}
	}
	m := decode(t, text)
	for _, bad := range [][]Splice{{{5, 4, nil}}, {{-1, 0, nil}}, {{0, 1000, nil}}, {{1, 5, nil}, {4, 6, nil}}, {{1, 2, []byte("}")}}} {
		if _, err := m.Apply(bad, limits); err == nil {
			t.Errorf("%v was applied", bad)
		}
	}
	if same, _ := m.Apply(nil, limits); same != m {
		t.Error("no splice made another message")
	}
	if _, err := m.Set([]string{"nowhere", "k"}, nil); err == nil {
		t.Error("a member was set in an object that is not there")
	}
}

// A splice changes what it says and nothing else.
func TestSplicesChangeOnlyWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[b-y]{1,6}`), 1, 6, rapid.ID).Draw(t, "keys")
		var b strings.Builder
		for i, k := range keys {
			fmt.Fprintf(&b, `%s%q:%d`, map[bool]string{true: "", false: " , "}[i == 0], k, i)
		}
		text := `{"jsonrpc":"2.0","id":1,"method":"v/x","params":{"z":{` + b.String() + `}}}`
		m, err := Decode([]byte(text), limits)
		if err != nil {
			t.Skip("a key is one of ours")
		}
		at := rapid.IntRange(0, len(keys)-1).Draw(t, "at")
		s, ok := m.Delete("params", "z", keys[at])
		got, err := m.Apply([]Splice{s}, limits)
		if !ok || err != nil {
			t.Fatal(err)
		}
		var left []string
		z, _ := got.Find("params", "z")
		for name := range got.Members(z) {
			left = append(left, name)
		}
		if !slices.Equal(left, slices.Delete(slices.Clone(keys), at, at+1)) {
			t.Fatalf("%v without %s left %v", keys, keys[at], left)
		}
		set, err := m.Set([]string{"params", "z", keys[at]}, []byte(`"new"`))
		if err != nil {
			t.Fatal(err)
		}
		got, err = m.Apply([]Splice{set}, limits)
		if err != nil || string(got.Bytes()) != text[:set.Start]+`"new"`+text[set.End:] {
			t.Fatalf("%s, %v", got.Bytes(), err)
		}
	})
}

func TestLists(t *testing.T) {
	m := decode(t, `{"jsonrpc":"2.0","id":1,"result":{"nextCursor":"c","tools":[{"name":"a","x":[1]} , {"description":"d","name":"b\u0063"}]}}`)
	l, err := m.Items("tools/list", limits)
	if err != nil || len(l.Items) != 2 || l.Items[1].Name != "bc" || string(m.At(l.Items[0].Span)) != `{"name":"a","x":[1]}` || l.NextCursor != "c" || !l.HasCursor {
		t.Errorf("%+v, %v", l, err)
	}
	for name, text := range map[string]string{
		"no array":        `{"tools":{}}`,
		"missing":         `{}`,
		"an item string":  `{"tools":["a"]}`,
		"no name":         `{"tools":[{}]}`,
		"a look-alike":    `{"tools":[{"name":"a","Name":"b"}]}`,
		"name no string":  `{"tools":[{"name":1}]}`,
		"a cursor number": `{"tools":[],"nextCursor":1}`,
		"too many":        `{"tools":[{"name":"a"},{"name":"b"},{"name":"c"}]}`,
	} {
		small := limits
		small.Items = 2
		if l, err := decode(t, `{"jsonrpc":"2.0","id":1,"result":`+text+`}`).Items("tools/list", small); err == nil {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func TestHeaderCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.String().Draw(t, "v")
		enc := EncodeHeader(v)
		if got, err := DecodeHeader(enc); err != nil || got != v || strings.ContainsAny(enc, "\r\n\x00") {
			t.Fatalf("%q as %q is %q, %v", v, enc, got, err)
		}
	})
	for in, want := range map[string]string{"plain": "plain", "=?base64?eA==?=": "x", "=?BASE64?eA==?=": "=?BASE64?eA==?=", "=?base64?eA==": "=?base64?eA==", "": ""} {
		if got, err := DecodeHeader(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, bad := range []string{"=?base64?eA=?=", "=?base64?eA?=", "=?base64?e A==?=", "=?base64?/w==?=", "=?base64?eB==?="} {
		if got, err := DecodeHeader(bad); err == nil {
			t.Errorf("%q is %q", bad, got)
		}
	}
	if EncodeHeader("=?base64?eA==?=") == "=?base64?eA==?=" {
		t.Error("a value that looks like the sentinel went plain")
	}
}

func TestHeaderParamsOfASchema(t *testing.T) {
	got, err := HeaderParams([]byte(`{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},"items":{"type":"array","items":{"properties":{"q":{"type":"string","x-mcp-header":"Q"}}}}}}`))
	if err != nil || len(got) != 2 || got[0].Header != "Region" || !slices.Equal(got[1].Path, []string{"deep", "n"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{`"type":"number","x-mcp-header":"A"`, `"type":"string","x-mcp-header":""`, `"type":"string","x-mcp-header":"a b"`, `"type":"string","x-mcp-header":5`} {
		if p, err := HeaderParams([]byte(`{"properties":{"a":{` + bad + `}}}`)); err == nil {
			t.Errorf("%s: %v", bad, p)
		}
	}
	if _, err := HeaderParams([]byte(`{"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}}`)); err == nil {
		t.Error("two parameters in one header")
	}
}

func TestLineBreaks(t *testing.T) {
	m := decode(t, "{\"jsonrpc\":\"2.0\",\r\n \"method\":\"a\\nb/c\"\n}"[:0]+"{\"jsonrpc\":\"2.0\",\r\n \"method\":\"a/c\",\"x\":\"\\n\"\n}")
	if got := string(m.Line()); got != "{\"jsonrpc\":\"2.0\",   \"method\":\"a/c\",\"x\":\"\\n\" }" {
		t.Errorf("%q", got)
	}
}

// What a client may ask in the modern era is what its schema lists.
func TestModernRequests(t *testing.T) {
	for r, want := range map[Revision]string{
		Rev20260728: "completion/complete prompts/get prompts/list resources/list resources/read resources/templates/list server/discover subscriptions/listen tasks/cancel tasks/get tasks/update tools/call tools/list",
	} {
		var got []string
		for _, m := range Methods {
			if m.In(r) && m.Kind == Request && m.From != FromServer {
				got = append(got, string(m.Method))
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", r, got)
		}
	}
}

func TestBuilders(t *testing.T) {
	if m := NewError("", -1, "a\"b", []byte(`{"x":1}`)); string(m.Bytes()) != `{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"a\"b","data":{"x":1}}}` {
		t.Errorf("%s", m.Bytes())
	}
	if m := NewError("1", -1, "bad \xff", []byte(`{`)); m.Kind != Error {
		t.Errorf("%s", m.Bytes())
	}
	if m, err := NewResult("1", []byte(`[]`)); err == nil {
		t.Errorf("%s", m.Bytes())
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":1}}}`, `{"jsonrpc":"2.0","id":"x","result":{"tools":[{"name":"a"}]}}`, `[{}]`, `{"a":"\u0000\\"}`, "\ufeff{}", `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		want := bytes.Clone(b)
		m, err := Decode(b, limits)
		if err != nil {
			return
		}
		if !bytes.Equal(m.Bytes(), want) {
			t.Fatal("the bytes are not the bytes")
		}
		_, _ = m.Items("tools/list", limits)
		_, _ = m.Questions(), m.Answers()
		if m.ID != "" && m.Kind != Error {
			n, err := m.Apply([]Splice{m.SetID(`"other"`)}, limits)
			if err != nil || n.ID != `"other"` {
				t.Fatalf("the id cannot be set: %v", err)
			}
			back, err := n.Apply([]Splice{n.SetID(m.ID)}, limits)
			if err != nil || !bytes.Equal(back.Bytes(), want) {
				t.Fatalf("setting the id back gives %q", back.Bytes())
			}
		}
	})
}

func BenchmarkDecodeCall(b *testing.B) {
	text := []byte(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":%q}}}`, strings.Repeat("x", 1000)))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(text, limits); err != nil {
			b.Fatal(err)
		}
	}
}

func toolsList(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"jsonrpc":"2.0","id":1,"result":{"tools":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"tool_%d","description":%q,"inputSchema":{"type":"object","properties":{"a":{"type":"string","description":"an argument"},"b":{"type":"integer"}},"required":["a"]}}`, i, strings.Repeat("words ", 20))
	}
	b.WriteString(`]}}`)
	return b.Bytes()
}

func BenchmarkDecodeList(b *testing.B) {
	text := toolsList(1000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := Decode(text, limits)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := m.Items("tools/list", limits); err != nil {
			b.Fatal(err)
		}
	}
}

// What differs in its id alone is the same message; whatever else differs is not.
func TestAgain(t *testing.T) {
	text := `{"jsonrpc":"2.0","id":"m-1","result":{"tools":[{"name":"a"}]}}`
	m := decode(t, text)
	if _, err := m.Items("tools/list", limits); err != nil {
		t.Fatal(err)
	}
	again, ok := m.Again([]byte(strings.Replace(text, "m-1", "m-2", 1)))
	if !ok || again.ID != `"m-2"` || m.ID != `"m-1"` {
		t.Fatalf("%+v", again)
	}
	fresh := decode(t, string(again.Bytes()))
	l, err := again.Items("tools/list", limits)
	if err != nil || l.Items[0].Name != "a" || again.Result != fresh.Result || again.Kind != fresh.Kind {
		t.Errorf("%+v, %v", l, err)
	}
	for _, other := range []string{
		strings.Replace(text, `"a"`, `"b"`, 1), text + " ", strings.Replace(text, `"m-1"`, `"m"-1`, 1),
		strings.Replace(text, `"m-1"`, `"m\1"`, 1), strings.Replace(text, `"m-1"`, `[1,2]`, 1), strings.Replace(text, `"m-1"`, "\"\xff-1\"", 1), "",
	} {
		if got, ok := m.Again([]byte(other)); ok {
			t.Errorf("%s is taken for %s", got.Bytes(), text)
		}
	}
}

package wire

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEncodeHeader(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"search", "search"},
		{"a b", "a b"},
		{"a\tb", "a\tb"},
		{"!~", "!~"},
		{" a", "=?base64?IGE=?="},
		{"a ", "=?base64?YSA=?="},
		{"\t", "=?base64?CQ==?="},
		{" ", "=?base64?IA==?="},
		{"é", "=?base64?w6k=?="},
		{"日本", "=?base64?5pel5pys?="},
		{"a\r\nX: y", "=?base64?YQ0KWDogeQ==?="},
		{"a\x00", "=?base64?YQA=?="},
		{"a\x7f", "=?base64?YX8=?="},
		// What looks like the sentinel is encoded.
		{"=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="},
		{"=?base64??=", "=?base64?PT9iYXNlNjQ/Pz0=?="},
		// What only begins or ends like it is not.
		{"=?base64?YQ==", "=?base64?YQ=="},
		{"YQ==?=", "YQ==?="},
		{"=?BASE64?YQ==?=", "=?BASE64?YQ==?="},
		{"=?Base64?YQ==?=", "=?Base64?YQ==?="},
	}
	for _, tt := range tests {
		got := EncodeHeader(tt.in)
		if got != tt.want {
			t.Errorf("EncodeHeader(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if back, err := DecodeHeader(got); err != nil || back != tt.in {
			t.Errorf("DecodeHeader(%q) = %q, %v; want %q", got, back, err, tt.in)
		}
	}
}

func TestDecodeHeader(t *testing.T) {
	tests := []struct {
		in, want string
		ok       bool
	}{
		{"", "", true},
		{"plain", "plain", true},
		{"=?base64??=", "", true},
		{"=?base64?YQ==?=", "a", true},
		{"=?BASE64?YQ==?=", "=?BASE64?YQ==?=", true}, // the sentinel is lower case
		{"=?Base64?!!!?=", "=?Base64?!!!?=", true},
		{"=?base64?YQ==", "=?base64?YQ==", true}, // no end mark
		{"=?base64?=", "=?base64?=", true},       // the marks may not share a byte
		{"x=?base64?YQ==?=", "x=?base64?YQ==?=", true},
		{"=?base64?YQ=?=", "", false},
		{"=?base64?YQ?=", "", false},
		{"=?base64?YQ===?=", "", false},
		{"=?base64?YQ==YQ==?=", "", false},
		{"=?base64?YR==?=", "", false}, // bits in the padding
		{"=?base64?=?=", "", false},
		{"=?base64?Y Q==?=", "", false},
		{"=?base64?YQ==\r\n?=", "", false},
		{"=?base64?Y\nQ==?=", "", false},
		{"=?base64?_w==?=", "", false}, // the alphabet for URLs
		{"=?base64?-_-_?=", "", false},
		{"=?base64?/w==?=", "", false}, // not UTF-8
		{"=?base64?7aCA?=", "", false}, // a surrogate
		{"=?base64?!!!!?=", "", false},
	}
	for _, tt := range tests {
		got, err := DecodeHeader(tt.in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("DecodeHeader(%q) = %q, %v; want %q, ok %v", tt.in, got, err, tt.want, tt.ok)
		}
		if err != nil && !errors.Is(err, errHeader) {
			t.Errorf("DecodeHeader(%q): error %v", tt.in, err)
		}
	}
}

func TestHeaderRoundTrip(t *testing.T) {
	parts := rapid.SampledFrom([]string{"=?base64?", "?=", "=", "?", " ", "\t", "\r\n", "a", "é", "YQ=="})
	values := rapid.OneOf(
		rapid.String().Filter(func(s string) bool { return strings.ToValidUTF8(s, "") == s }),
		rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOf(parts).Draw(t, "parts"), "") }),
	)
	rapid.Check(t, func(t *rapid.T) {
		v := values.Draw(t, "value")
		h := EncodeHeader(v)
		for i := range len(h) {
			if h[i] < 0x20 && h[i] != '\t' || h[i] > 0x7e {
				t.Fatalf("EncodeHeader(%q) = %q, which HTTP does not carry", v, h)
			}
		}
		if h != strings.Trim(h, " \t") {
			t.Fatalf("EncodeHeader(%q) = %q, which HTTP trims", v, h)
		}
		if back, err := DecodeHeader(h); err != nil || back != v {
			t.Fatalf("%q becomes %q, then %q, %v", v, h, back, err)
		}
	})
}

func TestHeaderParams(t *testing.T) {
	deep := func(n int) string {
		return strings.Repeat(`{"type":"object","properties":{"p":`, n) + `{"type":"string","x-mcp-header":"H"}` + strings.Repeat("}}", n)
	}
	var many64, many65 []string
	for i := range 65 {
		one := fmt.Sprintf(`"p%d":{"type":"string","x-mcp-header":"H%d"}`, i, i)
		if many65 = append(many65, one); i < 64 {
			many64 = append(many64, one)
		}
	}
	wrap := func(props string) string { return `{"type":"object","properties":{` + props + `}}` }
	tests := []struct {
		name, schema string
		want         string // header=path:type, or "refused"
	}{
		{"no properties", `{"type":"object"}`, ""},
		{"empty", `{}`, ""},
		{"no object", `true`, ""},
		{"properties no object", `{"properties":[]}`, ""},
		{"no marks", wrap(`"a":{"type":"string"}`), ""},
		{"one", wrap(`"a":{"type":"string","x-mcp-header":"Region"}`), "Region=a:string"},
		{"types", wrap(`"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"integer","x-mcp-header":"B"},"c":{"type":"boolean","x-mcp-header":"C"}`), "A=a:string B=b:integer C=c:boolean"},
		{"nested", wrap(`"a":{"type":"object","properties":{"b":{"x-mcp-header":"H","type":"string"}}}`), "H=a/b:string"},
		{"escaped", wrap(`"\u0061":{"type":"\u0073tring","x-mcp-\u0068eader":"H"}`), "H=a:string"},
		{"every token character", wrap(`"a":{"type":"string","x-mcp-header":"!#$%&'*+-.^_` + "`" + `|~09azAZ"}`), "!#$%&'*+-.^_`|~09azAZ=a:string"},
		{"a parameter called like the mark", wrap(`"x-mcp-header":{"type":"string"}`), ""},
		{"a parameter called properties", wrap(`"properties":{"type":"string","x-mcp-header":"H"}`), "H=properties:string"},
		{"sixteen levels", deep(16), "H=" + strings.TrimSuffix(strings.Repeat("p/", 16), "/") + ":string"},
		{"boolean schemas", wrap(`"a":true,"b":{"type":"string","x-mcp-header":"H"}`), "H=b:string"},

		{"empty name", wrap(`"a":{"type":"string","x-mcp-header":""}`), "refused"},
		{"space", wrap(`"a":{"type":"string","x-mcp-header":"a b"}`), "refused"},
		{"colon", wrap(`"a":{"type":"string","x-mcp-header":"a:b"}`), "refused"},
		{"line break", wrap(`"a":{"type":"string","x-mcp-header":"a\r\nb"}`), "refused"},
		{"not ASCII", wrap(`"a":{"type":"string","x-mcp-header":"é"}`), "refused"},
		{"Kelvin sign", wrap(`"a":{"type":"string","x-mcp-header":"` + "\u212a" + `"}`), "refused"},
		{"mark a number", wrap(`"a":{"type":"string","x-mcp-header":1}`), "refused"},
		{"mark null", wrap(`"a":{"type":"string","x-mcp-header":null}`), "refused"},
		{"number", wrap(`"a":{"type":"number","x-mcp-header":"H"}`), "refused"},
		{"object", wrap(`"a":{"type":"object","x-mcp-header":"H"}`), "refused"},
		{"array", wrap(`"a":{"type":"array","x-mcp-header":"H"}`), "refused"},
		{"several types", wrap(`"a":{"type":["string","null"],"x-mcp-header":"H"}`), "refused"},
		{"no type", wrap(`"a":{"x-mcp-header":"H"}`), "refused"},
		{"the same name", wrap(`"a":{"type":"string","x-mcp-header":"H"},"b":{"type":"string","x-mcp-header":"H"}`), "refused"},
		{"the same name in another case", wrap(`"a":{"type":"string","x-mcp-header":"Re"},"b":{"type":"string","x-mcp-header":"rE"}`), "refused"},
		{"the same name deeper", wrap(`"a":{"type":"string","x-mcp-header":"H"},"b":{"properties":{"c":{"type":"string","x-mcp-header":"h"}}}`), "refused"},
		{"seventeen levels", deep(17), "refused"},
		{"too many", wrap(strings.Join(many65, ",")), "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all, err := HeaderParams([]byte(tt.schema))
			if err != nil {
				if tt.want != "refused" {
					t.Fatal(err)
				}
				return
			}
			var got []string
			for _, p := range all {
				got = append(got, p.Header+"="+strings.Join(p.Path, "/")+":"+p.Type)
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
	if all, err := HeaderParams([]byte(wrap(strings.Join(many64, ",")))); err != nil || len(all) != 64 {
		t.Errorf("64 parameters: %d, %v", len(all), err)
	}
	// The paths of siblings do not share memory.
	all, err := HeaderParams([]byte(wrap(`"a":{"properties":{"b":{"type":"string","x-mcp-header":"B"},"c":{"type":"string","x-mcp-header":"C"}}}`)))
	if err != nil || len(all) != 2 || !slices.Equal(all[0].Path, []string{"a", "b"}) || !slices.Equal(all[1].Path, []string{"a", "c"}) {
		t.Errorf("got %v, %v", all, err)
	}
	for _, none := range []string{"", " "} {
		if all, err := HeaderParams([]byte(none)); err != nil || all != nil {
			t.Errorf("HeaderParams(%q) = %v, %v", none, all, err)
		}
	}
}

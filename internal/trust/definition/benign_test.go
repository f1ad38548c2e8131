package definition

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/mantlet-mcp/mantlet"
)

// A writer writes a node as another server might: the same in other bytes.
type writer struct {
	*rand.Rand
	bytes.Buffer
}

func (w *writer) space() {
	w.WriteString([]string{"", "", " ", "\n\t", "\r\n  "}[w.IntN(5)])
}

func (w *writer) node(n *node) {
	w.space()
	defer w.space()
	switch n.kind {
	case jsontext.KindBeginObject:
		w.object(n)
	case jsontext.KindBeginArray:
		w.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				w.WriteByte(',')
			}
			w.node(item)
		}
		w.WriteByte(']')
	case jsontext.KindString:
		w.text(n.text)
	case jsontext.KindNumber:
		w.number(n.text)
	default:
		w.WriteString(map[jsontext.Kind]string{jsontext.KindTrue: "true", jsontext.KindFalse: "false", jsontext.KindNull: "null"}[n.kind])
	}
}

func (w *writer) object(n *node) {
	members := slices.Clone(n.members)
	w.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	w.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			w.WriteByte(',')
		}
		w.space()
		w.text(m.key)
		w.space()
		w.WriteByte(':')
		w.node(m.value)
	}
	w.WriteByte('}')
}

func (w *writer) text(s string) {
	w.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '/' && w.IntN(2) == 0:
			w.WriteString(`\/`)
		case r > 0xffff && w.IntN(2) == 0:
			v := r - 0x10000
			fmt.Fprintf(w, `\u%04x\u%04X`, 0xd800+v>>10, 0xdc00+v&0x3ff)
		case r == '"' || r == '\\' || r < ' ' || r <= 0xffff && w.IntN(4) == 0:
			fmt.Fprintf(w, []string{`\u%04x`, `\u%04X`}[w.IntN(2)], r)
		default:
			w.WriteRune(r)
		}
	}
	w.WriteByte('"')
}

func (w *writer) number(s string) {
	if _, err := strconv.ParseUint(s, 10, 32); err == nil && s != "0" {
		s = []string{s, s + ".0", s + "e0", s + "0E-1", s + ".000e+00"}[w.IntN(5)]
	}
	w.WriteString(s)
}

// defaults writes out, at random, what means the same as nothing.
func (w *writer) defaults(n *node) {
	add := func(n *node, key, value string) {
		if v, err := parse([]byte(value)); err == nil && n != nil && n.kind == jsontext.KindBeginObject && n.get(key) == nil && w.IntN(2) == 0 {
			n.members = append(n.members, member{key, v})
		}
	}
	for _, key := range []string{"title", "description", "outputSchema", "icons", "_meta"} {
		add(n, key, "null")
	}
	add(n, "annotations", "{}")
	add(n, "execution", `{"taskSupport":"forbidden"}`)
	for key, value := range map[string]string{"readOnlyHint": "false", "destructiveHint": "true", "idempotentHint": "false", "openWorldHint": "true", "title": "null"} {
		add(n.get("annotations"), key, value)
	}
	var each func(n *node)
	each = func(n *node) {
		add(n, "required", "[]")
		add(n, "properties", "{}")
		add(n, "minLength", "0")
		add(n, "uniqueItems", "false")
		if r := n.get("required"); r != nil {
			w.Shuffle(len(r.items), func(i, j int) { r.items[i], r.items[j] = r.items[j], r.items[i] })
		}
		for _, m := range n.members {
			eachSchema(m, func(_ string, s *node) { each(s) })
		}
	}
	if in := n.get("inputSchema"); in != nil && in.kind == jsontext.KindBeginObject {
		add(in, "$schema", `"https://json-schema.org/draft/2020-12/schema"`)
		each(in)
	}
}

var benignSeeds = []string{
	full,
	`{"name":"get_time","inputSchema":{"type":"object"}}`,
	`{"name":"x","description":"Ünï 😀 \"q\" \\ / \u0007","inputSchema":{"type":"object","properties":{"a":{"type":"integer","maximum":100},"b":{"type":["null","string"]}},"required":["a","b"]},"annotations":{"readOnlyHint":true}}`,
	`{"name":"y","inputSchema":{"oneOf":[{"properties":{"z":{"const":{"required":[],"v":10}}},"required":["z"]},true]},"v":[0,10,1.5,123456789012345678901]}`,
}

// 200 reconnects of servers that write the same in other bytes, their lists in another
// order, raise nothing.
func TestBenignVariations(t *testing.T) {
	first := make([]Definition, len(benignSeeds))
	for i, s := range benignSeeds {
		first[i] = tool(t, s)
	}
	for seed := range uint64(200) {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, 3))}
		var again []Definition
		for i, s := range benignSeeds {
			n, err := parse([]byte(s))
			if err != nil {
				t.Fatal(err)
			}
			w.Reset()
			w.defaults(n)
			w.node(n)
			d, err := Parse(mantlet.KindTool, w.Bytes())
			if err != nil {
				t.Fatal(err, w.String())
			}
			if diff := Compare(first[i], d); d.Digest() != first[i].Digest() || !diff.Empty() {
				t.Fatalf("seed %d: %s\n%+v", seed, d.Raw(), diff)
			}
			again = append(again, d)
		}
		w.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		for _, p := range Match(first, again) {
			if p.Fate != Unchanged {
				t.Fatalf("seed %d: %+v", seed, p)
			}
		}
	}
}

func FuzzDefinition(f *testing.F) {
	for _, s := range benignSeeds {
		f.Add(byte(mantlet.KindTool), []byte(s), []byte(strings.ToUpper(s)))
	}
	f.Add(byte(mantlet.KindTool), []byte(full), []byte(strings.Replace(full, "kind", "king", 1)))
	f.Add(byte(mantlet.KindPrompt), []byte(`{"name":"x","arguments":[{"name":"a"},1,null]}`), []byte(`{"name":"x","arguments":[{"name":"a","required":false}]}`))
	f.Add(byte(mantlet.KindInstructions), []byte(`"a"`), []byte(`{"instructions":"a","_meta":{"io.modelcontextprotocol/serverInfo":1}}`))
	f.Add(byte(mantlet.KindTool), []byte(`{"name":"x","inputSchema":{"type":[1,[]],"items":[true],"required":[{}],"enum":{}},"icons":1}`), []byte(`{"name":"x","inputSchema":[],"icons":[1]}`))
	f.Fuzz(func(t *testing.T, kind byte, a, b []byte) {
		x, err := Parse(mantlet.TargetKind(kind), a)
		y, also := Parse(mantlet.TargetKind(kind), b)
		if err != nil || also != nil {
			return
		}
		for _, p := range [][2]Definition{{x, y}, {y, x}, {x, x}} {
			if d := Compare(p[0], p[1]); d.Empty() != (p[0].Digest() == p[1].Digest()) {
				t.Fatalf("digests %x %x, changes %d", p[0].Digest(), p[1].Digest(), len(d.Changes))
			}
			Match([]Definition{p[0], p[1]}, []Definition{p[1], p[0]})
			p[0].Parameters()
		}
		again, err := Parse(x.Kind(), x.Canonical())
		if err != nil || again.Digest() != x.Digest() {
			t.Fatalf("the canonical form has another digest: %s", x.Canonical())
		}
	})
}

func BenchmarkParse(b *testing.B) {
	raw := []byte(full)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := Parse(mantlet.KindTool, raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	x, y := tool(b, full), tool(b, strings.Replace(full, "who gets it", "who gets it, and you", 1))
	for b.Loop() {
		Compare(x, y)
	}
}

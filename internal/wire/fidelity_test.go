package wire

import (
	"bytes"
	"testing"
)

// What was received is what is sent, whatever it holds.
func TestBytesStay(t *testing.T) {
	tests := []struct{ name, in string }{
		{"unknown members", `{"x":1,"jsonrpc":"2.0","future":{"a":[]},"id":1,"method":"x","params":{"b":null,"a":0},"":""}`},
		{"large integer", call(`{"v":12345678901234567890}`)},
		{"trailing zero", call(`{"v":1.0,"w":1.10,"x":0.0}`)},
		{"exponents", call(`{"v":1e5,"w":1E+05,"x":-0,"y":1e400,"z":0.1e-7}`)},
		{"many digits", call(`{"v":0.1000000000000000055511151231257827021181583404541015625}`)},
		{"order of names", call(`{"z":1,"a":2,"m":3,"10":4,"9":5}`)},
		{"escapes", call(`{"\u0061":"\u0062\/\b\f\n\r\t\"\\","\ud83d\ude00":"\uD83D\uDE00"}`)},
		{"HTML", call(`{"v":"<b>&amp;</b>","w":"\u003cb\u003e"}`)},
		{"line separators", call("{\"v\":\"\u2028\u2029\",\"w\":\"\\u2028\"}")},
		{"not normalised", call("{\"\u00e9\":1,\"e\u0301\":2}")},
		{"non-characters", call("{\"v\":\"\uffff\U0010ffff\u0080\x7f\"}")},
		{"spaces", " {\r\n\t\"jsonrpc\" : \"2.0\" ,\"id\"\t:\t1 , \"method\":\"x\" , \"params\" : { \"v\" : [ 1 , 2 ] } }\n "},
		{"prototype names", call(`{"__proto__":{"a":1},"constructor":1,"toString":null}`)},
		{"result", `{"id":"r","result":{"content":[{"type":"text","text":"1.0"}],"x":1.0,"_meta":{"a":1}},"jsonrpc":"2.0"}`},
		{"error", `{"error":{"data":[1.0],"message":"<b>","code":-1,"x":0},"id":null,"jsonrpc":"2.0"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustDecode(t, tt.in)
			if string(m.Bytes()) != tt.in {
				t.Errorf("Bytes() = %q\nwant      %q", m.Bytes(), tt.in)
			}
			all, _, err := DecodeBatch([]byte("["+tt.in+","+tt.in+"]"), DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				if !bytes.Equal(m.Bytes(), bytes.TrimSpace([]byte(tt.in))) {
					t.Errorf("in a batch Bytes() = %q\nwant %q", m.Bytes(), tt.in)
				}
			}
			if n, err := m.Apply(nil, DefaultLimits()); n != m || err != nil {
				t.Errorf("Apply(nil) = %p, %v; want the message itself", n, err)
			}
		})
	}
}

func TestSpansHoldExactBytes(t *testing.T) {
	m := mustDecode(t, `{ "jsonrpc":"2.0", "id":"q\/1", "method":"tools\/call", "params" : { "n\u0061me" : "a\u0062", "arguments":{"x": 1.0},
		"_meta":{"progressToken":"t","io.modelcontextprotocol/protocolVersion":"2026-07-28",
		"io.modelcontextprotocol/clientCapabilities":{"a":{}},"io.modelcontextprotocol/clientInfo":{"name":"c"},
		"io.modelcontextprotocol\/logLevel":"info","io.modelcontextprotocol/subscriptionId":7,"traceparent":"00-1","tracestate":"a=b","other":1} } }`)
	if m.Kind != Request || m.ID != `"q\/1"` || m.Method != "tools/call" || m.Name != "ab" {
		t.Errorf("got %v %q %q %q", m.Kind, m.ID, m.Method, m.Name)
	}
	if !m.Result.Empty() || !m.Error.Empty() || m.At(m.Result) != nil {
		t.Error("a request has a result or an error")
	}
	arguments, ok := m.Find("params", "arguments")
	if !ok || string(m.At(arguments)) != `{"x": 1.0}` {
		t.Errorf("arguments = %q", m.At(arguments))
	}
	if s, ok := m.Find(); !ok || string(m.At(s)) != string(m.Bytes()) {
		t.Errorf("Find() = %q", m.At(s))
	}
	for _, path := range [][]string{{"x"}, {"params", "x"}, {"id", "x"}, {"params", "name", "x"}, {"params", "arguments", "x", "y"}} {
		if s, ok := m.Find(path...); ok || !s.Empty() {
			t.Errorf("Find(%q) = %v, %v", path, s, ok)
		}
	}
	meta := m.Meta
	if meta.ProtocolVersion != Rev20260728 || meta.ProgressToken != `"t"` || meta.SubscriptionID != "7" ||
		meta.LogLevel != "info" || meta.Traceparent != "00-1" || meta.Tracestate != "a=b" ||
		string(m.At(meta.ClientCapabilities)) != `{"a":{}}` || string(m.At(meta.ClientInfo)) != `{"name":"c"}` {
		t.Errorf("meta = %+v", meta)
	}
	// The slice of a span cannot be appended to into the message.
	_ = append(m.At(arguments), "XXXX"...)
	if string(m.At(arguments)) != `{"x": 1.0}` || bytes.Contains(m.Bytes(), []byte("XXXX")) {
		t.Error("appending to At wrote into the message")
	}
}

func TestInt(t *testing.T) {
	tests := []struct {
		in   string
		want int64
		ok   bool
	}{
		{"0", 0, true},
		{"-0", 0, true},
		{"-32600", -32600, true},
		{"999999999999999999", 999999999999999999, true},
		{"-999999999999999999", -999999999999999999, true},
		{"12345678901234567890", 0, false},
		{"1.0", 0, false},
		{"1e2", 0, false},
		{`"1"`, 0, false},
		{"null", 0, false},
		{"true", 0, false},
		{"[1]", 0, false},
	}
	for _, tt := range tests {
		m := mustDecode(t, call(`{"v": `+tt.in+` }`))
		at, _ := m.Find("params", "v")
		if n, ok := m.Int(at); n != tt.want || ok != tt.ok {
			t.Errorf("Int(%s) = %d, %v; want %d, %v", tt.in, n, ok, tt.want, tt.ok)
		}
	}
	if _, ok := (&Message{}).Int(Span{}); ok {
		t.Error("Int of nothing is a number")
	}
}

// Walks stop when the caller does, and find nothing where there is nothing.
func TestWalks(t *testing.T) {
	m := mustDecode(t, call(`{"a":[1,"x",{},[ ]],"b":{ }, "c":[ ],"d":{"x":1,"y":2}}`))
	count := func(path ...string) (members, elements int) {
		at, _ := m.Find(path...)
		for range m.Members(at) {
			members++
		}
		for range m.Elements(at) {
			elements++
		}
		return members, elements
	}
	for _, tt := range []struct {
		name              string
		members, elements int
	}{{"a", 0, 4}, {"b", 0, 0}, {"c", 0, 0}, {"d", 2, 0}, {"none", 0, 0}} {
		if n, e := count("params", tt.name); n != tt.members || e != tt.elements {
			t.Errorf("%s has %d members and %d elements, want %d and %d", tt.name, n, e, tt.members, tt.elements)
		}
	}
	for name := range m.Members(m.Params) {
		if name != "a" {
			t.Errorf("first member is %q", name)
		}
		break
	}
	a, _ := m.Find("params", "a")
	for s := range m.Elements(a) {
		if string(m.At(s)) != "1" {
			t.Errorf("first element is %s", m.At(s))
		}
		break
	}
}

func TestLine(t *testing.T) {
	tests := []struct{ in, want string }{
		{call(`{"a":"\n\r"}`), call(`{"a":"\n\r"}`)},
		{"{\n\"jsonrpc\":\"2.0\",\r\n\"method\":\"x\"}\n", `{ "jsonrpc":"2.0",  "method":"x"} `},
		{"{\t\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"a\":\"\\n\"\n}}", "{\t\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"a\":\"\\n\" }}"},
		{"{\"jsonrpc\":\"2.0\",\"method\":\"\u2028\"}", "{\"jsonrpc\":\"2.0\",\"method\":\"\u2028\"}"},
	}
	for _, tt := range tests {
		m := mustDecode(t, tt.in)
		if got := string(m.Line()); got != tt.want {
			t.Errorf("Line of %q = %q, want %q", tt.in, got, tt.want)
		}
		if string(m.Bytes()) != tt.in {
			t.Errorf("Line changed the message to %q", m.Bytes())
		}
	}
}

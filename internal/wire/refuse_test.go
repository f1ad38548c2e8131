package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// call wraps a params object as a request.
func call(params string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"x/y","params":` + params + `}`
}

// decodeError is err as a *DecodeError; the test fails if it is anything else.
func decodeError(t *testing.T, err error) *DecodeError {
	t.Helper()
	if err == nil {
		t.Fatal("accepted, want a refusal")
	}
	e, ok := errors.AsType[*DecodeError](err)
	if !ok {
		t.Fatalf("error is a %T (%v), want *DecodeError", err, err)
	}
	return e
}

func mustDecode(t testing.TB, s string) *Message {
	t.Helper()
	m, err := Decode([]byte(s), DefaultLimits())
	if err != nil {
		t.Fatalf("Decode(%q): %v", s, err)
	}
	return m
}

func TestDecodeRefuses(t *testing.T) {
	long := strings.Repeat("a", 300)
	tests := []struct {
		name, in string
		code     int
	}{
		// Duplicate names.
		{"duplicate at the top", `{"jsonrpc":"2.0","id":1,"id":1,"method":"ping"}`, CodeParseError},
		{"duplicate method", `{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}`, CodeParseError},
		{"duplicate in params", call(`{"a":1,"a":2}`), CodeParseError},
		{"duplicate with the same value", call(`{"a":1,"a":1}`), CodeParseError},
		{"duplicate of an unknown name, deep", call(`{"x":[{"y":[[{"z":0,"a":1,"b":2,"a":3}]]}]}`), CodeParseError},
		{"duplicate by an escape", call(`{"a":1,"\u0061":2}`), CodeParseError},
		{"duplicate by two escapes", call(`{"\u006B":1,"\u006b":2}`), CodeParseError},
		{"duplicate by an escaped slash", call(`{"a/b":1,"a\/b":2}`), CodeParseError},
		{"duplicate by a surrogate pair", call(`{"😀":1,"\ud83d\ude00":2}`), CodeParseError},
		{"duplicate envelope name by an escape", `{"jsonrpc":"2.0","id":1,"method":"ping","\u006dethod":"x"}`, CodeParseError},
		{"duplicate empty name", call(`{"":1,"":2}`), CodeParseError},
		{"duplicate in result", `{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":1}}`, CodeParseError},
		{"duplicate in error data", `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"","data":{"a":1,"a":1}}}`, CodeParseError},

		// Names that differ from ours only in letter case.
		{"Method besides method", `{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}`, CodeInvalidRequest},
		{"METHOD alone", `{"jsonrpc":"2.0","id":1,"METHOD":"ping"}`, CodeInvalidRequest},
		{"Method by an escape", `{"jsonrpc":"2.0","id":1,"method":"ping","\u004dethod":"x"}`, CodeInvalidRequest},
		{"ID", `{"jsonrpc":"2.0","ID":1,"method":"ping"}`, CodeInvalidRequest},
		{"JSONRPC", `{"JSONRPC":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}`, CodeInvalidRequest},
		{"params with a long s", `{"jsonrpc":"2.0","id":1,"method":"ping","paramſ":{}}`, CodeInvalidRequest},
		{"params with an escaped long s", `{"jsonrpc":"2.0","id":1,"method":"ping","param\u017f":{}}`, CodeInvalidRequest},
		{"reſult", `{"jsonrpc":"2.0","id":1,"reſult":{}}`, CodeInvalidRequest},
		{"Error besides result", `{"jsonrpc":"2.0","id":1,"result":{},"Error":{}}`, CodeInvalidRequest},
		{"params.Name", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}`, CodeInvalidRequest},
		{"params.Arguments", call(`{"Arguments":{}}`), CodeInvalidRequest},
		{"params.URI", call(`{"URI":"a:b"}`), CodeInvalidRequest},
		{"params.taskId with a Kelvin sign", call(`{"tas` + "\u212a" + `Id":"a"}`), CodeInvalidRequest},
		{"params._Meta", call(`{"_Meta":{}}`), CodeInvalidRequest},
		{"params.requestid", call(`{"requestid":1}`), CodeInvalidRequest},
		{"_meta protocolVersion", call(`{"_meta":{"io.modelcontextprotocol/ProtocolVersion":"2026-07-28"}}`), CodeInvalidRequest},
		{"_meta namespace", call(`{"_meta":{"IO.modelcontextprotocol/protocolVersion":"2026-07-28"}}`), CodeInvalidRequest},
		{"_meta clientinfo", call(`{"_meta":{"io.modelcontextprotocol/clientinfo":{}}}`), CodeInvalidRequest},
		{"_meta progresstoken", call(`{"_meta":{"progresstoken":1}}`), CodeInvalidRequest},
		{"_meta Traceparent", call(`{"_meta":{"Traceparent":"x"}}`), CodeInvalidRequest},
		{"_meta Baggage", call(`{"_meta":{"Baggage":"x"}}`), CodeInvalidRequest},
		{"result nextcursor", `{"jsonrpc":"2.0","id":1,"result":{"tools":[],"nextcursor":"x"}}`, CodeInvalidRequest},
		{"result Tools", `{"jsonrpc":"2.0","id":1,"result":{"Tools":[]}}`, CodeInvalidRequest},
		{"result toolſ", `{"jsonrpc":"2.0","id":1,"result":{"toolſ":[]}}`, CodeInvalidRequest},
		{"result isERROR", `{"jsonrpc":"2.0","id":1,"result":{"isERROR":true}}`, CodeInvalidRequest},

		// What is not one JSON text in UTF-8.
		{"nothing", ``, CodeParseError},
		{"only spaces", " \r\n\t", CodeParseError},
		{"trailing object", call(`{}`) + `{}`, CodeParseError},
		{"trailing brace", call(`{}`) + `}`, CodeParseError},
		{"trailing word", call(`{}`) + ` null`, CodeParseError},
		{"trailing comma", call(`{}`) + `,`, CodeParseError},
		{"trailing NUL", call(`{}`) + "\x00", CodeParseError},
		{"two lines", call(`{}`) + "\n" + call(`{}`), CodeParseError},
		{"trailing form feed", call(`{}`) + "\f", CodeParseError},
		{"byte order mark", "\xef\xbb\xbf" + call(`{}`), CodeParseError},
		{"byte order mark at the end", call(`{}`) + "\xef\xbb\xbf", CodeParseError},
		{"UTF-16", "\xff\xfe{\x00}\x00", CodeParseError},
		{"no-break space", "\u00a0" + call(`{}`), CodeParseError},
		{"invalid UTF-8 in a value", call("{\"a\":\"\xff\"}"), CodeParseError},
		{"invalid UTF-8 in a name", call("{\"a\xc3\":1}"), CodeParseError},
		{"overlong UTF-8", call("{\"a\":\"\xc0\xaf\"}"), CodeParseError},
		{"surrogate in UTF-8", call("{\"a\":\"\xed\xa0\x80\"}"), CodeParseError},
		{"above U+10FFFF", call("{\"a\":\"\xf4\x90\x80\x80\"}"), CodeParseError},
		{"lone high surrogate", call(`{"a":"\ud800"}`), CodeParseError},
		{"lone low surrogate", call(`{"a":"\udc00"}`), CodeParseError},
		{"surrogates the wrong way round", call(`{"a":"\ude00\ud83d"}`), CodeParseError},
		{"high surrogate and a letter", call(`{"a":"\ud800\u0041"}`), CodeParseError},
		{"lone surrogate in a name", call(`{"\udfff":1}`), CodeParseError},
		{"raw line break in a string", call("{\"a\":\"\n\"}"), CodeParseError},
		{"raw NUL in a string", call("{\"a\":\"\x00\"}"), CodeParseError},
		{"unknown escape", call(`{"a":"\x41"}`), CodeParseError},
		{"comment", call(`{/**/}`), CodeParseError},
		{"single quotes", `{'jsonrpc':'2.0'}`, CodeParseError},
		{"comma before the brace", call(`{"a":1,}`), CodeParseError},
		{"NaN", call(`{"a":NaN}`), CodeParseError},
		{"leading zero", call(`{"a":01}`), CodeParseError},
		{"leading plus", call(`{"a":+1}`), CodeParseError},
		{"cut short", `{"jsonrpc":"2.0","id":1,"method":"ping`, CodeParseError},
		{"cut short after a backslash", `{"jsonrpc":"2.0","id":1,"method":"ping\`, CodeParseError},
		{"only closing", `]]]]`, CodeParseError},

		// What is no message.
		{"array", `[` + call(`{}`) + `]`, CodeInvalidRequest},
		{"string", `"x"`, CodeInvalidRequest},
		{"number", `1`, CodeInvalidRequest},
		{"null", `null`, CodeInvalidRequest},
		{"empty object", `{}`, CodeInvalidRequest},
		{"no method and no result", `{"jsonrpc":"2.0","id":1}`, CodeInvalidRequest},
		{"no jsonrpc", `{"id":1,"method":"ping"}`, CodeInvalidRequest},
		{"jsonrpc 1.0", `{"jsonrpc":"1.0","id":1,"method":"ping"}`, CodeInvalidRequest},
		{"jsonrpc as a number", `{"jsonrpc":2.0,"id":1,"method":"ping"}`, CodeInvalidRequest},
		{"jsonrpc null", `{"jsonrpc":null,"id":1,"method":"ping"}`, CodeInvalidRequest},
		{"jsonrpc with a space", `{"jsonrpc":"2.0 ","id":1,"method":"ping"}`, CodeInvalidRequest},
		{"jsonrpc with an escape", `{"jsonrpc":"2\u002e0","id":1,"method":"ping"}`, CodeInvalidRequest},
		{"method and result", `{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, CodeInvalidRequest},
		{"method and null result", `{"jsonrpc":"2.0","id":1,"method":"ping","result":null}`, CodeInvalidRequest},
		{"method and error", `{"jsonrpc":"2.0","id":1,"method":"ping","error":{"code":1,"message":""}}`, CodeInvalidRequest},
		{"result and error", `{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}`, CodeInvalidRequest},
		{"result and null error", `{"jsonrpc":"2.0","id":1,"result":{},"error":null}`, CodeInvalidRequest},
		{"result and params", `{"jsonrpc":"2.0","id":1,"result":{},"params":{}}`, CodeInvalidRequest},
		{"error and params", `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""},"params":{}}`, CodeInvalidRequest},
		{"result without id", `{"jsonrpc":"2.0","result":{}}`, CodeInvalidRequest},
		{"result null", `{"jsonrpc":"2.0","id":1,"result":null}`, CodeInvalidRequest},
		{"result array", `{"jsonrpc":"2.0","id":1,"result":[]}`, CodeInvalidRequest},

		// Ids.
		{"id null", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, CodeInvalidRequest},
		{"id null with a result", `{"jsonrpc":"2.0","id":null,"result":{}}`, CodeInvalidRequest},
		{"id 1.5", `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, CodeInvalidRequest},
		{"id 1.0", `{"jsonrpc":"2.0","id":1.0,"method":"ping"}`, CodeInvalidRequest},
		{"id 1e3", `{"jsonrpc":"2.0","id":1e3,"method":"ping"}`, CodeInvalidRequest},
		{"id 1E3", `{"jsonrpc":"2.0","id":1E3,"method":"ping"}`, CodeInvalidRequest},
		{"id object", `{"jsonrpc":"2.0","id":{},"method":"ping"}`, CodeInvalidRequest},
		{"id array", `{"jsonrpc":"2.0","id":[1],"method":"ping"}`, CodeInvalidRequest},
		{"id true", `{"jsonrpc":"2.0","id":true,"method":"ping"}`, CodeInvalidRequest},
		{"id false", `{"jsonrpc":"2.0","id":false,"method":"ping"}`, CodeInvalidRequest},
		{"id -0", `{"jsonrpc":"2.0","id":-0,"method":"ping"}`, CodeInvalidRequest},
		{"id string too long", `{"jsonrpc":"2.0","id":"` + long + `","method":"ping"}`, CodeInvalidRequest},
		{"id number too long", `{"jsonrpc":"2.0","id":` + strings.Repeat("9", 257) + `,"method":"ping"}`, CodeInvalidRequest},

		// Methods.
		{"method empty", `{"jsonrpc":"2.0","id":1,"method":""}`, CodeInvalidRequest},
		{"method number", `{"jsonrpc":"2.0","id":1,"method":1}`, CodeInvalidRequest},
		{"method null", `{"jsonrpc":"2.0","id":1,"method":null}`, CodeInvalidRequest},
		{"method too long", `{"jsonrpc":"2.0","id":1,"method":"` + long + `"}`, CodeInvalidRequest},
		{"method with an escaped line break", `{"jsonrpc":"2.0","id":1,"method":"ping\n"}`, CodeInvalidRequest},
		{"method with an escaped NUL", `{"jsonrpc":"2.0","id":1,"method":"\u0000ping"}`, CodeInvalidRequest},
		{"method with DEL", `{"jsonrpc":"2.0","id":1,"method":"ping` + "\x7f" + `"}`, CodeInvalidRequest},
		{"method with a C1 control", `{"jsonrpc":"2.0","id":1,"method":"ping\u0085"}`, CodeInvalidRequest},

		// Params.
		{"params array", call(`[]`), CodeInvalidParams},
		{"params null", call(`null`), CodeInvalidParams},
		{"params string", call(`"x"`), CodeInvalidParams},
		{"params array of a notification", `{"jsonrpc":"2.0","method":"x","params":[1]}`, CodeInvalidParams},
		{"_meta null", call(`{"_meta":null}`), CodeInvalidParams},
		{"_meta array", call(`{"_meta":[]}`), CodeInvalidParams},
		{"_meta protocolVersion of the wrong type", call(`{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}`), CodeInvalidParams},
		{"_meta protocolVersion empty", call(`{"_meta":{"io.modelcontextprotocol/protocolVersion":""}}`), CodeInvalidParams},
		{"_meta clientCapabilities array", call(`{"_meta":{"io.modelcontextprotocol/clientCapabilities":[]}}`), CodeInvalidParams},
		{"_meta clientInfo string", call(`{"_meta":{"io.modelcontextprotocol/clientInfo":"x"}}`), CodeInvalidParams},
		{"_meta logLevel number", call(`{"_meta":{"io.modelcontextprotocol/logLevel":1}}`), CodeInvalidParams},
		{"_meta subscriptionId null", call(`{"_meta":{"io.modelcontextprotocol/subscriptionId":null}}`), CodeInvalidParams},
		{"_meta progressToken 1.5", call(`{"_meta":{"progressToken":1.5}}`), CodeInvalidParams},
		{"_meta progressToken too long", call(`{"_meta":{"progressToken":"` + long + `"}}`), CodeInvalidParams},
		{"_meta traceparent number", call(`{"_meta":{"traceparent":1}}`), CodeInvalidParams},
		{"_meta tracestate object", call(`{"_meta":{"tracestate":{}}}`), CodeInvalidParams},
		{"tools/call with name 1", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}`, CodeInvalidParams},

		// Errors.
		{"error null", `{"jsonrpc":"2.0","id":1,"error":null}`, CodeInvalidRequest},
		{"error string", `{"jsonrpc":"2.0","id":1,"error":"x"}`, CodeInvalidRequest},
		{"error array", `{"jsonrpc":"2.0","id":1,"error":[]}`, CodeInvalidRequest},
		{"error without code", `{"jsonrpc":"2.0","id":1,"error":{"message":"x"}}`, CodeInvalidRequest},
		{"error without message", `{"jsonrpc":"2.0","id":1,"error":{"code":1}}`, CodeInvalidRequest},
		{"error with a string code", `{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"x"}}`, CodeInvalidRequest},
		{"error with code 1.5", `{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"x"}}`, CodeInvalidRequest},
		{"error with code 1e2", `{"jsonrpc":"2.0","id":1,"error":{"code":1e2,"message":"x"}}`, CodeInvalidRequest},
		{"error with a code int64 cannot hold", `{"jsonrpc":"2.0","id":1,"error":{"code":12345678901234567890,"message":"x"}}`, CodeInvalidRequest},
		{"error with a null message", `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":null}}`, CodeInvalidRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Decode([]byte(tt.in), DefaultLimits())
			e := decodeError(t, err)
			if m != nil {
				t.Error("a message came with the refusal")
			}
			if e.Code != tt.code {
				t.Errorf("code = %d (%v), want %d", e.Code, e, tt.code)
			}
			if e.TooLarge {
				t.Errorf("TooLarge is set for a broken rule: %v", e)
			}
			if e.Reason == "" || e.Offset < 0 || e.Offset > len(tt.in) {
				t.Errorf("reason %q at byte %d of %d", e.Reason, e.Offset, len(tt.in))
			}
		})
	}
}

// What is close to a refusal, and must not be refused.
func TestDecodeAccepts(t *testing.T) {
	tests := []struct {
		name, in string
		kind     Kind
		id       ID
	}{
		{"request", call(`{}`), Request, "1"},
		{"request without params", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, Request, "1"},
		{"string id", `{"jsonrpc":"2.0","id":"a\u0061","method":"ping"}`, Request, `"a\u0061"`},
		{"empty string id", `{"jsonrpc":"2.0","id":"","method":"ping"}`, Request, `""`},
		{"id zero", `{"jsonrpc":"2.0","id":0,"method":"ping"}`, Request, "0"},
		{"negative id", `{"jsonrpc":"2.0","id":-7,"method":"ping"}`, Request, "-7"},
		{"huge id", `{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}`, Request, "12345678901234567890"},
		{"longest id", `{"jsonrpc":"2.0","id":"` + strings.Repeat("a", 254) + `","method":"ping"}`, Request, ID(`"` + strings.Repeat("a", 254) + `"`)},
		{"longest method", `{"jsonrpc":"2.0","id":1,"method":"` + strings.Repeat("a", 256) + `"}`, Request, "1"},
		{"notification", `{"jsonrpc":"2.0","method":"notifications/x"}`, Notification, ""},
		{"updated without uri", `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{}}`, Notification, ""},
		{"result", `{"jsonrpc":"2.0","id":1,"result":{}}`, Result, "1"},
		{"error", `{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"x"}}`, Error, "1"},
		{"error for nobody", `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}`, Error, ""},
		{"error without id", `{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}`, Error, ""},
		{"spaces around", "\r\n\t " + call(`{}`) + "\r\n\t ", Request, "1"},
		{"the same name in different objects", call(`{"a":{"a":[{"a":1},{"a":2}]}}`), Request, "1"},
		{"names that differ in case and are not ours", call(`{"foo":1,"Foo":2,"FOO":3}`), Request, "1"},
		{"our names in other places", call(`{"x":{"Name":1,"METHOD":2,"Id":3}}`), Request, "1"},
		{"surrogate pair", call(`{"a":"\ud83d\ude00"}`), Request, "1"},
		{"escaped NUL in a value", call(`{"a":"\u0000"}`), Request, "1"},
		{"escaped names of ours", `{"jsonrpc":"2.0","\u0069d":1,"m\u0065thod":"ping"}`, Request, "1"},
		{"brackets in a string", call(`{"a":"}]{[\"\\"}`), Request, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustDecode(t, tt.in)
			if m.Kind != tt.kind || m.ID != tt.id {
				t.Errorf("got %v id %q, want %v id %q", m.Kind, m.ID, tt.kind, tt.id)
			}
		})
	}
}

func TestDecodeLimits(t *testing.T) {
	nested := func(n int) string { return call(`{"v":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`) }
	wide := func(n int) string { return call(`{"v":[` + strings.Repeat("1,", n-1) + `1]}`) }
	l := Limits{Bytes: 1000, Depth: 8, Nodes: 100, Items: 3}
	tests := []struct {
		name, in string
		ok       bool
	}{
		{"deepest", nested(6), true},
		{"too deep", nested(7), false},
		{"far too deep", nested(400), false},
		{"too deep and never closed", strings.Repeat("[", 500), false},
		{"too deep objects", call(strings.Repeat(`{"a":`, 8) + `1` + strings.Repeat("}", 8)), false},
		{"brackets in strings are no depth", call(`{"v":"` + strings.Repeat("[", 100) + `"}`), true},
		// The envelope has three commas and two brackets besides the array's.
		{"most values", wide(94), true},
		{"too many values", wide(95), false},
		{"commas in strings are no values", call(`{"v":"` + strings.Repeat(",", 200) + `"}`), true},
		{"largest", call(`{"v":"` + strings.Repeat("a", 1000-len(call(`{"v":""}`))) + `"}`), true},
		{"too large", call(`{"v":"` + strings.Repeat("a", 1001-len(call(`{"v":""}`))) + `"}`), false},
		{"too large by spaces", call(`{}`) + strings.Repeat(" ", 1000), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode([]byte(tt.in), l)
			if tt.ok {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if e := decodeError(t, err); e.Code != CodeInvalidRequest || !e.TooLarge {
				t.Errorf("got code %d, TooLarge %v; want %d, true", e.Code, e.TooLarge, CodeInvalidRequest)
			}
		})
	}
	t.Run("zero limits allow nothing", func(t *testing.T) {
		_, err := Decode([]byte(call(`{}`)), Limits{})
		if !decodeError(t, err).TooLarge {
			t.Error("TooLarge is not set")
		}
	})
	t.Run("lists may be larger", func(t *testing.T) {
		l := Limits{Bytes: 10, ListBytes: 1000, Depth: 8, Nodes: 100}
		if _, err := Decode([]byte(call(`{}`)), l.ForList()); err != nil {
			t.Error(err)
		}
	})
}

// A refusal carries the id, so that it can be answered, and repeats nothing of
// the message but one member's name.
func TestDecodeErrorTells(t *testing.T) {
	secret := "hunter2"
	_, err := Decode([]byte(`{"jsonrpc":"2.0","id":"q7","method":"tools/call","params":{"Name":"`+secret+`"}}`), DefaultLimits())
	e := decodeError(t, err)
	if e.ID != `"q7"` {
		t.Errorf("id = %q", e.ID)
	}
	if strings.Contains(e.Error(), secret) || !strings.Contains(e.Error(), `"Name"`) {
		t.Errorf("error reads %q", e.Error())
	}
	_, err = Decode([]byte(`{"jsonrpc":"2.0","id":"`+secret+`","method":"x","params":{"a":"`+secret+`\ud800"}}`), DefaultLimits())
	if e := decodeError(t, err); strings.Contains(e.Error(), secret) || e.ID != "" {
		t.Errorf("error reads %q, id %q", e.Error(), e.ID)
	}
}

func TestDecodeBatch(t *testing.T) {
	one := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	many := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + "]" }
	tests := []struct {
		name, in string
		n        int // messages; 0 is a refusal
		batch    bool
		code     int
		tooLarge bool
	}{
		{"no batch", one, 1, false, 0, false},
		{"one", many(1), 1, true, 0, false},
		{"two with spaces", " [ " + one + " ,\n " + one + " ] ", 2, true, 0, false},
		{"a hundred", many(100), 100, true, 0, false},
		{"mixed", `[` + one + `,{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","id":2,"result":{}}]`, 3, true, 0, false},
		{"a hundred and one", many(101), 0, true, CodeInvalidRequest, true},
		{"empty", `[]`, 0, true, CodeInvalidRequest, false},
		{"empty with spaces", ` [ ] `, 0, true, CodeInvalidRequest, false},
		{"nested", `[[` + one + `]]`, 0, true, CodeInvalidRequest, false},
		{"null in it", `[` + one + `,null]`, 0, true, CodeInvalidRequest, false},
		{"one bad", `[` + one + `,{"jsonrpc":"2.0","id":2}]`, 0, true, CodeInvalidRequest, false},
		{"one with params array", `[{"jsonrpc":"2.0","id":2,"method":"x","params":[]}]`, 0, true, CodeInvalidParams, false},
		{"duplicate names", `[{"jsonrpc":"2.0","id":2,"method":"x","method":"x"}]`, 0, false, CodeParseError, false},
		{"trailing data", many(1) + `[]`, 0, false, CodeParseError, false},
		{"cut short", `[` + one, 0, false, CodeParseError, false},
		{"no message", `1`, 0, false, CodeInvalidRequest, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all, batch, err := DecodeBatch([]byte(tt.in), DefaultLimits())
			if batch != tt.batch {
				t.Errorf("batch = %v, want %v", batch, tt.batch)
			}
			if tt.n == 0 {
				if e := decodeError(t, err); e.Code != tt.code || e.TooLarge != tt.tooLarge {
					t.Errorf("got code %d, TooLarge %v (%v); want %d, %v", e.Code, e.TooLarge, e, tt.code, tt.tooLarge)
				}
				return
			}
			if err != nil || len(all) != tt.n {
				t.Fatalf("got %d messages, %v; want %d", len(all), err, tt.n)
			}
			for i, m := range all {
				if b := m.Bytes(); b[0] != '{' || b[len(b)-1] != '}' {
					t.Errorf("message %d is %q", i, b)
				}
			}
		})
	}
}

// Every name that the package acts on has its look-alikes refused, whichever
// letter differs.
func TestLookAlikesOfEveryName(t *testing.T) {
	check := func(place string, names []string, wrap string) {
		for _, name := range names {
			for i := range len(name) {
				other := name[:i] + strings.ToUpper(name[i:i+1]) + name[i+1:]
				if other == name {
					other = name[:i] + strings.ToLower(name[i:i+1]) + name[i+1:]
				}
				if other == name {
					continue // no letter
				}
				_, err := Decode(fmt.Appendf(nil, wrap, other), DefaultLimits())
				e, ok := errors.AsType[*DecodeError](err)
				if !ok || e.Code != CodeInvalidRequest || !strings.Contains(e.Reason, "letter case") {
					t.Errorf("%s %q: %v", place, other, err)
				}
			}
		}
	}
	check("envelope", envelopeNames, `{"jsonrpc":"2.0","id":1,"method":"x","%s":0}`)
	check("params", paramNames, `{"jsonrpc":"2.0","id":1,"method":"x","params":{"%s":0}}`)
	check("_meta", metaNames, `{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"%s":0}}}`)
	check("result", resultNames, `{"jsonrpc":"2.0","id":1,"result":{"%s":0}}`)
}

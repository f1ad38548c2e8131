package wire

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestInitializeViews(t *testing.T) {
	m := mustDecode(t, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"x":1.0},"clientInfo":{"name":"c"},"serverInfo":{}}}`)
	v, err := m.InitializeParams()
	if err != nil || v.ProtocolVersion != Rev20251125 || string(m.At(v.Capabilities)) != `{"x":1.0}` || string(m.At(v.Info)) != `{"name":"c"}` || !v.Instructions.Empty() {
		t.Errorf("params = %+v, %v", v, err)
	}
	if _, err := m.InitializeResult(); err == nil {
		t.Error("a request has a result")
	}
	m = mustDecode(t, result(`{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s"},"instructions":"do"}`))
	v, err = m.InitializeResult()
	if err != nil || v.ProtocolVersion != Rev20250618 || string(m.At(v.Info)) != `{"name":"s"}` || string(m.At(v.Instructions)) != `"do"` {
		t.Errorf("result = %+v, %v", v, err)
	}
	for _, s := range []string{`{}`, `{"protocolVersion":1}`, `{"protocolVersion":""}`, `{"protocolVersion":null}`} {
		if _, err := mustDecode(t, result(s)).InitializeResult(); decodeError(t, err).Code != CodeInvalidParams {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestRPCErrorView(t *testing.T) {
	code, text, ok := mustDecode(t, `{"jsonrpc":"2.0","id":1,"error":{"message":"a\u0062","data":{"code":5},"code":-32020}}`).RPCError()
	if code != CodeHeaderMismatch || text != "ab" || !ok {
		t.Errorf("got %d, %q, %v", code, text, ok)
	}
	if _, _, ok := mustDecode(t, result(`{"code":1,"message":"x"}`)).RPCError(); ok {
		t.Error("a result is an error")
	}
}

func TestResultType(t *testing.T) {
	for in, want := range map[string]string{
		result(`{"resultType":"complete"}`):       "complete",
		result(`{"resultType":"input_required"}`): "input_required",
		result(`{"resultType":1}`):                "",
		result(`{}`):                              "",
		call(`{"resultType":"x"}`):                "",
	} {
		if got := mustDecode(t, in).ResultType(); got != want {
			t.Errorf("ResultType of %s = %q, want %q", in, got, want)
		}
	}
}

func TestIDViews(t *testing.T) {
	tests := []struct {
		in string
		id ID
		ok bool
	}{
		{`"a\u0061"`, `"a\u0061"`, true},
		{`17`, `17`, true},
		{`12345678901234567890`, `12345678901234567890`, true},
		{`1.0`, ``, false},
		{`null`, ``, false},
		{`{}`, ``, false},
		{`"` + strings.Repeat("a", 255) + `"`, ``, false},
	}
	for _, tt := range tests {
		m := mustDecode(t, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":`+tt.in+`}}`)
		if id, ok := m.CancelledID(); id != tt.id || ok != tt.ok {
			t.Errorf("CancelledID of %s = %q, %v", tt.in, id, ok)
		}
		if _, ok := m.ProgressOf(); ok {
			t.Error("a cancellation has progress")
		}
		m = mustDecode(t, `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":`+tt.in+`}}`)
		if id, ok := m.ProgressOf(); id != tt.id || ok != tt.ok {
			t.Errorf("ProgressOf of %s = %q, %v", tt.in, id, ok)
		}
	}
	if _, ok := mustDecode(t, `{"jsonrpc":"2.0","method":"notifications/cancelled"}`).CancelledID(); ok {
		t.Error("no params have an id")
	}
}

func TestQuestions(t *testing.T) {
	asked := func(text string) (map[string]Method, string) {
		m := mustDecode(t, result(text))
		methods := make(map[string]Method)
		for key, q := range m.Questions() {
			methods[key] = q.Method
		}
		at, _ := m.RequestState()
		state, _ := m.String(at)
		return methods, state
	}
	methods, state := asked(`{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{}},"b":{"method":1},"c":7},"requestState":"s\/t"}`)
	if want := map[string]Method{"a": "elicitation/create", "b": "", "c": ""}; state != "s/t" || !maps.Equal(methods, want) {
		t.Errorf("got %v, %q", methods, state)
	}
	if methods, state := asked(`{"resultType":"input_required"}`); state != "" || len(methods) != 0 {
		t.Errorf("got %v, %q", methods, state)
	}
}

func TestBuild(t *testing.T) {
	m, err := NewRequest("7", "tools/call", []byte(`{"name":"a"}`))
	if err != nil || string(m.Bytes()) != `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a"}}` || m.Kind != Request || m.Name != "a" {
		t.Errorf("NewRequest: %v, %v", m, err)
	}
	m, err = NewNotification("notifications/initialized", nil)
	if err != nil || string(m.Bytes()) != `{"jsonrpc":"2.0","method":"notifications/initialized"}` || m.Kind != Notification {
		t.Errorf("NewNotification: %v, %v", m, err)
	}
	m, err = NewResult(`"x"`, []byte(`{}`))
	if err != nil || string(m.Bytes()) != `{"jsonrpc":"2.0","id":"x","result":{}}` || m.Kind != Result {
		t.Errorf("NewResult: %v, %v", m, err)
	}
	if _, err := NewResult("", []byte(`{}`)); err == nil {
		t.Error("a result without an id was made")
	}
	if _, err := NewRequest("1", "tools/call", []byte(`[]`)); err == nil {
		t.Error("a request with wrong params was made")
	}
	if _, err := NewRequest("1", "a\nb", nil); err == nil {
		t.Error("a method with a line break was made")
	}

	for _, tt := range []struct {
		id         ID
		text, data string
		want       string
	}{
		{"1", "no <b>", "", `{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"no <b>"}}`},
		{"", "no\n\xff", "", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"no\\n\ufffd\"}}"},
		{`"a"`, "no", `{"x":1.0}`, `{"jsonrpc":"2.0","id":"a","error":{"code":-32600,"message":"no","data":{"x":1.0}}}`},
		{`"a"`, "no", `{"x":`, `{"jsonrpc":"2.0","id":"a","error":{"code":-32600,"message":"no"}}`},
		{`"a"`, "no", `1,"code":2`, `{"jsonrpc":"2.0","id":"a","error":{"code":-32600,"message":"no"}}`},
	} {
		var data []byte
		if tt.data != "" {
			data = []byte(tt.data)
		}
		if m := NewError(tt.id, CodeInvalidRequest, tt.text, data); string(m.Bytes()) != tt.want || m.Kind != Error {
			t.Errorf("NewError = %s, want %s", m.Bytes(), tt.want)
		}
	}
	// An id that is none must not keep NewError from answering.
	for _, id := range []ID{"1.5", "x", `{}`, `1,"x":2`} {
		if m := NewError(id, CodeInternalError, "no", nil); m.Kind != Error {
			t.Errorf("NewError for %q is %v", id, m.Kind)
		}
	}
}

func TestKindString(t *testing.T) {
	for k, want := range map[Kind]string{Invalid: "invalid", Request: "request", Notification: "notification", Result: "result", Error: "error", 99: "invalid"} {
		if k.String() != want {
			t.Errorf("Kind(%d) = %q, want %q", k, k, want)
		}
	}
}

var nameFields = map[string]bool{"name": true, "uri": true, "taskId": true}

func TestMethodsTable(t *testing.T) {
	if len(table) != len(Methods) {
		t.Errorf("%d rows make %d methods: one is there twice", len(Methods), len(table))
	}
	for _, row := range Methods {
		t.Run(strings.ReplaceAll(string(row.Method), "/", "_"), func(t *testing.T) {
			if row.Kind != Request && row.Kind != Notification {
				t.Errorf("kind is %v", row.Kind)
			}
			if (row.Kind == Notification) != strings.HasPrefix(string(row.Method), "notifications/") {
				t.Errorf("a %v is called %q", row.Kind, row.Method)
			}
			if row.From < FromClient || row.From > Both {
				t.Errorf("nobody sends it: %d", row.From)
			}
			if !row.Since.Known() {
				t.Errorf("since %q, which is no revision", row.Since)
			}
			if row.Until != "" && (!row.Until.Known() || row.Until < row.Since) {
				t.Errorf("since %q until %q", row.Since, row.Until)
			}
			if (row.NameField != "") != (row.Target != 0) {
				t.Errorf("name field %q, target %v: one without the other", row.NameField, row.Target)
			}
			if row.NameField != "" && !nameFields[row.NameField] {
				t.Errorf("name field %q", row.NameField)
			}
			if _, ok := listKeys[row.Method]; ok != row.List {
				t.Errorf("List is %v, listKeys says %v", row.List, ok)
			}
			if row.List && (row.Kind != Request || row.NameField != "") {
				t.Error("a list is a request that names nothing")
			}
			if got, ok := Lookup(row.Method); !ok || got != row {
				t.Errorf("Lookup gives %+v, %v", got, ok)
			}
			if !row.In(row.Since) || row.Until != "" && !row.In(row.Until) {
				t.Error("not in its own revisions")
			}
			inRevisions(t, row)
			if row.In("") || row.In("2099-01-01") || row.In("2025-07-01") {
				t.Error("in an unknown revision")
			}
		})
	}
}

func inRevisions(t *testing.T, row Info) {
	t.Helper()
	for _, r := range Revisions {
		if want := r >= row.Since && (row.Until == "" || r <= row.Until); row.In(r) != want {
			t.Errorf("In(%s) = %v", r, row.In(r))
		}
	}
}

// Names by which lists and requests are found are among those whose look-alikes are refused.
func TestLookAlikesAreRefusedForEveryMethod(t *testing.T) {
	for method, keys := range listKeys {
		if _, ok := Lookup(method); !ok {
			t.Errorf("list %q is no method", method)
		}
		if !slices.Contains(resultNames, keys[0]) || !slices.Contains(itemNames, keys[1]) {
			t.Errorf("look-alikes of %q are not refused", keys)
		}
	}
	for name := range nameFields {
		if !slices.Contains(paramNames, name) {
			t.Errorf("look-alikes of params.%s are not refused", name)
		}
	}
	for _, m := range []Method{"", "Tools/call", "tools/call ", "x/y"} {
		if _, ok := Lookup(m); ok {
			t.Errorf("Lookup(%q) finds a row", m)
		}
	}
}

func TestRevisions(t *testing.T) {
	for i, r := range Revisions {
		if !r.Known() || r.Modern() != (r == Rev20260728) || i > 0 && r <= Revisions[i-1] {
			t.Errorf("revision %d is %q", i, r)
		}
	}
	if Revision("").Known() || Revision("2099-01-01").Modern() {
		t.Error("an unknown revision is known")
	}
}

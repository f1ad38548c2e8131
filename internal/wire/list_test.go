package wire

import (
	"fmt"
	"strings"
	"testing"
)

func result(s string) string { return `{"jsonrpc":"2.0","id":1,"result":` + s + `}` }

func TestItems(t *testing.T) {
	tests := []struct {
		name    string
		answers Method
		result  string
		items   string // names, then the exact bytes
		cursor  string // "none" for none
	}{
		{"tools", "tools/list", `{"tools":[{"name":"a"}, {"x":1.0,"name":"b\u0063"} ]}`, `a={"name":"a"} bc={"x":1.0,"name":"b\u0063"}`, "none"},
		{"no tools", "tools/list", `{"tools":[ ],"nextCursor":"p2"}`, ``, "p2"},
		{"null cursor", "tools/list", `{"tools":[],"nextCursor":null}`, ``, "none"},
		{"empty cursor", "tools/list", `{"tools":[],"nextCursor":""}`, ``, ""},
		{"escaped cursor", "tools/list", `{"next\u0043ursor":"\u0061","t\u006fols":[]}`, ``, "a"},
		{"prompts", "prompts/list", `{"prompts":[{"name":"a"}]}`, `a={"name":"a"}`, "none"},
		{"resources", "resources/list", `{"resources":[{"name":"a","uri":"f:\/\/x"}]}`, `f://x={"name":"a","uri":"f:\/\/x"}`, "none"},
		{"templates", "resources/templates/list", `{"resourceTemplates":[{"name":"a","uriTemplate":"f:{x}"}]}`, `f:{x}={"name":"a","uriTemplate":"f:{x}"}`, "none"},
		{"tasks", "tasks/list", `{"tasks":[{"taskId":"1"}]}`, `1={"taskId":"1"}`, "none"},
		{"names elsewhere", "tools/list", `{"tools":[{"name":"a","inputSchema":{"properties":{"Name":{},"NAME":{}}}}]}`, `a={"name":"a","inputSchema":{"properties":{"Name":{},"NAME":{}}}}`, "none"},
		{"the same name twice", "tools/list", `{"tools":[{"name":"a"},{"name":"a"}]}`, `a={"name":"a"} a={"name":"a"}`, "none"}, //nolint:dupword // twice is the case
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustDecode(t, result(tt.result))
			list, err := m.Items(tt.answers, DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, item := range list.Items {
				all = append(all, item.Name+"="+string(m.At(item.Span)))
			}
			if got := strings.Join(all, " "); got != tt.items {
				t.Errorf("items = %s, want %s", got, tt.items)
			}
			if list.HasCursor != (tt.cursor != "none") || list.HasCursor && list.NextCursor != tt.cursor {
				t.Errorf("cursor = %q, %v; want %q", list.NextCursor, list.HasCursor, tt.cursor)
			}
			if b := m.At(list.Array); b[0] != '[' || b[len(b)-1] != ']' {
				t.Errorf("array = %s", b)
			}
		})
	}
}

func TestItemsRefuses(t *testing.T) {
	tests := []struct {
		name     string
		answers  Method
		in       string
		tooLarge bool
	}{
		{"no list method", "tools/call", result(`{"tools":[]}`), false},
		{"unknown method", "x/list", result(`{"x":[]}`), false},
		{"no result", "tools/list", call(`{}`), false},
		{"error", "tools/list", `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}`, false},
		{"no array", "tools/list", result(`{}`), false},
		{"another list", "tools/list", result(`{"prompts":[]}`), false},
		{"array null", "tools/list", result(`{"tools":null}`), false},
		{"array an object", "tools/list", result(`{"tools":{"name":"a"}}`), false},
		{"cursor a number", "tools/list", result(`{"tools":[],"nextCursor":1}`), false},
		{"cursor an object", "tools/list", result(`{"tools":[],"nextCursor":{}}`), false},
		{"item null", "tools/list", result(`{"tools":[null]}`), false},
		{"item a string", "tools/list", result(`{"tools":["a"]}`), false},
		{"item without name", "tools/list", result(`{"tools":[{"title":"a"}]}`), false},
		{"item with a null name", "tools/list", result(`{"tools":[{"name":null}]}`), false},
		{"resource without uri", "resources/list", result(`{"resources":[{"name":"a"}]}`), false},
		{"look-alike name", "tools/list", result(`{"tools":[{"name":"a"},{"name":"b","Name":"c"}]}`), false},
		{"look-alike name alone", "tools/list", result(`{"tools":[{"NAME":"a"}]}`), false},
		{"look-alike by an escape", "tools/list", result(`{"tools":[{"name":"b","\u004eame":"c"}]}`), false},
		{"look-alike deſcription", "tools/list", result(`{"tools":[{"name":"b","deſcription":"c"}]}`), false},
		{"look-alike inputschema", "tools/list", result(`{"tools":[{"name":"b","inputschema":{}}]}`), false},
		{"look-alike URI", "resources/list", result(`{"resources":[{"uri":"a:b","URI":"c:d"}]}`), false},
		{"too many", "tools/list", result(`{"tools":[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}]}`), true},
	}
	l := DefaultLimits()
	l.Items = 3
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, err := mustDecode(t, tt.in).Items(tt.answers, l)
			e := decodeError(t, err)
			if e.Code != CodeInvalidRequest || e.TooLarge != tt.tooLarge {
				t.Errorf("got code %d, TooLarge %v (%v)", e.Code, e.TooLarge, e)
			}
			if list.Items != nil || !list.Array.Empty() {
				t.Errorf("a list came with the refusal: %v", list)
			}
		})
	}
	if _, err := mustDecode(t, result(`{"tools":[{"name":"a"},{"name":"b"},{"name":"c"}]}`)).Items("tools/list", l); err != nil {
		t.Errorf("exactly as many as allowed: %v", err)
	}
	l.Items = 0
	if _, err := mustDecode(t, result(`{"tools":[]}`)).Items("tools/list", l); err != nil {
		t.Errorf("none where none are allowed: %v", err)
	}
}

func TestItemLookAlikesOfEveryName(t *testing.T) {
	for _, name := range itemNames {
		other := strings.ToUpper(name)
		m := mustDecode(t, result(fmt.Sprintf(`{"tools":[{"name":"a","%s":1}]}`, other)))
		if _, err := m.Items("tools/list", DefaultLimits()); err == nil {
			t.Errorf("%q was accepted in an item", other)
		}
	}
}

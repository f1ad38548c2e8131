package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// show renders a view with its spans as the text that they stand for, and without what
// is zero.
func show(m *Message, v reflect.Value) string {
	switch v.Kind() {
	case reflect.Struct:
		if s, ok := reflect.TypeAssert[Span](v); ok {
			return string(m.At(s))
		}
		var out []string
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue
			}
			if text := show(m, v.Field(i)); text != "" && v.Type().Field(i).Name != "Span" {
				out = append(out, v.Type().Field(i).Name+"="+text)
			}
		}
		return strings.Join(out, " ")
	case reflect.Slice:
		var out []string
		for i := range v.Len() {
			out = append(out, "("+show(m, v.Index(i))+")")
		}
		return strings.Join(out, "")
	case reflect.Map:
		var out []string
		for _, k := range v.MapKeys() {
			out = append(out, k.String()+":("+show(m, v.MapIndex(k))+")")
		}
		slices.Sort(out)
		return strings.Join(out, "")
	default:
		if v.IsZero() {
			return ""
		}
		return fmt.Sprint(v.Interface())
	}
}

// A seen is one view of one message: the params of a request or notification, or a
// result, and what is to be read from it.
type seen struct {
	result bool
	json   string
	view   func(m *Message) any
	want   string
}

func asks(json string, view func(*Message) any, want string) seen {
	return seen{false, json, view, want}
}

func says(json string, view func(*Message) any, want string) seen {
	return seen{true, json, view, want}
}

// viewed is what is read of every method of the five revisions and of the tasks
// extension. A method without params and without a result has nothing to be read.
var viewed = map[Method][]seen{
	"initialize": {
		asks(`{"protocolVersion":"2025-11-25","capabilities":{"roots":{}},"clientInfo":{"name":"c"}}`, func(m *Message) any { v, _ := m.InitializeParams(); return v }, `ProtocolVersion=2025-11-25 Capabilities={"roots":{}} Info={"name":"c"}`),
		says(`{"protocolVersion":"2024-11-05","capabilities":{},"serverInfo":{"name":"s"},"instructions":"do"}`, func(m *Message) any { v, _ := m.InitializeResult(); return v }, `ProtocolVersion=2024-11-05 Capabilities={} Info={"name":"s"} Instructions="do"`),
	},
	"server/discover": {says(`{"supportedVersions":["2026-07-28",7],"capabilities":{"tools":{}},"instructions":"do","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}}`, func(m *Message) any { return m.Discovery() },
		`Versions=(2026-07-28) Capabilities={"tools":{}} Instructions="do" Info={"name":"s"}`)},
	"ping": nil,
	"tools/list": {says(`{"tools":[{"name":"t","title":"T","description":"d\u0065","inputSchema":{"type":"object"},"outputSchema":{},"annotations":{"readOnlyHint":true},"execution":{"taskSupport":"optional"},"icons":[],"_meta":{"ui":{}}},{"name":7}]}`, func(m *Message) any { return m.Tools() },
		`(Name=t Title=T Description=de Input={"type":"object"} Output={} Annotations={"readOnlyHint":true} Execution={"taskSupport":"optional"} Icons=[] Meta={"ui":{}})()`)},
	"tools/call": {
		asks(`{"name":"t","arguments":{"n":12345678901234567890},"task":{"ttl":1},"inputResponses":{"k":{}},"requestState":"s"}`, func(m *Message) any { return m.CallParams() }, `Name=t Arguments={"n":12345678901234567890} Task={"ttl":1} InputResponses={"k":{}} State="s"`),
		asks(`{"name":"t","inputResponses":{"a":{"action":"accept","content":{"x":1}},"b":{"role":"assistant","model":"m","content":{"type":"text","text":"hi"}},"c":{"roots":[{"uri":"file:///a","name":"A"}]}}}`, func(m *Message) any { return m.Answers() },
			`a:(Action=accept Content={"x":1})b:(Content={"type":"text","text":"hi"} Model=m Blocks=(Type=text Text="hi"))c:(Roots=(URI=file:///a Name=A))`),
		says(`{"content":[{"type":"text","text":"a"},{"type":"image","data":"AA==","mimeType":"image/png"},{"type":"resource","resource":{"uri":"u","mimeType":"m","blob":"BB=="}},{"type":"resource_link","uri":"l"},{"type":"widget"},3],"structuredContent":[1],"isError":true}`, func(m *Message) any { return m.ToolResult() },
			`Content=(Type=text Text="a")(Type=image Data="AA==" MimeType=image/png)(Type=resource Data="BB==" URI=u MimeType=m)(Type=resource_link URI=l)(Type=widget)() Structured=[1] IsError=true`),
		says(`{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"message":"which?","requestedSchema":{"type":"object"}}}}}`, func(m *Message) any { return m.Questions()["k"].Elicitation() }, `Mode=form Message=which? Schema={"type":"object"}`),
		says(`{"resultType":"task","taskId":"t-1","status":"working","ttlMs":null,"pollIntervalMs":5}`, func(m *Message) any { return m.Task() }, `ID=t-1 Status=working TTL=null Poll=5`),
		says(`{"task":{"taskId":"t-2","status":"working","ttl":60,"pollInterval":5,"createdAt":"2026-01-01T00:00:00Z"}}`, func(m *Message) any { return m.Task() }, `ID=t-2 Status=working TTL=60 Poll=5 Created=2026-01-01T00:00:00Z`),
	},
	"prompts/list": {says(`{"prompts":[{"name":"p","title":"P","description":"d","arguments":[{"name":"a"}]}]}`, func(m *Message) any { return m.Prompts() }, `(Name=p Title=P Description=d Arguments=[{"name":"a"}])`)},
	"prompts/get": {
		asks(`{"name":"p","arguments":{"a":"b"}}`, func(m *Message) any { return m.GetPrompt() }, `Name=p Arguments={"a":"b"}`),
		says(`{"description":"d","messages":[{"role":"user","content":{"type":"text","text":"x"}}]}`, func(m *Message) any { return m.PromptResult() }, `Description=d Messages=(Role=user Content=(Type=text Text="x"))`),
	},
	"resources/list":           {says(`{"resources":[{"uri":"file:///a","name":"a","title":"A","description":"d","mimeType":"text/plain","size":3,"_meta":{}}]}`, func(m *Message) any { return m.Resources() }, `(URI=file:///a Name=a Title=A Description=d MimeType=text/plain Size=3 Meta={})`)},
	"resources/templates/list": {says(`{"resourceTemplates":[{"uriTemplate":"file:///{p}","name":"a"}]}`, func(m *Message) any { return m.Resources() }, `(Template=file:///{p} Name=a)`)},
	"resources/read": {
		asks(`{"uri":"file:///a"}`, func(m *Message) any { return m.ResourceURI() }, `file:///a`),
		says(`{"contents":[{"uri":"ui://a","mimeType":"text/html;profile=mcp-app","text":"<p>","_meta":{"ui":{"csp":{}}}},{"uri":"b","blob":"AA=="}]}`, func(m *Message) any { return m.ResourceContents() }, `(URI=ui://a MimeType=text/html;profile=mcp-app Text="<p>" Meta={"ui":{"csp":{}}})(URI=b Blob="AA==")`),
	},
	"resources/subscribe":   {asks(`{"uri":"u"}`, func(m *Message) any { return m.ResourceURI() }, `u`)},
	"resources/unsubscribe": {asks(`{"uri":"u"}`, func(m *Message) any { return m.ResourceURI() }, `u`)},
	"completion/complete": {
		asks(`{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"x"},"context":{"arguments":{}}}`, func(m *Message) any { return m.Complete() }, `RefType=ref/prompt Ref=p Argument=a Value="x" Context={"arguments":{}}`),
		asks(`{"ref":{"type":"ref/resource","uri":"u","name":"other"},"argument":{"name":"a","value":""}}`, func(m *Message) any { return m.Complete() }, `RefType=ref/resource Ref=u Argument=a Value=""`),
		says(`{"completion":{"values":["a","b"],"hasMore":true}}`, func(m *Message) any { return m.Completions() }, `(a)(b)`),
	},
	"logging/setLevel":     {asks(`{"level":"debug"}`, func(m *Message) any { return m.LogLevel() }, `debug`)},
	"subscriptions/listen": {asks(`{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["u"],"taskIds":["t"]}}`, func(m *Message) any { return m.Subscription() }, `Tools=true URIs=(u) Tasks=(t)`)},
	"tasks/get": {
		asks(`{"taskId":"t"}`, func(m *Message) any { return m.TaskID() }, `t`),
		says(`{"taskId":"t","status":"completed","result":{"content":[]},"statusMessage":"done"}`, func(m *Message) any { return m.Task() }, `ID=t Status=completed Message=done Result={"content":[]}`),
		says(`{"taskId":"t","status":"failed","error":{"code":1,"message":"no"}}`, func(m *Message) any { return m.Task() }, `ID=t Status=failed Error={"code":1,"message":"no"}`),
	},
	"tasks/result": {asks(`{"taskId":"t"}`, func(m *Message) any { return m.TaskID() }, `t`)},
	"tasks/list":   {says(`{"tasks":[{"taskId":"a","status":"working"},{"taskId":"b"}]}`, func(m *Message) any { return m.Tasks() }, `(ID=a Status=working)(ID=b)`)},
	"tasks/cancel": {asks(`{"taskId":"t"}`, func(m *Message) any { return m.TaskID() }, `t`)},
	"tasks/update": {asks(`{"taskId":"t","inputResponses":{"k":{"action":"decline"}}}`, func(m *Message) any { return m.Answers() }, `k:(Action=decline)`)},
	"sampling/createMessage": {
		asks(`{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"tool_use"}]}],"systemPrompt":"be","tools":[{}],"maxTokens":9,"includeContext":"none"}`, func(m *Message) any { return m.Question().Sampling() },
			`Messages=(Role=user Content=(Type=text Text="a")(Type=tool_use)) System=be Tools=[{}] MaxTokens=9 Include=none`),
		says(`{"role":"assistant","model":"m","content":{"type":"text","text":"x"}}`, func(m *Message) any { return m.Answer() }, `Content={"type":"text","text":"x"} Model=m Blocks=(Type=text Text="x")`),
	},
	"roots/list": {says(`{"roots":[{"uri":"file:///a"}]}`, func(m *Message) any { return m.Answer() }, `Roots=(URI=file:///a)`)},
	"elicitation/create": {
		asks(`{"mode":"url","message":"go","url":"https://a.example/","elicitationId":"e"}`, func(m *Message) any { return m.Question().Elicitation() }, `Mode=url Message=go URL=https://a.example/ ID=e`),
		says(`{"action":"accept","content":{"a":1}}`, func(m *Message) any { return m.Answer() }, `Action=accept Content={"a":1}`),
	},
	"notifications/initialized":                nil,
	"notifications/roots/list_changed":         nil,
	"notifications/cancelled":                  {asks(`{"requestId":"r","reason":"bored"}`, func(m *Message) any { return m.CancelReason() }, `bored`), asks(`{"requestId":7}`, func(m *Message) any { id, _ := m.CancelledID(); return id }, `7`)},
	"notifications/progress":                   {asks(`{"progressToken":"p","progress":0.5,"total":1e3,"message":"half"}`, func(m *Message) any { return m.Progress() }, `Token="p" Progress=0.5 Total=1e3 Message=half`)},
	"notifications/tasks/status":               {asks(`{"taskId":"t","status":"cancelled"}`, func(m *Message) any { return m.TaskStatus() }, `ID=t Status=cancelled`)},
	"notifications/tasks":                      {asks(`{"taskId":"t","status":"input_required","inputRequests":{}}`, func(m *Message) any { return m.TaskStatus() }, `ID=t Status=input_required Asks={}`)},
	"notifications/message":                    {asks(`{"level":"info","logger":"l","data":[1]}`, func(m *Message) any { return m.LogMessage() }, `Level=info Logger=l Data=[1]`)},
	"notifications/tools/list_changed":         nil,
	"notifications/prompts/list_changed":       nil,
	"notifications/resources/list_changed":     nil,
	"notifications/resources/updated":          {asks(`{"uri":"u"}`, func(m *Message) any { return m.ResourceURI() }, `u`)},
	"notifications/elicitation/complete":       {asks(`{"elicitationId":"e"}`, func(m *Message) any { return m.ElicitationID() }, `e`)},
	"notifications/subscriptions/acknowledged": {asks(`{"notifications":{"promptsListChanged":true,"resourcesListChanged":true}}`, func(m *Message) any { return m.Subscription() }, `Prompts=true Resources=true`)},
}

// Every method of the table can be read, and a view of something else than the protocol
// says reads nothing rather than something wrong.
func TestEveryMethodHasItsView(t *testing.T) {
	for _, info := range Methods {
		all, ok := viewed[info.Method]
		if !ok {
			t.Errorf("%s has no view", info.Method)
		}
		for _, c := range all {
			m := viewedMessage(t, info, c)
			if got := show(m, reflect.ValueOf(c.view(m))); got != c.want {
				t.Errorf("%s\ngot  %s\nwant %s", m.Bytes(), got, c.want)
			}
			for _, other := range []string{`{}`, `{"name":{},"uri":[],"content":7,"task":[],"ref":"x","notifications":[1],"messages":{},"inputRequests":[],"tools":"x"}`} {
				c.json = other
				if m, err := decodeViewed(info, c); err == nil {
					c.view(m) // must not panic
				}
			}
		}
	}
	for method := range viewed {
		if _, ok := Lookup(method); !ok {
			t.Errorf("%s is in no table", method)
		}
	}
}

func viewedMessage(t *testing.T, info Info, c seen) *Message {
	t.Helper()
	m, err := decodeViewed(info, c)
	if err != nil {
		t.Fatalf("%s: %v", c.json, err)
	}
	return m
}

func decodeViewed(info Info, c seen) (*Message, error) {
	text := `{"jsonrpc":"2.0","id":1,"result":` + c.json + `}`
	if !c.result {
		id := `"id":1,`
		if info.Kind == Notification {
			id = ""
		}
		text = `{"jsonrpc":"2.0",` + id + `"method":"` + string(info.Method) + `","params":` + c.json + `}`
	}
	return Decode([]byte(text), limits)
}

package protocol_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/protocol"
)

// A sample is one part of a message as it should be.
type sample struct {
	part   protocol.Part
	method string
	value  string
}

const (
	aTool = `{"name":"t","title":"T","description":"d","inputSchema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},"outputSchema":{"type":"object"},"annotations":{"title":"x","readOnlyHint":true,"destructiveHint":false},"_meta":{}}`
	parts = `[{"type":"text","text":"x","annotations":{"audience":["user"],"priority":0.5}},{"type":"image","data":"AA==","mimeType":"image/png"},{"type":"audio","data":"AA==","mimeType":"audio/wav"},{"type":"resource","resource":{"uri":"file:///a","text":"x","mimeType":"text/plain"}},{"type":"resource_link","uri":"file:///a","name":"a","size":3}]`
)

var samples = []sample{
	{protocol.Params, "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}`},
	{protocol.Params, "tools/list", `{"cursor":"x","_meta":{"progressToken":"p"}}`},
	{protocol.Params, "tools/call", `{"name":"t","arguments":{"a":1},"_meta":{"progressToken":7}}`},
	{protocol.Params, "prompts/get", `{"name":"p","arguments":{"a":"1"}}`},
	{protocol.Params, "resources/read", `{"uri":"file:///a"}`},
	{protocol.Params, "resources/subscribe", `{"uri":"file:///a"}`},
	{protocol.Params, "completion/complete", `{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"v"},"context":{"arguments":{"b":"c"}}}`},
	{protocol.Params, "completion/complete", `{"ref":{"type":"ref/resource","uri":"file:///{a}"},"argument":{"name":"a","value":"v"}}`},
	{protocol.Params, "logging/setLevel", `{"level":"warning"}`},
	{protocol.Params, "sampling/createMessage", `{"messages":[{"role":"user","content":{"type":"text","text":"x"}},{"role":"assistant","content":[{"type":"text","text":"y"}]}],"maxTokens":10,"systemPrompt":"s","includeContext":"none","temperature":0.5,"stopSequences":["a"],"modelPreferences":{"hints":[{"name":"m"}],"costPriority":0.5}}`},
	{protocol.Params, "elicitation/create", `{"message":"m","requestedSchema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}`},
	{protocol.Params, "notifications/cancelled", `{"requestId":1,"reason":"r"}`},
	{protocol.Params, "notifications/progress", `{"progressToken":"p","progress":1.5,"total":3,"message":"m"}`},
	{protocol.Params, "notifications/message", `{"level":"info","logger":"l","data":{"a":1}}`},
	{protocol.Params, "notifications/resources/updated", `{"uri":"file:///a"}`},
	{protocol.Result, "initialize", `{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"s","version":"1","title":"S"},"instructions":"i"}`},
	{protocol.Result, "tools/list", `{"tools":[` + aTool + `],"nextCursor":"n"}`},
	{protocol.Result, "tools/call", `{"content":` + parts + `,"structuredContent":{"a":1},"isError":false}`},
	{protocol.Result, "prompts/list", `{"prompts":[{"name":"p","description":"d","arguments":[{"name":"a","description":"d","required":true}]}]}`},
	{protocol.Result, "prompts/get", `{"description":"d","messages":[{"role":"user","content":{"type":"text","text":"x"}}]}`},
	{protocol.Result, "resources/list", `{"resources":[{"uri":"file:///a","name":"a","mimeType":"text/plain","size":3}]}`},
	{protocol.Result, "resources/templates/list", `{"resourceTemplates":[{"uriTemplate":"file:///{a}","name":"a"}]}`},
	{protocol.Result, "resources/read", `{"contents":[{"uri":"file:///a","mimeType":"text/plain","text":"x"},{"uri":"file:///b","blob":"AA=="}]}`},
	{protocol.Result, "completion/complete", `{"completion":{"values":["a"],"total":1,"hasMore":false}}`},
	{protocol.Result, "sampling/createMessage", `{"role":"assistant","content":{"type":"text","text":"x"},"model":"m","stopReason":"endTurn"}`},
	{protocol.Result, "roots/list", `{"roots":[{"uri":"file:///a","name":"a"}]}`},
	{protocol.Result, "elicitation/create", `{"action":"accept","content":{"a":"x","b":1,"c":true}}`},
}

// changed are all values that differ from v in one place: a value of each other type, or one
// member less.
func changed(v any) (out []any) {
	out = append(out, nil, true, 7.5, "other", []any{}, map[string]any{})
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			less := maps.Clone(v)
			delete(less, name)
			out = append(out, less)
			for _, one := range changed(v[name]) {
				other := maps.Clone(v)
				other[name] = one
				out = append(out, other)
			}
		}
	case []any:
		for i := range v {
			for _, one := range changed(v[i]) {
				other := slices.Clone(v)
				other[i] = one
				out = append(out, other)
			}
		}
	}
	return out
}

// TestSamples holds that what is as it should be has no fault, in either era.
func TestSamples(t *testing.T) {
	for _, s := range samples {
		for _, modern := range []bool{false, true} {
			if faults := protocol.Check(s.part, s.method, modern, []byte(s.value)); len(faults) > 0 {
				t.Errorf("%d %s: %+v", s.part, s.method, faults)
			}
		}
	}
}

// TestAgainstTheOfficialSDK changes each sample in one place, in every way, and asks the SDK's
// schemas: what is refused here as high has to be refused there, and what is refused there is
// counted: nearly all of it has to be refused or noted here.
func TestAgainstTheOfficialSDK(t *testing.T) {
	node := os.Getenv("MANTLET_NODE")
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	sdk := filepath.Join(root, ".cache", "npm", "node_modules", "@modelcontextprotocol", "sdk")
	if _, err := os.Stat(sdk); err != nil || node == "" {
		t.Skip("the official SDK is not there: run make peers, and set MANTLET_NODE")
	}
	var asked []sample
	var in bytes.Buffer
	for _, s := range samples {
		var v any
		if err := json.Unmarshal([]byte(s.value), &v); err != nil {
			t.Fatal(err)
		}
		part := map[protocol.Part]string{protocol.Params: "params", protocol.Result: "result"}[s.part]
		for _, one := range changed(v) {
			b, err := json.Marshal(one)
			if err != nil {
				t.Fatal(err)
			}
			line, err := json.Marshal(map[string]any{"part": part, "method": s.method, "value": one})
			if err != nil {
				t.Fatal(err)
			}
			asked = append(asked, sample{s.part, s.method, string(b)})
			in.Write(append(line, '\n'))
		}
	}
	cmd := exec.Command(node, "testdata/referee.mjs", sdk) //nolint:gosec // the test's own referee
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var n, refused, caught int
	lines := bufio.NewScanner(bytes.NewReader(out))
	for i := 0; lines.Scan(); i++ {
		s := asked[i]
		faults := protocol.Check(s.part, s.method, false, []byte(s.value))
		high := slices.ContainsFunc(faults, func(f protocol.Fault) bool { return f.Severity >= finding.High })
		n++
		switch lines.Text() {
		case "yes":
			if high && !strings.Contains(s.value, `"properties":{"a":[]}`) { // JavaScript takes a list for an object
				t.Errorf("%s takes %.300s, and here it is %+v", s.method, s.value, faults)
			}
		case "no":
			refused++
			if len(faults) > 0 {
				caught++
			} else if testing.Verbose() {
				fmt.Printf("not caught: %s %.200s\n", s.method, s.value)
			}
		}
	}
	t.Logf("%d changed values, the SDK refuses %d, of which %d have a fault here", n, refused, caught)
	if refused == 0 || caught*100 < refused*95 {
		t.Errorf("%d of %d", caught, refused)
	}
}

package inspect_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/token"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/outside"
)

var (
	ada = mantlet.Conversation{Principal: mantlet.PrincipalKey{Issuer: "i", Subject: "ada"}}
	eve = mantlet.Conversation{Principal: mantlet.PrincipalKey{Issuer: "i", Subject: "eve"}}
)

const tokenShaped = token.Prefix + "abcdefghijklmnopqrstuvwxyz"

// quiet is a word that its hits do not name, as those of a detector of secrets do not.
type quiet struct{ word }

func (q quiet) Find(dst []finding.Hit, text []byte) []finding.Hit {
	n := len(dst)
	dst = q.word.Find(dst, text)
	for i := range dst[n:] {
		dst[n+i].Rule, dst[n+i].Words = "secret/key", "it holds a key"
	}
	return dst
}

// tokenising is a room that makes tokens of the word "4711-key", refuses it on its way in, and
// puts it back into bank's pay/account and pay/list/*/n.
func tokenising(t testing.TB, change func(*inspect.Options)) *inspect.Room {
	t.Helper()
	v, err := token.New(token.Options{Digits: []string{"digits"}, Grants: []token.Grant{
		{Server: "bank", Param: "pay/account", Class: "secret"}, {Server: "bank", Param: "pay/list/*/n", Class: "secret"}, {Server: "bank", Param: "pay/number", Class: "digits"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	secret, digits := quiet{word{"4711-key", finding.High}}, quiet{word{"4111111111111111", finding.High}}
	o := inspect.Options{Protocol: lenient, Tokens: v, Rows: []inspect.Row{
		{Fact: "secret", Detector: secret, On: inspect.Back, Do: inspect.Tokenise, From: finding.High, Private: true, Returned: true},
		{Fact: "secret", Detector: secret, On: inspect.In, Do: inspect.Block, From: finding.High, Private: true, Returned: true},
		{Fact: "digits", Detector: digits, On: inspect.Back, Do: inspect.Tokenise, From: finding.High, Private: true, Returned: true},
		{Fact: "digits", Detector: digits, On: inspect.In, Do: inspect.Block, From: finding.High, Private: true, Returned: true},
	}}
	if change != nil {
		change(&o)
	}
	r, err := inspect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tool(server, name string) mantlet.Target {
	return mantlet.Target{Server: mantlet.ServerID(server), Kind: mantlet.KindTool, Name: name}
}

// passed sends c through the room as the corridor does: what was edited is looked at again, and
// must not be edited twice.
func passed(t testing.TB, r *inspect.Room, c inspect.Content) (text string, rep inspect.Report) {
	t.Helper()
	rep, err := r.Inspect(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Refused != "" || len(rep.Cuts) == 0 {
		return string(c.Text), rep
	}
	c.Text, c.Again, c.Restored = []byte(edited(string(c.Text), rep.Cuts)), true, rep.Restored
	if !valid(string(c.Text)) {
		t.Fatalf("no JSON: %s", c.Text)
	}
	again, err := r.Inspect(t.Context(), c)
	if err != nil || len(again.Cuts) > 0 {
		t.Fatalf("edited twice: %s, %v, %v", c.Text, again.Cuts, err)
	}
	again.Findings = append(rep.Findings, again.Findings...)
	return string(c.Text), again
}

// tokenOf is what a model sees of the secret.
func tokenOf(t testing.TB, r *inspect.Room) string {
	t.Helper()
	c := result(`{"content":[{"type":"text","text":"it is 4711-key."}]}`)
	c.Bound, c.Target = ada, tool("bank", "find")
	text, rep := passed(t, r, c)
	i := strings.Index(text, token.Prefix)
	if i < 0 || strings.Contains(text, "4711-key") || rep.Findings[0].Action != inspect.Tokenise {
		t.Fatalf("%s %+v", text, rep.Findings)
	}
	return text[i : i+token.Size]
}

// TestTokensComeBack holds where a token becomes its value again: in its own caller's call of
// its own server, alone in an argument that is granted to it, and nowhere else.
func TestTokensComeBack(t *testing.T) {
	r := tokenising(t, nil)
	tok := tokenOf(t, r)
	forged := tok[:len(tok)-1] + map[bool]string{true: "q", false: "a"}[tok[len(tok)-1] == 'a']
	for _, c := range []struct {
		name, server, tool, arguments string
		bound                         mantlet.Conversation
		want                          string // "" where it is refused
	}{
		{"granted", "bank", "pay", `{"account":"` + tok + `"}`, ada, `{"account":"4711-key"}`},
		{"granted below", "bank", "pay", `{"list":[{"n":"` + tok + `"}]}`, ada, `{"list":[{"n":"4711-key"}]}`},
		{"written with escapes", "bank", "pay", `{"account":"\u006d` + tok[1:] + `"}`, ada, `{"account":"4711-key"}`},
		{"another server", "crm", "pay", `{"account":"` + tok + `"}`, ada, ""},
		{"another tool", "bank", "post", `{"account":"` + tok + `"}`, ada, ""},
		{"another argument", "bank", "pay", `{"note":"` + tok + `"}`, ada, ""},
		{"another caller", "bank", "pay", `{"account":"` + tok + `"}`, eve, ""},
		{"nobody", "bank", "pay", `{"account":"` + tok + `"}`, mantlet.Conversation{}, ""},
		{"forged", "bank", "pay", `{"account":"` + forged + `"}`, ada, ""},
		{"cut short", "bank", "pay", `{"account":"` + tok[:20] + `"}`, ada, ""},
		{"among words", "bank", "pay", `{"account":"to ` + tok + ` please"}`, ada, ""},
		{"twice", "bank", "pay", `{"account":"` + tok + tok + `"}`, ada, ""},
		{"as a name", "bank", "pay", `{"` + tok + `":"account"}`, ada, ""},
		{"an argument with such a name", "bank", "pay", `{"list":{"*":{"n":"` + tok + `"}}}`, ada, ""},
		{"one that may, and one that may not", "bank", "pay", `{"account":"` + tok + `","note":"` + tok + `"}`, ada, ""},
		{"the value itself", "bank", "pay", `{"account":"4711-key"}`, ada, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, rep := passed(t, r, inspect.Content{
				Kind: inspect.Request, Method: "tools/call", Target: tool(c.server, c.tool), Bound: c.bound,
				Text: []byte(`{"name":"` + c.tool + `","arguments":` + c.arguments + `}`), Value: []byte(c.arguments),
			})
			got := strings.TrimSuffix(strings.TrimPrefix(text, `{"name":"`+c.tool+`","arguments":`), "}")
			if rep.Refused != "" {
				got = ""
			}
			if got != c.want {
				t.Errorf("%s (%s), want %s", got, rep.Refused, c.want)
			}
			if rep.Refused != "" && (len(rep.Cuts) > 0 || len(rep.Restored) > 0 || strings.Contains(rep.Refused, "4711-key")) {
				t.Errorf("%+v", rep)
			}
			if c.want != "" && !slices.Contains(rep.Facts, "secret.high") {
				t.Errorf("policy does not learn what the value is: %v", rep.Facts)
			}
		})
	}
	for _, c := range []inspect.Content{
		{Kind: inspect.Request, Method: "prompts/get", Text: []byte(`{"name":"p","arguments":{"account":"` + tok + `"}}`)},
		{Kind: inspect.Request, Method: "resources/read", Text: []byte(`{"uri":"file:///` + tok + `"}`)},
		{Kind: inspect.Result, Method: "elicitation/create", Text: []byte(`{"action":"accept","content":{"account":"` + tok + `"}}`)},
		{Kind: inspect.Request, Method: "tools/call", Text: []byte(`{"_meta":{"x":"` + tok + `"},"name":"pay","arguments":{}}`)},
	} {
		c.Bound, c.Target = ada, tool("bank", "pay")
		if _, rep := passed(t, r, c); rep.Refused == "" {
			t.Errorf("%s: passed", c.Text)
		}
	}
}

// TestTokensOnTheirWayBack holds what becomes of a result, for each kind of leaf.
func TestTokensOnTheirWayBack(t *testing.T) {
	r := tokenising(t, nil)
	tok := tokenOf(t, r)
	for _, c := range []struct{ name, server, text, want string }{
		{"the same value has the same token", "bank", `["4711-key","4711-key"]`, `["` + tok + `","` + tok + `"]`},
		{"its own token", "bank", `["` + tok + `"]`, `["` + tok + `"]`},
		{"another server's token", "crm", `["` + tok + `"]`, `["mtok-void-` + tok[len(token.Prefix):] + `"]`},
		{"one that nobody made", "bank", `["x ` + tokenShaped + ` y"]`, `["x mtok-void-abcdefghijklmnopqrstuvwxyz y"]`},
		{"in other letters", "bank", `["MTOK1_ABC"]`, `["mtok-void-ABC"]`},
		{"beside a secret", "bank", `["` + tokenShaped + ` 4711-key"]`, `["mtok-void-abcdefghijklmnopqrstuvwxyz ` + tok + `"]`},
		{"as a name", "bank", `{"` + tokenShaped + `":1}`, ""},
		{"a secret as a name", "bank", `{"4711-key":1}`, ""},
		{"a letter behind it", "bank", `["4711-keys"]`, `["[secret/key]s"]`},
		{"two of them", "bank", `["4711-key4711-key"]`, "one token"},
		{"a number", "bank", `{"n":4111111111111111}`, "a number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := result(c.text)
			content.Bound, content.Target = ada, tool(c.server, "find")
			got, rep := passed(t, r, content)
			switch {
			case rep.Refused != "":
				got = ""
			case c.want == "one token" && strings.Count(got, token.Prefix) == 1 && len(got) == token.Size+4:
				return
			case c.want == "a number" && !strings.Contains(got, "4111111111111111"):
				return
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestANumberComesBack holds that a token of digits is a number, and comes back as one.
func TestANumberComesBack(t *testing.T) {
	var r *inspect.Room
	n := "0"
	for i := 0; n == "0" && i < 100; i++ { // one of ten begins with 0, which no number does
		r = tokenising(t, nil)
		c := result(`{"structuredContent":{"card":4111111111111111}}`)
		c.Bound, c.Target = ada, tool("bank", "find")
		text, _ := passed(t, r, c)
		n = strings.TrimSuffix(strings.TrimPrefix(text, `{"structuredContent":{"card":`), "}}")
	}
	if len(n) != 16 || n == "4111111111111111" {
		t.Fatal(n)
	}
	call := inspect.Content{Kind: inspect.Request, Method: "tools/call", Target: tool("bank", "pay"), Bound: ada}
	call.Text = []byte(`{"name":"pay","arguments":{"number":` + n + `}}`)
	if text, rep := passed(t, r, call); rep.Refused != "" || text != `{"name":"pay","arguments":{"number":4111111111111111}}` {
		t.Errorf("%s %s", text, rep.Refused)
	}
	call.Text = []byte(`{"name":"pay","arguments":{"amount":` + n + `}}`)
	if text, _ := passed(t, r, call); strings.Contains(text, "4111111111111111") {
		t.Errorf("it comes back elsewhere: %s", text)
	}
}

// TestWhatWasPutBackIsNotRepeated holds that a server does not tell the model what it was given
// in place of a token, though no detector knows it there.
func TestWhatWasPutBackIsNotRepeated(t *testing.T) {
	r := tokenising(t, func(o *inspect.Options) { o.Rows[0].On = inspect.Description })
	v := result(`{"tools":["4711-key"]}`)
	v.Method, v.Bound, v.Target = "tools/list", ada, tool("bank", "pay")
	text, _ := passed(t, r, v)
	tok := text[len(`{"tools":["`):][:token.Size]
	for _, c := range []struct {
		text, want string
		restored   []inspect.Restored
	}{
		{`{"content":[{"type":"text","text":"paid with 4711-key"}],"n":1}`, `{"content":[{"type":"text","text":"paid with ` + tok + `"}],"n":1}`, []inspect.Restored{{At: "/arguments/account", Class: "secret"}}},
		{`{"content":[],"structuredContent":{"4711-key":1}}`, "", []inspect.Restored{{At: "/arguments/account", Class: "secret"}}},
		{`{"content":[{"type":"text","text":"paid with 4711-key"}]}`, `{"content":[{"type":"text","text":"paid with 4711-key"}]}`, nil},
	} {
		answer := result(c.text)
		answer.Bound, answer.Target, answer.Restored = ada, tool("bank", "pay"), c.restored
		answer.Asked = []byte(`{"name":"pay","arguments":{"note":"n","account":"4711-key"}}`)
		rep, err := r.Inspect(t.Context(), answer)
		if err != nil {
			t.Fatal(err)
		}
		got := edited(c.text, rep.Cuts)
		if rep.Refused != "" {
			got = ""
		}
		if got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestTokensAndSchemas holds that a structured result whose schema has no place for a token is
// refused, and that a call is held against its schema with the value.
func TestTokensAndSchemas(t *testing.T) {
	for _, c := range []struct {
		schema string
		fits   bool
	}{{`"maxLength":8`, false}, {`"maxLength":100`, true}} {
		r := tokenising(t, func(o *inspect.Options) {
			o.Definitions = definitions(`{"name":"pay","inputSchema":{"type":"object","properties":{"account":{"type":"string","maxLength":8}}},"outputSchema":{"type":"object","properties":{"account":{"type":"string",` + c.schema + `}}}}`)
		})
		content := result(`{"content":[],"structuredContent":{"account":"4711-key"}}`)
		content.Bound, content.Target, content.Digest = ada, tool("bank", "pay"), [32]byte{1}
		content.Value = []byte(`{"account":"4711-key"}`)
		rep, err := r.Inspect(t.Context(), content)
		if err != nil || rep.Refused != "" || len(rep.Cuts) != 1 {
			t.Fatalf("%+v, %v", rep, err)
		}
		content.Text, content.Again = []byte(edited(string(content.Text), rep.Cuts)), true
		content.Value = content.Text[len(`{"content":[],"structuredContent":`) : len(content.Text)-1]
		if rep, err = r.Inspect(t.Context(), content); err != nil || (rep.Refused == "") != c.fits {
			t.Errorf("%s: %+v, %v", c.schema, rep, err)
		}
		tok := tokenOf(t, r)
		call := inspect.Content{
			Kind: inspect.Request, Method: "tools/call", Target: tool("bank", "pay"), Digest: [32]byte{1}, Bound: ada,
			Text: []byte(`{"name":"pay","arguments":{"account":"` + tok + `"}}`), Value: []byte(`{"account":"` + tok + `"}`),
		}
		rep, err = r.Inspect(t.Context(), call)
		if err != nil || rep.Refused != "" || len(rep.Restored) != 1 {
			t.Fatalf("%+v, %v", rep, err)
		}
		call.Text, call.Value = []byte(edited(string(call.Text), rep.Cuts)), []byte(`{"account":"4711-key"}`)
		call.Again, call.Restored = true, rep.Restored
		if rep, err = r.Inspect(t.Context(), call); err != nil || rep.Refused != "" {
			t.Errorf("%+v, %v", rep, err)
		}
		call.Restored = nil
		if rep, err = r.Inspect(t.Context(), call); err != nil || rep.Refused == "" {
			t.Errorf("the value passes without having been put back: %+v, %v", rep, err)
		}
	}
}

// TestJudgesSeeNoRestoredValue holds it also where no detector knows the value any more.
func TestJudgesSeeNoRestoredValue(t *testing.T) {
	s := &stranger{answer: `{"version":1}`}
	r := tokenising(t, func(o *inspect.Options) {
		o.Rows = o.Rows[:1] // on the way in nothing is looked for
		o.Judges = []inspect.Judge{{Detector: outside.Detector{Name: "s", Peer: s, Timeout: time.Second}, On: inspect.In, Do: inspect.Block, From: finding.High}}
	})
	tok := tokenOf(t, r)
	text, rep := passed(t, r, inspect.Content{
		Kind: inspect.Request, Method: "tools/call", Target: tool("bank", "pay"), Bound: ada,
		Text: []byte(`{"name":"pay","arguments":{"account":"` + tok + `"}}`), Value: []byte(`{"account":"` + tok + `"}`),
	})
	if rep.Refused != "" || !strings.Contains(text, "4711-key") {
		t.Fatalf("%s %s", text, rep.Refused)
	}
	seen, err := json.Marshal(s.shown)
	if err != nil || strings.Contains(string(seen), "4711-key") || !strings.Contains(string(seen), "[token/restored]") {
		t.Errorf("%s, %v", seen, err)
	}
}

// TestTokensNeedAVault holds that a row that cannot do what it says is not taken.
func TestTokensNeedAVault(t *testing.T) {
	v, err := token.New(token.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		on    inspect.Surface
		vault *token.Vault
		taken bool
	}{{inspect.Back, nil, false}, {inspect.In, v, false}, {inspect.Data, v, true}} {
		_, err := inspect.New(inspect.Options{Tokens: c.vault, Rows: []inspect.Row{{Fact: "x", Detector: word{"x", finding.High}, On: c.on, Do: inspect.Tokenise, From: finding.High}}})
		if (err == nil) != c.taken {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

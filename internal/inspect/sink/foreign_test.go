package sink_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

func sorted(hits []sink.Hit) string {
	all := strings.Fields(rules(hits))
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestValues(t *testing.T) {
	ten, hundred := 10.0, 100.0
	kind := func(k sink.Kind) sink.Options { return sink.Options{Kinds: map[string]sink.Kind{"v": k}} }
	for _, c := range []struct {
		name, value, want string
		o                 sink.Options
	}{
		{"a file's key (G-01)", "x$(touch /tmp/marker)", "metacharacter=high", kind(sink.Identifier)},
		{"one with a command", "abc;touch /tmp/marker", "metacharacter=high", kind(sink.Identifier)},
		{"one in backticks", "abc`id`", "metacharacter=high", kind(sink.Identifier)},
		{"one with an escaped command", "abc%3bid", "metacharacter=high", kind(sink.Identifier)},
		{"one with a look-alike", "abc\uff1bid", "metacharacter=high", kind(sink.Identifier)},
		{"two lines", "a\nid", "line-break=high", kind(sink.Identifier)},
		{"a line's end", "abc\n", "", kind(sink.Identifier)},
		{"flags (G-03)", "pod --address=0.0.0.0 -n kube-system", "blank=medium flag=high", kind(sink.Argument)},
		{"a flag", "--upload-pack=touch /tmp/x", "blank=medium flag=high sql-injection=high", kind(sink.Argument)},
		{"a flag of one letter", "-oProxyCommand=id", "flag=high", kind(sink.Identifier)},
		{"a negative number", "-12", "", kind(sink.Identifier)},
		{"a placeholder", "<branch>", "metacharacter=medium", kind(sink.Argument)},
		{"SQL in a key", "1' OR '1'='1", "sql-injection=high", kind(sink.Identifier)},
		{"SQL in an unknown place", "1' OR '1'='1", "sql-injection=medium", kind(0)},
		{"SQL in prose", "1' OR '1'='1", "", kind(sink.Text)},
		{"a template's expression", "{{7*7}}", "template=medium", kind(0)},
		{"one that reaches out", "{{''.__class__.__mro__}}", "template=high", kind(0)},
		{"a placeholder of one", "Hello {{name}}", "template=low", kind(0)},
		{"where it belongs", "{{''.__class__}}", "", kind(sink.Template)},
		{"an LDAP filter that is two", "(uid=a)(|(uid=*))", "ldap=high", kind(sink.LDAP)},
		{"a value that breaks out", "a*)(uid=*", "ldap=high", kind(sink.LDAP)},
		{"in a key", "admin)(&(password=*", "ldap=high metacharacter=low", kind(sink.Identifier)},
		{"a filter", "(&(a=b)(c=d*))", "", kind(sink.LDAP)},
		{"a condition in a text", `{"$gt":""}`, "operator=high", kind(sink.Identifier)},
		{"code in a query", `{"$where":"sleep(1)"}`, "operator=high sql-injection=medium", kind(sink.Query)},
		{"a header of two lines", "x\r\nBcc: a@b", "line-break=high", kind(sink.Header)},
		{"escaped", "x%0d%0aBcc: a@b", "line-break=high", kind(sink.Header)},
		{"markup", "<img src=x onerror=alert(1)>", "markup=low", kind(0)},
		{"an expression without end", `(a+)+$`, "regex-backtracks=medium", kind(sink.Regex)},
		{"words and blanks", `^(\w+\s?)*$`, "regex-backtracks=medium", kind(sink.Regex)},
		{"what is parted", `(\d+\.)+`, "", kind(sink.Regex)},
		{"possessive", `(a++)+`, "", kind(sink.Regex)},
		{"counts", `a{5000}`, "regex-backtracks=medium", kind(sink.Regex)},
		{"programs", "import os; os.system('x')", "code-call=low", kind(sink.Code)},
		{"a recipient (F09)", "marker@example.invalid", "recipient=high", sink.Options{Kinds: map[string]sink.Kind{"v": sink.Mail}, Policy: sink.Policy{Domains: []string{"example.com", "*.example.com"}}}},
		{"one that is allowed", "A <a@mail.example.com>", "", sink.Options{Kinds: map[string]sink.Kind{"v": sink.Mail}, Policy: sink.Policy{Domains: []string{"example.com", "*.example.com"}}}},
		{"one more", "a@example.com, b@example.org", "recipient=high recipients=low", sink.Options{Kinds: map[string]sink.Kind{"v": sink.Mail}, Policy: sink.Policy{Domains: []string{"example.com"}}}},
		{"nobody", "a@example.com", "recipient=high", sink.Options{Kinds: map[string]sink.Kind{"v": sink.Mail}, Policy: sink.Policy{Domains: []string{}}}},
		{"another behind a name", `"boss@example.com" <x@example.org>`, "recipient-confusing=medium", kind(sink.Mail)},
		{"a copy", "a@example.com\nBcc: b@example.org", "line-break=high recipient-confusing=medium", kind(sink.Mail)},
		{"an amount", "50", "", sink.Options{Kinds: map[string]sink.Kind{"v": sink.Money}, Policy: sink.Policy{Least: &ten, Most: &hundred}}},
		{"too much", "100.01", "amount=high", sink.Options{Kinds: map[string]sink.Kind{"v": sink.Money}, Policy: sink.Policy{Least: &ten, Most: &hundred}}},
		{"no number", "NaN", "amount-unclear=high", sink.Options{Kinds: map[string]sink.Kind{"v": sink.Money}, Policy: sink.Policy{Most: &hundred}}},
		{"less than nothing", "-5", "amount-negative=medium", kind(sink.Money)},
		{"a list in a text", `["a","../../../../etc/passwd"]`, "path-sensitive=high path-traversal=high", kind(sink.Path)},
		{"a document in a text", `{"file_path":"/etc/shadow","__proto__":{}}`, "path-sensitive=high prototype=high", kind(0)},
		{"an address in a text's list", `["http://0x7f.1/"]`, "url-disguised=high", kind(sink.URL)},
		{"a list of names", `["main","next"]`, "", kind(sink.Identifier)},
		{"a path where none is", "../../../../etc/passwd", "path-traversal=high", kind(0)},
		{"a command where none is", "x; cat /etc/passwd", "command=medium", kind(0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, "x", "", c.o, "v")
			if got := sorted(p.Check(arguments(t, "v", c.value))); got != c.want {
				t.Errorf("%q: %s, want %s", c.value, got, c.want)
			}
		})
	}
}

func TestMembersAndNumbers(t *testing.T) {
	hundred := 100.0
	p, err := sink.New("pay", []byte(`{"inputSchema":{"type":"object","properties":{"id":{"type":"string"},"filter":{"type":"object"},"amount":{"type":"number"},"level":{"enum":["a"]}}}}`), sink.Options{Policy: sink.Policy{Most: &hundred}})
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		`{"id":"x","amount":99.5}`:                          "",
		`{"amount":100.5}`:                                  "amount=high",
		`{"amount":1e3}`:                                    "amount-unclear=medium amount=high",
		`{"__proto__":{"admin":true}}`:                      "prototype=high",
		`{"filter":{"constructor":{"prototype":{}}}}`:       "prototype=high prototype=low",
		`{"id":{"$ne":null}}`:                               "operator=high",
		`{"filter":{"a":{"$gt":1}}}`:                        "operator=low",
		`{"filter":{"$where":"this.a"}}`:                    "operator=high",
		`{"filter":{"$ref":"x"}}`:                           "",
		`{"level":"-x;id"}`:                                 "", // the schema lists the values, and is held
		`{"nobody":{"knows":[{"file_path":"../../../x"}]}}`: "path-traversal=high",
	} {
		if got := sorted(p.Check([]byte(args))); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

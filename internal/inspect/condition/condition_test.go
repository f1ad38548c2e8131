package condition_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/condition"
)

const shop = `
@id("limit") @tool("shop/refund") @words("a refund is 500 at most")
forbid (principal, action, resource) when { context.arguments.amount > 500 && !(context.arguments has approval) };

@id("currency") @tool("shop/refund")
forbid (principal, action, resource) unless { ["EUR", "CHF"].contains(context.arguments.currency) };

@id("range") @tool("shop/report") @words("the report ends before it begins")
forbid (principal, action, resource) when { context.arguments.from > context.arguments.to };

@id("own") @tool("shop/*") @words("mail goes to the company alone")
forbid (principal, action, resource) when { context.arguments has recipient && context.arguments.recipient has mail && !(context.arguments.recipient.mail like "*@example.com") };
`

func TestCheck(t *testing.T) {
	c, err := condition.Read([]byte(shop), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct{ name, tool, arguments, want string }{
		{"may pass", "refund", `{"amount":500,"currency":"EUR"}`, ""},
		{"too much", "refund", `{"amount":501,"currency":"EUR"}`, "limit: a refund is 500 at most"},
		{"too much, approved", "refund", `{"amount":501,"currency":"EUR","approval":"x"}`, ""},
		{"null is as if it were not there", "refund", `{"amount":501,"currency":"EUR","approval":null}`, "limit: a refund is 500 at most"},
		{"another currency", "refund", `{"amount":1,"currency":"USD"}`, "currency: the arguments do not fulfil a condition of this tool"},
		{"two values", "report", `{"from":9,"to":3}`, "range: the report ends before it begins"},
		{"in order", "report", `{"from":3,"to":9}`, ""},
		{"of every tool", "mail", `{"recipient":{"mail":"x@evil.example"}}`, "own: mail goes to the company alone"},
		{"of every tool, fulfilled", "mail", `{"recipient":{"mail":"x@example.com"}}`, ""},
		{"what cannot be compared", "refund", `{"amount":"much","currency":"EUR"}`, "error"},
		{"what is not there", "refund", `{"currency":"EUR"}`, "error"},
		{"a fraction beside a whole", "refund", `{"amount":500.5,"currency":"EUR"}`, "error"},
		{"a number that Cedar has not", "refund", `{"amount":1e30,"currency":"EUR"}`, "error"},
		{"no arguments", "report", ``, "error"},
	} {
		t.Run(one.name, func(t *testing.T) {
			err := c.Check("shop", one.tool, []byte(one.arguments))
			got := ""
			if r, ok := errors.AsType[*condition.Refusal](err); ok {
				got = r.ID + ": " + r.Words
			} else if err != nil {
				got = "error"
			}
			if got != one.want {
				t.Errorf("%q, want %q (%v)", got, one.want, err)
			}
		})
	}
	if err := c.Check("other", "refund", []byte(`{`)); err != nil {
		t.Errorf("a tool without conditions: %v", err)
	}
}

func TestRead(t *testing.T) {
	for words, text := range map[string]string{
		"a condition has a name":   `@tool("a/b") forbid (principal, action, resource);`,
		"is of no tool":            `@id("x") forbid (principal, action, resource);`,
		"conditions forbid":        `@id("x") @tool("a/b") permit (principal, action, resource);`,
		"two conditions x for a/b": `@id("x") @tool("a/b") forbid (principal, action, resource); @id("x") @tool("a/b") forbid (principal, action, resource);`,
		"unexpected":               `@id("x") forbid everything;`,
	} {
		if _, err := condition.Read([]byte(text), nil); err == nil || !strings.Contains(err.Error(), words) && words != "unexpected" {
			t.Errorf("%s: %v", words, err)
		}
	}
}

func TestFixtures(t *testing.T) {
	for words, text := range map[string]string{
		"":                          `[{"tool":"shop/refund","arguments":{"amount":501,"currency":"EUR"},"refused":"limit"},{"tool":"shop/report","arguments":{"from":1,"to":2}}]`,
		"limit refuses it":          `[{"tool":"shop/refund","arguments":{"amount":501,"currency":"EUR"}}]`,
		"and nothing does":          `[{"tool":"shop/refund","arguments":{"amount":1,"currency":"EUR"},"refused":"limit"}]`,
		"limit should refuse it":    `[{"tool":"shop/refund","arguments":{"amount":1,"currency":"USD"},"refused":"limit"}]`,
		"fixture 1 (shop/report): ": `[{"tool":"shop/report","arguments":{"from":"x","to":2}}]`,
	} {
		f, err := condition.ReadFixtures([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := condition.Read([]byte(shop), f); (err == nil) != (words == "") || err != nil && !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
	if _, err := condition.ReadFixtures([]byte(`[{"tool":"a","tool":"b"}]`)); err == nil {
		t.Error("a name twice was taken")
	}
}

func BenchmarkCheck(b *testing.B) {
	c, err := condition.Read([]byte(shop), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Check("shop", "refund", []byte(`{"amount":500,"currency":"EUR"}`)); err != nil {
			b.Fatal(err)
		}
	}
}

package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

const bankKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n-----END OPENSSH PRIVATE KEY-----"

// A bank tells a key and a card, and remembers what it is asked to pay with.
type bank struct {
	mu   sync.Mutex
	paid []string
}

func (b *bank) last() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.paid) == 0 {
		return ""
	}
	return b.paid[len(b.paid)-1]
}

func (b *bank) times() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.paid)
}

func (b *bank) serve(t *testing.T) string {
	t.Helper()
	s := mcp.NewServer(&mcp.Implementation{Name: "bank", Version: "1"}, nil)
	type none struct{}
	type in struct {
		Account string `json:"account,omitempty"`
		Note    string `json:"note,omitempty"`
	}
	type out struct {
		Short string `json:"short" jsonschema:"maxLength=20"`
	}
	read := &mcp.ToolAnnotations{ReadOnlyHint: true}
	for name, text := range map[string]string{"key": "the key is " + bankKey, "card": "the card is 4539 1488 0343 6467.", "talk": "use mtok1_abcdefghijklmnopqrstuvwxyz for it"} {
		mcp.AddTool(s, &mcp.Tool{Name: name, Description: "Returns it.", Annotations: read},
			func(context.Context, *mcp.CallToolRequest, none) (*mcp.CallToolResult, any, error) {
				return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
			})
	}
	mcp.AddTool(s, &mcp.Tool{Name: "structured", Description: "Returns it.", Annotations: read, OutputSchema: map[string]any{
		"type": "object", "properties": map[string]any{"short": map[string]any{"type": "string", "maxLength": 20}},
	}}, func(context.Context, *mcp.CallToolRequest, none) (*mcp.CallToolResult, out, error) {
		return nil, out{"4539 1488 0343 6467"}, nil
	})
	mcp.AddTool(s, &mcp.Tool{Name: "pay", Description: "Pays.", Annotations: read},
		func(_ context.Context, _ *mcp.CallToolRequest, in in) (*mcp.CallToolResult, any, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.paid = append(b.paid, in.Account+in.Note)
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "paid with " + in.Account}}}, nil, nil
		})
	srv := httptest.NewServer(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, &mcp.StreamableHTTPOptions{Stateless: true}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// told calls a tool and returns its words, or why it has none.
func told(t *testing.T, s *mcp.ClientSession, tool string, arguments map[string]any) (text string, refused bool) {
	t.Helper()
	if arguments == nil {
		arguments = map[string]any{}
	}
	r, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return err.Error(), true
	}
	for _, c := range r.Content {
		if c, ok := c.(*mcp.TextContent); ok {
			text += c.Text
		}
	}
	return text, r.IsError
}

func tokenIn(t *testing.T, text string) string {
	t.Helper()
	i := strings.Index(text, "mtok1_")
	if i < 0 || len(text) < i+32 {
		t.Fatalf("no token: %q", text)
	}
	return text[i : i+32]
}

// TestTokens holds that a model works with a value that it never sees: the server that gave it
// gets it back where a grant says so, and nobody else does, nowhere else, with nothing that
// somebody made up. Without it the model sees the value.
func TestTokens(t *testing.T) { //nolint:gocyclo // one conversation, step by step
	b, crm := &bank{}, &bank{}
	config := func(detect string) string {
		return fmt.Sprintf(`trust: {firstUse: scan}
insecure: {policyAllowAll: true, quotaUnlimited: true}
clients: [{name: ada, servers: ["*"]}, {name: eve, servers: [bank]}]
servers: {bank: {url: %q}, crm: {url: %q}}
%s`, b.serve(t), crm.serve(t), detect)
	}
	g := mantlettest.Start(t, config(`inspect:
  secrets: {back: tokenise}
  personal: {in: block, back: tokenise}
  tokens:
    grants: [{server: bank, param: pay/account, class: secret}, {server: bank, param: pay/account, class: personal}]
`))
	ada, eve, other := bearerAt(t, g, "ada", "bank"), bearerAt(t, g, "eve", "bank"), bearerAt(t, g, "ada", "crm")
	listed(t, ada)
	listed(t, other)
	g.Approve(t, "bank")
	g.Approve(t, "crm")
	tokens := make(map[string]string)
	for tool, value := range map[string]string{"key": bankKey, "card": "4539 1488 0343 6467"} {
		got, refused := told(t, ada, tool, nil)
		if refused || strings.Contains(got, value) {
			t.Fatalf("%s: %q, refused %v", tool, got, refused)
		}
		tokens[tool] = tokenIn(t, got)
		got, refused = told(t, ada, "pay", map[string]any{"account": tokens[tool]})
		if refused || got != "paid with "+tokens[tool] || b.last() != value {
			t.Errorf("%s: %q, refused %v; the server was given %q", tool, got, refused, b.last())
		}
		if got, refused := told(t, ada, "pay", map[string]any{"account": value}); !refused {
			t.Errorf("the value itself passes: %q", got)
		}
	}
	joined := bearerAt(t, g, "ada", mantlet.Joined)
	if got, refused := told(t, joined, "bank__pay", map[string]any{"account": tokens["card"]}); refused || got != "paid with "+tokens["card"] {
		t.Errorf("joined: %q, refused %v", got, refused)
	}
	if got, refused := told(t, joined, "crm__pay", map[string]any{"account": tokens["card"]}); !refused {
		t.Errorf("joined, another server: %q", got)
	}
	before := b.times()
	token := tokens["card"]
	for name, c := range map[string]struct {
		by        *mcp.ClientSession
		arguments map[string]any
	}{
		"another argument": {ada, map[string]any{"note": token}},
		"another client":   {eve, map[string]any{"account": token}},
		"another server":   {other, map[string]any{"account": token}},
		"among words":      {ada, map[string]any{"account": "it is " + token}},
		"forged":           {ada, map[string]any{"account": "mtok1_abcdefghijklmnopqrstuvwxyz"}},
	} {
		if got, refused := told(t, c.by, "pay", c.arguments); !refused || !strings.Contains(got, "a token stands where it may not be used") || strings.Contains(got, "4539") {
			t.Errorf("%s: %q, refused %v", name, got, refused)
		}
	}
	if b.times() != before || crm.times() != 0 {
		t.Errorf("a server was asked: %q %q", b.last(), crm.last())
	}
	if got, refused := told(t, ada, "talk", nil); refused || got != "use mtok-void-abcdefghijklmnopqrstuvwxyz for it" {
		t.Errorf("a token that nobody made: %q, refused %v", got, refused)
	}
	if got, refused := told(t, ada, "structured", nil); !refused || strings.Contains(got, "4539") {
		t.Errorf("a schema without a place for it: %q, refused %v", got, refused)
	}
	if err := g.Reload(g.Config); err != nil {
		t.Fatal(err)
	}
	if got, refused := told(t, ada, "pay", map[string]any{"account": token}); refused || b.last() != "4539 1488 0343 6467" {
		t.Errorf("after a reload: %q, refused %v", got, refused)
	}
	changed := *g.Config
	changed.Inspect.Tokens.Most = 5
	if err := g.Reload(&changed); err != nil {
		t.Fatal(err)
	}
	if got, refused := told(t, ada, "pay", map[string]any{"account": token}); !refused || !strings.Contains(got, "ask for the value again") {
		t.Errorf("after a reload that changes them: %q, refused %v", got, refused)
	}
	without := mantlettest.Start(t, config("inspect: {secrets: {back: note}, personal: {back: note}}\n"))
	bare := bearerAt(t, without, "ada", "bank")
	listed(t, bare)
	without.Approve(t, "bank")
	for tool, value := range map[string]string{"key": bankKey, "card": "4539 1488 0343 6467"} {
		if got, refused := told(t, bare, tool, nil); refused || !strings.Contains(got, value) {
			t.Errorf("without it: %q, refused %v", got, refused)
		}
	}
	if got, refused := told(t, bare, "pay", map[string]any{"note": token}); refused || got == "" {
		t.Errorf("without it: %q, refused %v", got, refused)
	}
}

package scan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// Limits of asking a server.
const (
	maxPages    = 100 // of one list
	maxAnswers  = 16 << 20
	answerTime  = 10 * time.Second
	greetTime   = 3 * time.Second  // of a listener that may be no server at all
	startupTime = 90 * time.Second // a launcher may fetch a package first
)

// The revisions that are spoken.
const (
	legacy = "2025-11-25"
	modern = "2026-07-28"
)

// A request goes to a server; an answer comes back, its result as it was.
type request struct {
	id      int
	method  string
	params  []byte // an object
	version string // of the protocol; "" before it is known
	within  time.Duration
}

// A peer answers requests, one after another. tell sends what has no answer.
type peer interface {
	ask(ctx context.Context, r request) (result []byte, err error)
	tell(ctx context.Context, r request) error
}

// A refusal is a JSON-RPC error, or an HTTP status that stands for one.
type refusal struct {
	code    int
	message string
	status  int
}

func (r *refusal) Error() string {
	if r.status != 0 {
		return fmt.Sprintf("it answers with HTTP status %d", r.status)
	}
	return fmt.Sprintf("it answers with error %d (%s)", r.code, cut(mantlet.Escape(r.message)))
}

// A lister asks one server for all that a model would be told.
type lister struct {
	peer
	version  string
	next     int
	bytes    int
	progress func(string)
	items    []Item
}

// list begins a session, in the words of 2025-11-25 and else of 2026-07-28, and lists
// what the server offers.
func (l *lister) list(ctx context.Context) ([]Item, error) {
	hello, err := l.begin(ctx)
	if err != nil {
		return nil, err
	}
	var said struct {
		Capabilities map[string]json.RawMessage `json:"capabilities"`
		Instructions json.RawMessage            `json:"instructions"`
	}
	if err := json.Unmarshal(hello, &said); err != nil {
		return nil, errors.New("what it says of itself cannot be read")
	}
	if len(said.Instructions) > 2 && said.Instructions[0] == '"' {
		l.items = append(l.items, Item{Kind: mantlet.KindInstructions, Raw: said.Instructions, Pointer: "/instructions"})
	}
	for _, one := range []struct{ capability, method, member string }{
		{"tools", "tools/list", "tools"},
		{"prompts", "prompts/list", "prompts"},
		{"resources", "resources/list", "resources"},
		{"resources", "resources/templates/list", "resourceTemplates"},
	} {
		if _, ok := said.Capabilities[one.capability]; !ok && one.capability != "tools" {
			continue
		}
		if err := l.all(ctx, one.method, one.member); err != nil {
			return nil, err
		}
	}
	return l.items, nil
}

func (l *lister) begin(ctx context.Context) ([]byte, error) {
	l.progress("initialize")
	hello, err := l.send(ctx, "initialize", map[string]any{"protocolVersion": legacy, "capabilities": map[string]any{}, "clientInfo": about}, startupTime)
	if no, ok := errors.AsType[*refusal](err); ok && no.status != 401 && no.status != 403 {
		l.version = modern
		l.progress("server/discover")
		found, again := l.send(ctx, "server/discover", nil, answerTime)
		if again != nil {
			return nil, err
		}
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	var said struct {
		Version string `json:"protocolVersion"`
	}
	if json.Unmarshal(hello, &said) != nil || len(said.Version) != len(legacy) {
		return nil, errors.New("its answer to initialize names no protocolVersion")
	}
	l.version = said.Version
	return hello, l.tell(ctx, request{method: "notifications/initialized", params: []byte("{}"), version: l.version, within: answerTime})
}

var about = map[string]string{"name": "mantlet-scan", "version": "1"}

func (l *lister) send(ctx context.Context, method string, params map[string]any, within time.Duration) ([]byte, error) {
	if params == nil {
		params = make(map[string]any)
	}
	if l.version == modern {
		params["_meta"] = map[string]any{
			"io.modelcontextprotocol/protocolVersion": modern, "io.modelcontextprotocol/clientCapabilities": map[string]any{}, "io.modelcontextprotocol/clientInfo": about,
		}
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	l.next++
	result, err := l.ask(ctx, request{l.next, method, raw, l.version, within})
	if l.bytes += len(result); err == nil && l.bytes > maxAnswers {
		err = errors.New("it says more than 16 MiB")
	}
	return result, err
}

// all reads the pages of one list. That a server lacks the method is an empty list.
func (l *lister) all(ctx context.Context, method, member string) error {
	var params map[string]any
	for page := range maxPages {
		l.progress(fmt.Sprintf("%s, page %d", method, page+1))
		raw, err := l.send(ctx, method, params, answerTime)
		if no, ok := errors.AsType[*refusal](err); ok && no.code == -32601 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		next, err := l.page(raw, member)
		if err != nil || next == "" {
			return err
		}
		params = map[string]any{"cursor": next}
	}
	return fmt.Errorf("%s has more than %d pages", method, maxPages)
}

func (l *lister) page(raw []byte, member string) (next string, err error) {
	n, err := document(bytes.TrimSpace(raw))
	if err != nil {
		return "", err
	}
	all, err := n.members()
	if err != nil {
		return "", err
	}
	if c, ok := get(all, "nextCursor"); ok && c.raw[0] == '"' {
		if err := json.Unmarshal(c.raw, &next); err != nil {
			return "", errors.New("its nextCursor cannot be read")
		}
	}
	list, ok := get(all, member)
	if !ok || list.raw[0] != '[' {
		return "", fmt.Errorf("its answer holds no list %q", member)
	}
	each, err := list.elements()
	for _, one := range each {
		for _, k := range lists {
			if k.member == member {
				l.items = append(l.items, Item{Kind: k.kind, Raw: one.raw, Pointer: fmt.Sprintf("/%s/%d", member, len(l.items))})
			}
		}
	}
	if len(l.items) > maxDefinitions {
		return "", fmt.Errorf("it offers more than %d definitions", maxDefinitions)
	}
	return next, err
}

// an envelope is a JSON-RPC message, as far as it matters here.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// answer reads a message. ours is false for one that does not answer the request id.
func answer(raw []byte, id int) (result []byte, ours bool, err error) {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, false, errors.New("it says what is no JSON-RPC message")
	}
	switch {
	case e.Method != "" || string(e.ID) != strconv.Itoa(id) && (e.Error == nil || string(e.ID) != "null"):
		return nil, false, nil
	case e.Error != nil:
		return nil, true, &refusal{code: e.Error.Code, message: e.Error.Message}
	case len(e.Result) == 0 || e.Result[0] != '{':
		return nil, true, errors.New("its answer has no result")
	}
	return e.Result, true, nil
}

func (r *request) line() []byte {
	if r.id == 0 {
		return fmt.Appendf(nil, `{"jsonrpc":"2.0","method":%q,"params":%s}`, r.method, r.params)
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, r.id, r.method, r.params)
}

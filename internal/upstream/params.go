package upstream

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// paramCache remembers which arguments of which tool a server wants mirrored in
// Mcp-Param headers (SEP-2243, x-mcp-header). It is learned from the lists that
// pass, and bounded by the limit on their items.
type paramCache struct {
	mu    sync.RWMutex
	tools map[string][]wire.HeaderParam
	last  *atomic.Pointer[string] // the memo of the list that was learned last

	asking chan struct{} // held by who asks for all of the list; made by newServer
	asked  time.Time     // when that was answered last; guarded by asking
}

// askAgain is how long a tool that is on no list may be looked for in vain: whoever
// calls what is not there must not have the whole list read each time.
const askAgain = 10 * time.Second

// learn reads a list, unless it is the last one again: see wire.Message.Again.
func (p *paramCache) learn(m *wire.Message, l wire.Limits) {
	if p.knows(m) {
		return
	}
	list, err := m.Items("tools/list", l)
	if err != nil {
		return // the corridor refuses the list itself
	}
	found := make(map[string][]wire.HeaderParam, len(list.Items))
	for _, it := range list.Items {
		for key, value := range m.Members(it.Span) {
			if key != "inputSchema" {
				continue
			}
			if params, err := wire.HeaderParams(m.At(value)); err == nil {
				found[it.Name] = params
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = m.Memo()
	if p.tools == nil || len(p.tools)+len(found) > l.Items {
		p.tools = found
		return
	}
	maps.Copy(p.tools, found)
}

func (p *paramCache) knows(m *wire.Message) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return m.Memo() != nil && m.Memo() == p.last
}

func (p *paramCache) of(tool string) ([]wire.HeaderParam, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	params, ok := p.tools[tool]
	return params, ok
}

// check holds the caller's Mcp-Param headers against the arguments, where the
// tool's schema is known. The body is the source of truth.
func (p *paramCache) check(c Call) error {
	if c.Message == nil || c.Message.Method != "tools/call" {
		return nil
	}
	wanted, ok := p.of(c.Message.Name)
	if !ok {
		return nil
	}
	for _, w := range wanted {
		text, there := argument(c.Message, w)
		sent, has := header(c.Params, w.Header)
		if there != has || (has && !same(w, text, sent)) {
			return &mantlet.Fault{Kind: mantlet.Mismatched, Code: wire.CodeHeaderMismatch,
				Public: fmt.Sprintf("header Mcp-Param-%s and the argument that it mirrors differ; send the argument's value", w.Header)}
		}
	}
	return nil
}

func header(all []Param, name string) (string, bool) {
	for _, p := range all {
		if strings.EqualFold(p.Name, "Mcp-Param-"+name) {
			v, err := wire.DecodeHeader(p.Value)
			return v, err == nil
		}
	}
	return "", false
}

// same compares integers by value (SEP-2243: 42.0 is 42) and all else by text.
func same(w wire.HeaderParam, text, sent string) bool {
	if text == sent {
		return true
	}
	if w.Type != "integer" {
		return false
	}
	a, errA := strconv.ParseFloat(text, 64)
	b, errB := strconv.ParseFloat(sent, 64)
	return errA == nil && errB == nil && a == b
}

// argument is the value that w mirrors, as a header would show it.
func argument(m *wire.Message, w wire.HeaderParam) (string, bool) {
	at, ok := m.Find(append([]string{"params", "arguments"}, w.Path...)...)
	if !ok {
		return "", false
	}
	if s, ok := m.String(at); ok {
		return s, true
	}
	text := string(m.At(at))
	return text, text != "null"
}

// schemaParams makes the headers that a modern server wants for a call whose
// caller knows of none, learning the tool's schema first if need be.
func (s *server) schemaParams(ctx context.Context, c Call) ([]Param, error) {
	if c.Message.Method != "tools/call" || s.HTTP == nil {
		return nil, nil
	}
	wanted, err := s.wanted(ctx, c)
	if err != nil {
		return nil, err
	}
	var out []Param
	for _, w := range wanted {
		if text, there := argument(c.Message, w); there {
			out = append(out, Param{Name: "Mcp-Param-" + w.Header, Value: wire.EncodeHeader(text)})
		}
	}
	return out, nil
}

// wanted is what the tool that c calls wants mirrored; nothing where no list has it.
// Who comes while the list is asked for waits for it.
func (s *server) wanted(ctx context.Context, c Call) ([]wire.HeaderParam, error) {
	p := &s.params
	if wanted, ok := p.of(c.Message.Name); ok {
		return wanted, nil
	}
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if wanted, ok := p.of(c.Message.Name); ok || time.Since(p.asked) < askAgain {
		return wanted, nil
	}
	if err := s.learnTools(ctx, c); err != nil {
		return nil, err
	}
	p.asked = time.Now()
	wanted, _ := p.of(c.Message.Name)
	return wanted, nil
}

// mirrored are the caller's headers with those made anew that mirror an argument: it
// may have been edited, and the caller may have none. Headers that mirror nothing known
// stay (SEP-2243).
func (s *server) mirrored(ctx context.Context, c Call) ([]Param, error) {
	out, err := s.schemaParams(ctx, c)
	if err != nil {
		return nil, err
	}
	wanted, _ := s.params.of(c.Message.Name)
	for _, p := range c.Params {
		mirrors := func(w wire.HeaderParam) bool { return strings.EqualFold(p.Name, "Mcp-Param-"+w.Header) }
		if !slices.ContainsFunc(wanted, mirrors) {
			out = append(out, p)
		}
	}
	return out, nil
}

// learnTools lists all of the server's tools. A server that lists nothing that can be read
// gets the call without headers: it checks for itself, and says no if it wants them.
func (s *server) learnTools(ctx context.Context, c Call) error {
	cursor := ""
	for range 100 {
		members := []byte(nil)
		if cursor != "" {
			members = append(append([]byte(`"cursor":`), wire.Quote(cursor)...), ',')
		}
		m, err := s.modernRequest("tools/list", members)
		if err != nil {
			return err
		}
		ask := c
		ask.Message = m
		reply, err := s.transport.send(ctx, ask, func(Event) error { return nil })
		if err != nil || reply.Message == nil || reply.Message.Kind != wire.Result {
			return err
		}
		s.params.learn(reply.Message, s.Limits)
		list, err := reply.Message.Items("tools/list", s.Limits)
		if err != nil || !list.HasCursor {
			return nil //nolint:nilerr // what cannot be read wants nothing
		}
		cursor = list.NextCursor
	}
	return nil
}

package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A share is one member's page of a joined list.
type share struct {
	server mantlet.ServerID
	reply  *wire.Message
	list   wire.List
	err    error
}

// list asks every member that has more for its next page, at once, and joins the
// pages in the configured order. A member that is slow or broken is left out of
// this answer and named in its _meta; it is asked again next time.
func (p *part) list(ctx context.Context) (upstream.Reply, error) {
	from, err := p.pages()
	if err != nil {
		return upstream.Reply{}, err
	}
	shares := p.gather(ctx, from)
	if err := ctx.Err(); err != nil {
		return upstream.Reply{}, err
	}
	result, err := p.merge(shares)
	if err != nil {
		return upstream.Reply{}, err
	}
	return p.reply(result)
}

// pages says where each member's next page begins. Without a cursor that is the
// beginning, for all of them.
func (p *part) pages() (map[mantlet.ServerID]string, error) {
	from := make(map[mantlet.ServerID]string)
	cursor := page(p.call.Message)
	if cursor == "" {
		for _, s := range p.members {
			from[s] = ""
		}
		return from, nil
	}
	payload, err := p.cursors.OpenCursor(p.call.Principal.Key(), cursor)
	if err == nil {
		err = json.Unmarshal(payload, &from)
	}
	if err != nil {
		return nil, &mantlet.Fault{Kind: mantlet.Malformed, Code: wire.CodeInvalidParams, Public: "the cursor is not valid any more; list again from the beginning", Err: err}
	}
	return from, nil
}

func (p *part) gather(ctx context.Context, from map[mantlet.ServerID]string) []share {
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	shares := make([]share, 0, len(from))
	for _, s := range p.members {
		if _, ok := from[s]; ok {
			shares = append(shares, share{server: s})
		}
	}
	var wg sync.WaitGroup
	for i := range shares {
		wg.Go(func() { p.fetch(ctx, &shares[i], p.call.Message, from[shares[i].server]) })
	}
	wg.Wait()
	return shares
}

// fetch asks one member for one page. The page begins at the member's own cursor.
func (p *part) fetch(ctx context.Context, s *share, m *wire.Message, cursor string) {
	m, s.err = paged(m, cursor, p.g.limits)
	if s.err != nil {
		return
	}
	var reply upstream.Reply
	reply, s.err = p.g.Serve(ctx, p.child(s.server, m, nil))
	switch {
	case s.err != nil:
	case reply.Message == nil:
		s.err = errors.New("the server did not answer")
	case reply.Message.Kind == wire.Error:
		s.err = s.refused(reply.Message)
	default:
		s.reply = reply.Message
		s.list, s.err = reply.Message.Items(m.Method, p.g.limits)
	}
}

// refused is what a member's error means for a list: one that does not have the
// method has nothing to list, which is no failure.
func (s *share) refused(m *wire.Message) error {
	code, text, _ := m.RPCError()
	if code == wire.CodeMethodNotFound {
		return nil
	}
	return fmt.Errorf("the server answered error %d: %s", code, mantlet.Escape(text))
}

func paged(m *wire.Message, cursor string, l wire.Limits) (*wire.Message, error) {
	if at, ok := m.Find("params", "cursor"); ok {
		if cursor != "" {
			return m.Apply([]wire.Splice{{Start: at.Start, End: at.End, With: wire.Quote(cursor)}}, l)
		}
		s, _ := m.Delete("params", "cursor")
		return m.Apply([]wire.Splice{s}, l)
	}
	return m, nil
}

func (p *part) merge(shares []share) ([]byte, error) {
	method := p.call.Message.Method
	key, next, left := "tools", map[mantlet.ServerID]string{}, map[mantlet.ServerID]string{}
	if method == "prompts/list" {
		key = "prompts"
	}
	var b bytes.Buffer
	b.WriteString(`{"` + key + `":[`)
	start := b.Len()
	seen := make(map[string]bool)
	for i := range shares {
		s := &shares[i]
		if s.err != nil {
			left[s.server] = mantlet.AsFault("join", s.err).Public
			continue
		}
		if s.reply == nil {
			continue
		}
		if n := p.append(&b, s, seen, b.Len() == start); n > 0 {
			left[s.server] = fmt.Sprintf("%d names collide with others and are left out", n)
		}
		if s.list.HasCursor {
			next[s.server] = s.list.NextCursor
		}
	}
	b.WriteByte(']')
	if err := p.finish(&b, next, left); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// append writes a member's items under their joined names, each otherwise with
// its own bytes. A name that is taken is left out: two things under one name is
// how shadowing begins (C090).
func (p *part) append(b *bytes.Buffer, s *share, seen map[string]bool, first bool) (collided int) {
	for _, it := range s.list.Items {
		joined := JoinedName(s.server, it.Name)
		if seen[joined] {
			collided++
			continue
		}
		seen[joined] = true
		if joined != string(s.server)+separator+it.Name {
			p.names.learn(p.call.Message.Method, joined, it.Name)
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		renamed(b, s.reply, it.Span, joined)
	}
	return collided
}

// renamed writes the object at span with another value for its name.
func renamed(b *bytes.Buffer, m *wire.Message, span wire.Span, name string) {
	for key, value := range m.Members(span) {
		if key == "name" {
			b.Write(m.At(wire.Span{Start: span.Start, End: value.Start}))
			b.Write(wire.Quote(name))
			b.Write(m.At(wire.Span{Start: value.End, End: span.End}))
			return
		}
	}
}

// finish closes the result: the cursor for what is left, what the era asks for,
// and who was left out.
func (p *part) finish(b *bytes.Buffer, next, left map[mantlet.ServerID]string) error {
	if len(next) > 0 {
		payload, err := json.Marshal(next)
		if err != nil {
			return err
		}
		cursor, err := p.cursors.SealCursor(p.call.Principal.Key(), payload)
		if err != nil {
			return err
		}
		b.WriteString(`,"nextCursor":`)
		b.Write(wire.Quote(cursor))
	}
	if p.call.Revision.Modern() {
		b.WriteString(`,"resultType":"complete","ttlMs":0,"cacheScope":"private"`)
	}
	if len(left) > 0 {
		out, err := json.Marshal(left)
		if err != nil {
			return err
		}
		b.WriteString(`,"_meta":{"io.mantlet/leftOut":`)
		b.Write(out)
		b.WriteByte('}')
	}
	b.WriteByte('}')
	return nil
}

// relist learns a member's shortened names by listing all its pages.
func (p *part) relist(ctx context.Context, server mantlet.ServerID, list wire.Method) {
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	cursor := ""
	for n := range 100 {
		params := []byte(nil)
		if cursor != "" {
			params = append(append([]byte(`{"cursor":`), wire.Quote(cursor)...), '}')
		}
		m, err := wire.NewRequest(wire.ID(wire.Quote(fmt.Sprintf("relist-%d", n))), list, params)
		if err != nil {
			return
		}
		s := share{server: server}
		if p.fetch(ctx, &s, m, cursor); s.err != nil || s.reply == nil {
			return
		}
		for _, it := range s.list.Items {
			p.names.learn(list, JoinedName(server, it.Name), it.Name)
		}
		if cursor = s.list.NextCursor; !s.list.HasCursor {
			return
		}
	}
}

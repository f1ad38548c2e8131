package upstream

import (
	"errors"
	"maps"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// read hands each message that next brings to whom it belongs, until next has no
// more. A line that is not MCP is dropped and told; a server that prints a banner
// is a nuisance, not a reason to end a session.
func (c *conn) read(next func() ([]byte, error)) error {
	for {
		line, err := next()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			continue
		}
		m, err := wire.Decode(line, c.t.Limits.ForList())
		if err != nil {
			c.drop(nil, "not MCP: "+err.Error())
			c.garble(err)
			continue
		}
		c.route(m)
	}
}

// garble fails the call that a line meant to answer, as far as it could be read: nothing
// better will come.
func (c *conn) garble(err error) {
	d, ok := errors.AsType[*wire.DecodeError](err)
	if !ok || d.ID == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.calls[d.ID]; w != nil {
		select {
		case w.garbled <- err:
		default: // once is enough
		}
	}
}

func (c *conn) drop(m *wire.Message, why string) {
	d := Dropped{Server: c.t.ID, For: c.who, Why: why}
	if m != nil {
		d.Method = m.Method
	}
	c.t.dropped(d)
}

func (c *conn) route(m *wire.Message) {
	w, why := c.owner(m)
	if w == nil {
		c.drop(m, why)
		return
	}
	if w.isStuck() {
		return // which was told once
	}
	select {
	case w.heard <- m:
		return
	default:
	}
	t := time.NewTimer(c.patience())
	defer t.Stop()
	select {
	case w.heard <- m:
	case <-c.link.Done():
	case <-t.C:
		c.drop(m, "its caller does not take what it is sent")
		if c.t.shared {
			close(w.stuck)
		}
	}
}

func (c *conn) patience() time.Duration {
	if c.t.shared {
		return slowSharer
	}
	return slowCaller
}

// owner finds who hears m. A reply belongs to its request; progress to the request
// with its token; a question, or anything else, to the oldest request that is
// open, and without one a notification belongs to the session's own stream. A
// question that no request owns is dropped. In a shared session nothing but
// replies and progress belongs to anybody, unless one caller alone is there.
func (c *conn) owner(m *wire.Message) (*waiting, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch m.Kind {
	case wire.Result, wire.Error:
		if w := c.calls[m.ID]; w != nil {
			return w, ""
		}
		return nil, "an answer that nobody waits for"
	case wire.Request:
		return c.asks(m)
	case wire.Invalid:
		return nil, "no message"
	case wire.Notification:
	}
	if m.Method == "notifications/progress" {
		return c.progressOf(m)
	}
	if m.Meta.SubscriptionID != "" {
		if w := c.calls[m.Meta.SubscriptionID]; w != nil && w.listens {
			return w, ""
		}
		return nil, "a message of a subscription that nobody holds"
	}
	if m.Method == "notifications/cancelled" || m.Method == "notifications/message" {
		if len(c.order) == 1 || len(c.order) > 1 && !c.t.shared {
			return c.order[0], ""
		}
	}
	if c.listener != nil {
		return c.listener, ""
	}
	if len(c.order) > 0 && !c.t.shared {
		return c.order[0], ""
	}
	return nil, "a notification that nobody listens for"
}

func (c *conn) asks(m *wire.Message) (*waiting, string) {
	switch {
	case c.t.shared:
		return nil, "a shared server may ask nothing"
	case len(c.order) == 0:
		return nil, "a question outside any request"
	}
	if len(c.asked) >= maxAsked {
		// A client may answer late, after its request is over, or never.
		maps.DeleteFunc(c.asked, func(_ wire.ID, w *waiting) bool { return c.calls[w.own] == nil })
	}
	if len(c.asked) >= maxAsked {
		return nil, "more questions at once than may be open"
	}
	c.asked[m.ID] = c.order[0]
	return c.order[0], ""
}

func (c *conn) progressOf(m *wire.Message) (*waiting, string) {
	token, _ := m.ProgressOf()
	for _, w := range c.order {
		if w.progress != "" && w.progress == token {
			return w, ""
		}
	}
	return nil, "progress of a request that is not open"
}

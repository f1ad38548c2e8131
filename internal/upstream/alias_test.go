package upstream

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A pipeLink is a link whose two ends a test holds.
type pipeLink struct {
	sent chan string
	done chan struct{}
}

func (l *pipeLink) Send(_ context.Context, line []byte) error {
	l.sent <- string(line)
	return nil
}
func (l *pipeLink) Done() <-chan struct{} { return l.done }
func (l *pipeLink) Err() error            { return nil }

// piped is a conn over a pipeLink, and what it dropped.
func piped(shared bool) (*conn, *pipeLink, chan Dropped) {
	dropped := make(chan Dropped, 16)
	l := &pipeLink{sent: make(chan string, 16), done: make(chan struct{})}
	t := &sessions{Spec: Spec{ID: "s", Limits: wire.DefaultLimits()}, shared: shared, dropped: func(d Dropped) { dropped <- d }}
	return t.newConn(l, nil, mantlet.PrincipalKey{Issuer: "i", Subject: "a"}), l, dropped
}

// ask sends a request of revision r over c and returns the id that the server sees,
// what it was sent, what the caller hears, and where the reply will be.
func ask(t *testing.T, c *conn, l *pipeLink, r wire.Revision, text string) (own, sent string, heard chan string, reply chan string) {
	t.Helper()
	heard, reply = make(chan string, 16), make(chan string, 1)
	go func() {
		got, err := c.call(t.Context(), Call{Revision: r, Message: message(t, text)}, func(e Event) error {
			heard <- string(e.Message.Bytes())
			return nil
		})
		if err != nil {
			reply <- err.Error()
			return
		}
		reply <- string(got.Message.Bytes())
	}()
	sent = <-l.sent
	return string(message(t, sent).ID), sent, heard, reply
}

const modernMetaText = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}`

// Two subscriptions of one process bear the ids of Mantlet's; each caller hears its
// own under the id that it chose, though both chose the same.
func TestSubscriptionsBearTheCallersId(t *testing.T) {
	c, l, dropped := piped(false)
	listen := `{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + modernMetaText + `}}}`
	one, _, heard1, reply1 := ask(t, c, l, wire.Rev20260728, listen)
	two, _, heard2, reply2 := ask(t, c, l, wire.Rev20260728, listen)
	if one == two || one == "7" {
		t.Fatalf("the server sees %s and %s", one, two)
	}
	change := `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`
	c.route(message(t, fmt.Sprintf(change, two)))
	c.route(message(t, fmt.Sprintf(change, one)))
	c.route(message(t, fmt.Sprintf(change, `"m-guessed"`)))
	for _, heard := range []chan string{heard1, heard2} {
		if got := <-heard; got != fmt.Sprintf(change, "7") {
			t.Error(got)
		}
	}
	if d := <-dropped; !strings.Contains(d.Why, "subscription") {
		t.Errorf("%+v", d)
	}
	end := `{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`
	c.route(message(t, fmt.Sprintf(end, two, two)))
	c.route(message(t, fmt.Sprintf(end, one, one)))
	for _, reply := range []chan string{reply1, reply2} {
		if got := <-reply; got != fmt.Sprintf(end, "7", "7") {
			t.Error(got)
		}
	}
}

// Callers who share a process may choose the same progress token: each hears of its
// own request alone, and under its own token. A session's own process sees the
// token as it was sent.
func TestProgressTokensDoNotCollide(t *testing.T) {
	for name, c := range map[string]struct {
		shared bool
		rev    wire.Revision
	}{"shared": {true, wire.Rev20251125}, "modern": {false, wire.Rev20260728}} {
		t.Run(name, func(t *testing.T) {
			conn, l, _ := piped(c.shared)
			call := `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":"p"}}}`
			one, sent1, heard1, reply1 := ask(t, conn, l, c.rev, fmt.Sprintf(call, 1))
			two, sent2, heard2, reply2 := ask(t, conn, l, c.rev, fmt.Sprintf(call, 2))
			progress := `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":%d}}`
			conn.route(message(t, fmt.Sprintf(progress, message(t, sent2).Meta.ProgressToken, 2)))
			conn.route(message(t, fmt.Sprintf(progress, message(t, sent1).Meta.ProgressToken, 1)))
			for n, heard := range []chan string{heard1, heard2} {
				if got := <-heard; got != fmt.Sprintf(progress, `"p"`, n+1) {
					t.Error(got)
				}
			}
			for n, id := range []string{one, two} {
				conn.route(message(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{}}`, id)))
				if got := <-[]chan string{reply1, reply2}[n]; got != fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{}}`, n+1) {
					t.Error(got)
				}
			}
		})
	}
	conn, l, _ := piped(false)
	own, sent, _, reply := ask(t, conn, l, wire.Rev20251125, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":"p"}}}`)
	if !strings.Contains(sent, `"progressToken":"p"`) {
		t.Error(sent)
	}
	conn.route(message(t, `{"jsonrpc":"2.0","id":`+own+`,"result":{}}`))
	<-reply
}

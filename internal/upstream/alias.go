package upstream

import "github.com/mantlet-mcp/mantlet/internal/wire"

// subscriptionKey is the member of _meta that names the listen request to which a
// message belongs (2026-07-28, subscriptions).
const subscriptionKey = "io.modelcontextprotocol/subscriptionId"

// An alias is the names of one request where several callers share a session: its
// id always, its progress token where callers could have chosen the same one. The
// server knows Mantlet's, the caller its own.
type alias struct {
	id    wire.ID // the caller's
	own   wire.ID // Mantlet's; nobody can guess it
	token wire.ID // the caller's progress token; "" where the server knows it as it is
}

// aliased gives request m names of Mantlet's own. The token is replaced if tokens
// is set.
func aliased(m *wire.Message, tokens bool, l wire.Limits) (alias, *wire.Message, error) {
	a := alias{id: m.ID, own: newID()}
	splices := []wire.Splice{m.SetID(a.own)}
	if at, ok := m.Find("params", "_meta", "progressToken"); ok && tokens {
		a.token = m.Meta.ProgressToken
		splices = append(splices, wire.Splice{Start: at.Start, End: at.End, With: []byte(a.own)})
	}
	out, err := m.Apply(splices, l)
	return a, out, err
}

// restored gives m, which the server said of the request, the caller's names back.
func (a alias) restored(m *wire.Message, l wire.Limits) (*wire.Message, error) {
	var splices []wire.Splice
	back := func(id wire.ID, path ...string) {
		if at, ok := m.Find(path...); ok && string(m.At(at)) == string(a.own) {
			splices = append(splices, wire.Splice{Start: at.Start, End: at.End, With: []byte(id)})
		}
	}
	switch m.Kind {
	case wire.Result, wire.Error:
		back(a.id, "id")
		back(a.id, "result", "_meta", subscriptionKey)
	case wire.Notification:
		back(a.id, "params", "_meta", subscriptionKey)
		if a.token != "" && m.Method == "notifications/progress" {
			back(a.token, "params", "progressToken")
		}
	case wire.Request, wire.Invalid:
	}
	return m.Apply(splices, l)
}

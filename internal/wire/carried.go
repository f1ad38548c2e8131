package wire

// relatedTask names, in _meta, the task that a message is a part of (2025-11-25, tasks).
const relatedTask = "io.modelcontextprotocol/related-task"

// A mark says that a message holds something that clients carry for servers.
type mark uint8

const (
	marksTask mark = 1 << iota
	marksState
	marksMeta
	marksListen
)

var marked = map[string]mark{
	"taskId": marksTask, "task": marksTask, "tasks": marksTask, "requestState": marksState,
	"_meta": marksMeta, "notifications": marksListen,
}

// TaskIDs are the places in m, a message from one side, of ids of the server's own
// tasks, each a JSON string. A client's tasks (2025-11-25) are its own and not among
// them.
func (m *Message) TaskIDs(from Side) []Span {
	if m.marks&(marksTask|marksMeta|marksListen) == 0 {
		return nil
	}
	var out spans
	switch m.Kind {
	case Request, Notification:
		if (from == FromClient) == (m.Kind == Request) && m.marks&marksTask != 0 {
			out.add(m, "params", "taskId")
		}
		out.add(m, "params", "_meta", relatedTask, "taskId")
		if at, ok := m.Find("params", "notifications", "taskIds"); ok {
			out.all(m, at)
		}
	case Result:
		out.add(m, "result", "_meta", relatedTask, "taskId")
		if from == FromServer && m.marks&marksTask != 0 {
			out.result(m)
		}
	case Error, Invalid:
	}
	return out
}

// A spans gathers places that hold strings.
type spans []Span

func (s *spans) add(m *Message, path ...string) {
	if at, ok := m.Find(path...); ok && m.raw[at.Start] == '"' {
		*s = append(*s, at)
	}
}

func (s *spans) all(m *Message, array Span) {
	for at := range m.Elements(array) {
		if m.raw[at.Start] == '"' {
			*s = append(*s, at)
		}
	}
}

// result finds a task itself (2026-07-28), one in an envelope (2025-11-25), and those
// in a list.
func (s *spans) result(m *Message) {
	s.add(m, "result", "taskId")
	s.add(m, "result", "task", "taskId")
	at, ok := m.Find("result", "tasks")
	if !ok {
		return
	}
	for one := range m.Elements(at) {
		if id, ok := m.child(one, "taskId"); ok && m.raw[id.value.Start] == '"' {
			*s = append(*s, id.value)
		}
	}
}

// RequestState is the place of the state that a modern client carries between a
// result that asks for input and its retry (2026-07-28, patterns/mrtr), a JSON string.
func (m *Message) RequestState() (Span, bool) {
	if m.marks&marksState == 0 {
		return Span{}, false
	}
	parent := "params"
	if m.Kind == Result {
		parent = "result"
	}
	at, ok := m.Find(parent, "requestState")
	return at, ok && m.raw[at.Start] == '"'
}

package wire

// A Task is what is known of one (2025-11-25, tasks; ext-tasks).
type Task struct {
	ID      string
	Status  string // working, input_required, completed, failed or cancelled
	Message string
	TTL     Span   // milliseconds, or null for no end
	Poll    int64  // milliseconds between two looks
	Result  Span   // ext-tasks: what a completed one came to
	Error   Span   // ext-tasks: how a failed one failed
	Asks    Span   // ext-tasks: inputRequests
	Created string // RFC 3339
}

func (o object) task() Task {
	t := Task{
		ID: o.string("taskId"), Status: o.string("status"), Message: o.string("statusMessage"), TTL: o.span("ttlMs"), Poll: o.int("pollIntervalMs"),
		Result: o.span("result"), Error: o.span("error"), Asks: o.span("inputRequests"), Created: o.string("createdAt"),
	}
	if t.TTL.Empty() { // 2025-11-25
		t.TTL, t.Poll = o.span("ttl"), o.int("pollInterval")
	}
	return t
}

// Task views the task of a result: of what became one, of tasks/get and tasks/cancel.
func (m *Message) Task() Task {
	if inner := m.result().object("task"); !inner.at.Empty() {
		return inner.task()
	}
	return m.result().task()
}

// TaskStatus views the params of notifications/tasks/status and notifications/tasks.
func (m *Message) TaskStatus() Task { return m.params().task() }

// TaskID is params.taskId of tasks/get, result, cancel and update.
func (m *Message) TaskID() string { return m.params().string("taskId") }

// Tasks views the items of a tasks/list result.
func (m *Message) Tasks() (out []Task) {
	m.result().each("tasks", func(o object) { out = append(out, o.task()) })
	return out
}

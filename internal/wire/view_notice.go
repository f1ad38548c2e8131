package wire

// A Progress is how far a request has come (all revisions, basic/utilities/progress).
// Numbers are exact JSON text.
type Progress struct {
	Token    ID
	Progress Span
	Total    Span
	Message  string
}

// Progress views the params of notifications/progress.
func (m *Message) Progress() Progress {
	o := m.params()
	token, _ := m.ProgressOf()
	return Progress{Token: token, Progress: o.span("progress"), Total: o.span("total"), Message: o.string("message")}
}

// A LogMessage is what a server logs to its client (all revisions, server/utilities/logging).
type LogMessage struct {
	Level  string
	Logger string
	Data   Span // any JSON value
}

// LogMessage views the params of notifications/message.
func (m *Message) LogMessage() LogMessage {
	o := m.params()
	return LogMessage{Level: o.string("level"), Logger: o.string("logger"), Data: o.span("data")}
}

// LogLevel is params.level of logging/setLevel.
func (m *Message) LogLevel() string { return m.params().string("level") }

// A Subscription is what a modern client listens to (2026-07-28, subscriptions), or
// what the server acknowledges of it.
type Subscription struct {
	Tools, Prompts, Resources bool     // changes of the lists
	URIs                      []string // resources whose changes are told
	Tasks                     []string // ext-tasks: task ids
}

// Subscription views the params of subscriptions/listen and of
// notifications/subscriptions/acknowledged.
func (m *Message) Subscription() Subscription {
	o := m.params().object("notifications")
	return Subscription{
		Tools: o.bool("toolsListChanged"), Prompts: o.bool("promptsListChanged"), Resources: o.bool("resourcesListChanged"),
		URIs: o.strings("resourceSubscriptions"), Tasks: o.strings("taskIds"),
	}
}

// CancelReason is params.reason of notifications/cancelled.
func (m *Message) CancelReason() string { return m.params().string("reason") }

// ElicitationID is params.elicitationId of notifications/elicitation/complete.
func (m *Message) ElicitationID() string { return m.params().string("elicitationId") }

// A Discovery is what server/discover answers (2026-07-28).
type Discovery struct {
	Versions     []Revision
	Capabilities Span
	Instructions Span // a JSON string
	Info         Span // serverInfo of _meta
}

// Discovery views the result of server/discover.
func (m *Message) Discovery() Discovery {
	o := m.result()
	d := Discovery{Capabilities: o.span("capabilities"), Instructions: o.span("instructions"), Info: o.object("_meta").span("io.modelcontextprotocol/serverInfo")}
	for _, v := range o.strings("supportedVersions") {
		d.Versions = append(d.Versions, Revision(v))
	}
	return d
}

package wire

import "github.com/mantlet-mcp/mantlet"

// A Side is who may send a message. The zero Side is nobody.
type Side uint8

// The sides.
const (
	FromClient Side = iota + 1
	FromServer
	Both
)

// An Info is one row of the table of methods.
type Info struct {
	Method    Method
	Kind      Kind // Request or Notification
	From      Side
	Since     Revision           // first revision that has it
	Until     Revision           // last revision that has it; "" is still there
	Target    mantlet.TargetKind // what NameField names
	NameField string             // the member of params that names the target; "" names none
	List      bool               // its result lists things
	Embedded  bool               // modern: only inside input requests, never as a message
}

// In reports whether revision r has the method.
func (i Info) In(r Revision) bool {
	return r.Known() && r >= i.Since && (i.Until == "" || r <= i.Until)
}

// Methods is every method of the five revisions, and of the tasks extension
// (ext-tasks). What is not here is not carried, unless its namespace is allowed
// by configuration. A test fails when a row has no stage that governs it.
var Methods = []Info{
	{Method: "initialize", Kind: Request, From: FromClient, Since: Rev20241105, Until: Rev20251125},
	{Method: "server/discover", Kind: Request, From: FromClient, Since: Rev20260728},
	{Method: "ping", Kind: Request, From: Both, Since: Rev20241105, Until: Rev20251125},
	{Method: "tools/list", Kind: Request, From: FromClient, Since: Rev20241105, List: true},
	{Method: "tools/call", Kind: Request, From: FromClient, Since: Rev20241105, Target: mantlet.KindTool, NameField: "name"},
	{Method: "prompts/list", Kind: Request, From: FromClient, Since: Rev20241105, List: true},
	{Method: "prompts/get", Kind: Request, From: FromClient, Since: Rev20241105, Target: mantlet.KindPrompt, NameField: "name"},
	{Method: "resources/list", Kind: Request, From: FromClient, Since: Rev20241105, List: true},
	{Method: "resources/templates/list", Kind: Request, From: FromClient, Since: Rev20241105, List: true},
	{Method: "resources/read", Kind: Request, From: FromClient, Since: Rev20241105, Target: mantlet.KindResource, NameField: "uri"},
	{Method: "resources/subscribe", Kind: Request, From: FromClient, Since: Rev20241105, Until: Rev20251125, Target: mantlet.KindResource, NameField: "uri"},
	{Method: "resources/unsubscribe", Kind: Request, From: FromClient, Since: Rev20241105, Until: Rev20251125, Target: mantlet.KindResource, NameField: "uri"},
	{Method: "completion/complete", Kind: Request, From: FromClient, Since: Rev20241105},
	{Method: "logging/setLevel", Kind: Request, From: FromClient, Since: Rev20241105, Until: Rev20251125},
	{Method: "subscriptions/listen", Kind: Request, From: FromClient, Since: Rev20260728},
	{Method: "tasks/get", Kind: Request, From: Both, Since: Rev20251125, Target: mantlet.KindTask, NameField: "taskId"},
	{Method: "tasks/result", Kind: Request, From: Both, Since: Rev20251125, Until: Rev20251125, Target: mantlet.KindTask, NameField: "taskId"},
	{Method: "tasks/list", Kind: Request, From: Both, Since: Rev20251125, Until: Rev20251125, List: true},
	{Method: "tasks/cancel", Kind: Request, From: Both, Since: Rev20251125, Target: mantlet.KindTask, NameField: "taskId"},
	{Method: "tasks/update", Kind: Request, From: FromClient, Since: Rev20260728, Target: mantlet.KindTask, NameField: "taskId"},

	{Method: "sampling/createMessage", Kind: Request, From: FromServer, Since: Rev20241105, Embedded: true},
	{Method: "roots/list", Kind: Request, From: FromServer, Since: Rev20241105, Embedded: true},
	{Method: "elicitation/create", Kind: Request, From: FromServer, Since: Rev20250618, Embedded: true},

	{Method: "notifications/initialized", Kind: Notification, From: FromClient, Since: Rev20241105, Until: Rev20251125},
	{Method: "notifications/roots/list_changed", Kind: Notification, From: FromClient, Since: Rev20241105, Until: Rev20251125},
	{Method: "notifications/cancelled", Kind: Notification, From: Both, Since: Rev20241105},
	{Method: "notifications/progress", Kind: Notification, From: Both, Since: Rev20241105},
	{Method: "notifications/tasks/status", Kind: Notification, From: Both, Since: Rev20251125},
	{Method: "notifications/tasks", Kind: Notification, From: FromServer, Since: Rev20260728},
	{Method: "notifications/message", Kind: Notification, From: FromServer, Since: Rev20241105},
	{Method: "notifications/tools/list_changed", Kind: Notification, From: FromServer, Since: Rev20241105},
	{Method: "notifications/prompts/list_changed", Kind: Notification, From: FromServer, Since: Rev20241105},
	{Method: "notifications/resources/list_changed", Kind: Notification, From: FromServer, Since: Rev20241105},
	{Method: "notifications/resources/updated", Kind: Notification, From: FromServer, Since: Rev20241105, Target: mantlet.KindResource, NameField: "uri"},
	{Method: "notifications/elicitation/complete", Kind: Notification, From: FromServer, Since: Rev20251125, Until: Rev20251125},
	{Method: "notifications/subscriptions/acknowledged", Kind: Notification, From: FromServer, Since: Rev20260728},
}

var table = index(Methods)

func index(all []Info) map[Method]Info {
	t := make(map[Method]Info, len(all))
	for _, i := range all {
		t[i.Method] = i
	}
	return t
}

// Lookup returns the row of m.
func Lookup(m Method) (Info, bool) {
	i, ok := table[m]
	return i, ok
}

package protocol

// Parts that many methods have.
var (
	meta  = a("progressToken", id)
	icons = list(a("src!", str, "mimeType", str, "sizes", strings, "theme", str))
	marks = a("audience", list(among("user", "assistant")), "priority", num, "lastModified", str)
	named = a("name!", str, "title", str, "version!", str, "description", str, "websiteUrl", str, "icons", icons)
	words = a("type!", str, "text!", str, "annotations", marks, "_meta", obj)
	media = a("type!", str, "data!", str, "mimeType!", str, "annotations", marks, "_meta", obj)
	held  = a("uri!", str, "mimeType", str, "text", str, "blob", str, "_meta", obj)
	link  = a("uri!", str, "name!", str, "title", str, "description", str, "mimeType", str, "size", num, "annotations", marks, "icons", icons, "_meta", obj)

	// block is a part of a result or of a prompt's message.
	block = &shape{kind: object, tag: "type", by: map[string]*shape{
		"text": words, "image": media, "audio": media,
		"resource":      a("type!", str, "resource!", held, "annotations", marks, "_meta", obj),
		"resource_link": link.with("type!", str),
	}}
	// said is a part of a sampling message, which may also use tools.
	said = &shape{kind: object, tag: "type", by: map[string]*shape{
		"text": words, "image": media, "audio": media,
		"tool_use":    a("type!", str, "id!", str, "name!", str, "input!", obj, "_meta", obj),
		"tool_result": a("type!", str, "toolUseId!", str, "content!", list(block), "structuredContent", whatever, "isError", yes, "_meta", obj),
	}}
	message = a("role!", among("user", "assistant"), "content!", &shape{either: []*shape{list(said), said}}, "_meta", obj)

	tool = a("name!", str, "title", str, "description", str, "inputSchema!", a("type!", among("object"), "properties", dict(&shape{kind: object | boolean}), "required", strings), "outputSchema", obj,
		"annotations", a("title", str, "readOnlyHint", yes, "destructiveHint", yes, "idempotentHint", yes, "openWorldHint", yes),
		"execution", a("taskSupport", str), "icons", icons, "_meta", obj)
	status = a("taskId!", str, "status!", str, "statusMessage", str, "createdAt", str, "lastUpdatedAt", str,
		"ttl", &shape{kind: number | null}, "ttlMs", &shape{kind: number | null}, "pollInterval", num, "pollIntervalMs", num, "_meta", obj)
)

// offers are what a client or a server says that it can do; the two share no name.
var offers = a("experimental", obj, "extensions", dict(obj), "roots", a("listChanged", yes), "sampling", obj, "elicitation", obj, "tasks", obj,
	"logging", obj, "completions", obj, "prompts", a("listChanged", yes), "resources", a("subscribe", yes, "listChanged", yes), "tools", a("listChanged", yes))

// result is what every result may have; asked is one that may ask for more first.
var (
	result = a("_meta", obj, "resultType", str)
	asked  = result.with("inputRequests", dict(a("method!", str, "params", obj)), "requestState", str)
	paged  = result.with("nextCursor", str, "ttlMs", num, "cacheScope", str)
	page   = a("cursor", str, "_meta", meta)
	bare   = a("_meta", meta)
	more   = bare.with("inputResponses", dict(whatever), "requestState", str, "task", a("ttl", num))
)

// params are the shapes of the params of requests and notifications.
var params = map[string]*shape{
	"initialize":               bare.with("protocolVersion!", str, "capabilities!", offers, "clientInfo!", named),
	"server/discover":          bare,
	"ping":                     bare,
	"tools/list":               page,
	"tools/call":               more.with("name!", str, "arguments", obj),
	"prompts/list":             page,
	"prompts/get":              more.with("name!", str, "arguments", dict(str)),
	"resources/list":           page,
	"resources/templates/list": page,
	"resources/read":           more.with("uri!", str),
	"resources/subscribe":      bare.with("uri!", str),
	"resources/unsubscribe":    bare.with("uri!", str),
	"completion/complete": bare.with("argument!", a("name!", str, "value!", str), "context", a("arguments", dict(str)),
		"ref!", &shape{kind: object, tag: "type", by: map[string]*shape{
			"ref/prompt": a("type!", str, "name!", str, "title", str), "ref/resource": a("type!", str, "uri!", str)}}),
	"logging/setLevel":     bare.with("level!", level),
	"subscriptions/listen": bare.with("notifications!", a("toolsListChanged", yes, "promptsListChanged", yes, "resourcesListChanged", yes, "resourceSubscriptions", strings, "taskIds", strings)),
	"tasks/get":            bare.with("taskId!", str),
	"tasks/result":         bare.with("taskId!", str),
	"tasks/list":           page,
	"tasks/cancel":         bare.with("taskId!", str),
	"tasks/update":         bare.with("taskId!", str, "inputResponses!", dict(whatever)),

	"sampling/createMessage": bare.with("messages!", list(message), "maxTokens!", whole, "systemPrompt", str, "includeContext", among("none", "thisServer", "allServers"),
		"temperature", num, "stopSequences", strings, "metadata", obj, "tools", list(tool), "toolChoice", a("mode", among("auto", "required", "none")), "task", a("ttl", num),
		"modelPreferences", a("hints", list(a("name", str)), "costPriority", num, "speedPriority", num, "intelligencePriority", num)),
	"roots/list":         bare,
	"elicitation/create": bare.with("message!", str, "mode", str, "requestedSchema", a("type!", among("object"), "properties!", dict(obj), "required", strings), "url", str, "elicitationId", str, "task", a("ttl", num)),

	"notifications/initialized":                bare,
	"notifications/roots/list_changed":         bare,
	"notifications/cancelled":                  bare.with("requestId", id, "reason", str),
	"notifications/progress":                   bare.with("progressToken!", id, "progress!", num, "total", num, "message", str),
	"notifications/tasks/status":               status,
	"notifications/tasks":                      obj,
	"notifications/message":                    bare.with("level!", level, "logger", str, "data!", whatever),
	"notifications/tools/list_changed":         bare,
	"notifications/prompts/list_changed":       bare,
	"notifications/resources/list_changed":     bare,
	"notifications/resources/updated":          bare.with("uri!", str, "title", str),
	"notifications/elicitation/complete":       bare.with("elicitationId!", str),
	"notifications/subscriptions/acknowledged": bare.with("notifications!", obj),
}

var level = among("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")

// results are the shapes of the results of requests.
var results = map[string]*shape{
	"initialize":               result.with("protocolVersion!", str, "capabilities!", offers, "serverInfo!", named, "instructions", str),
	"server/discover":          result.with("supportedVersions!", strings, "capabilities!", offers, "instructions", str, "ttlMs", num, "cacheScope", str),
	"ping":                     result,
	"tools/list":               paged.with("tools!", list(tool)),
	"tools/call":               asked.with("content", list(block), "structuredContent", whatever, "isError", yes, "task", status),
	"prompts/list":             paged.with("prompts!", list(a("name!", str, "title", str, "description", str, "arguments", list(a("name!", str, "title", str, "description", str, "required", yes)), "icons", icons, "_meta", obj))),
	"prompts/get":              asked.with("description", str, "messages!l", list(a("role!", among("user", "assistant"), "content!", block))),
	"resources/list":           paged.with("resources!", list(link)),
	"resources/templates/list": paged.with("resourceTemplates!", list(a("uriTemplate!", str, "name!", str, "title", str, "description", str, "mimeType", str, "annotations", marks, "icons", icons, "_meta", obj))),
	"resources/read":           asked.with("contents!l", list(held), "ttlMs", num, "cacheScope", str),
	"resources/subscribe":      result,
	"resources/unsubscribe":    result,
	"completion/complete":      result.with("completion!", a("values!", strings, "total", whole, "hasMore", yes)),
	"logging/setLevel":         result,
	"subscriptions/listen":     result,
	"tasks/get":                status,
	"tasks/result":             obj,
	"tasks/list":               paged.with("tasks!", list(status)),
	"tasks/cancel":             obj,
	"tasks/update":             obj,

	"sampling/createMessage": result.with("role!", among("user", "assistant"), "content!", &shape{either: []*shape{list(said), said}}, "model!", str, "stopReason", str),
	"roots/list":             result.with("roots!", list(a("uri!", str, "name", str, "_meta", obj))),
	"elicitation/create":     result.with("action!", among("accept", "decline", "cancel"), "content", dict(&shape{kind: text | number | boolean | array})),
}

// failure is the shape of the error of a reply.
var failure = a("code!", whole, "message!", str, "data", whatever)

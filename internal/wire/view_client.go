package wire

// A Question is what a server asks of a client: as a request in the legacy era, inside
// an input_required result in the modern one.
type Question struct {
	Method Method
	params object
}

// Question views a request from a server.
func (m *Message) Question() Question { return Question{m.Method, m.params()} }

// Questions views what an input_required result asks, by key.
func (m *Message) Questions() map[string]Question {
	out := make(map[string]Question)
	asks := m.result().span("inputRequests")
	for key, at := range m.Members(asks) {
		o := object{m, at}
		out[key] = Question{Method(o.string("method")), o.object("params")}
	}
	return out
}

// An Elicitation is a question to a person (2025-06-18 to 2026-07-28, client/elicitation).
type Elicitation struct {
	Mode    string // "form" where none is given, or "url"
	Message string
	Schema  Span   // form: what the answer must look like
	URL     string // url: where the person shall go
	ID      string // url, 2025-11-25
}

// Elicitation views the params of elicitation/create.
func (q Question) Elicitation() Elicitation {
	e := Elicitation{
		Mode: q.params.string("mode"), Message: q.params.string("message"), Schema: q.params.span("requestedSchema"),
		URL: q.params.string("url"), ID: q.params.string("elicitationId"),
	}
	if e.Mode == "" {
		e.Mode = "form"
	}
	return e
}

// A Sampling is a question to the client's model (2024-11-05 to 2026-07-28, client/sampling).
type Sampling struct {
	Messages  []Turn
	System    string
	Tools     Span
	MaxTokens int64
	Include   string // includeContext
}

// Sampling views the params of sampling/createMessage.
func (q Question) Sampling() Sampling {
	return Sampling{
		Messages: q.params.turns("messages"), System: q.params.string("systemPrompt"), Tools: q.params.span("tools"),
		MaxTokens: q.params.int("maxTokens"), Include: q.params.string("includeContext"),
	}
}

// An Answer is what a client answers to a question: the result of its reply, or one of
// the inputResponses of a retry. Which members are there depends on the question.
type Answer struct {
	Action  string  // elicitation: accept, decline or cancel
	Content Span    // elicitation: the form, an object
	Model   string  // sampling
	Blocks  []Block // sampling
	Roots   []Root  // roots/list
}

// A Root is a place that the client's user works in.
type Root struct{ URI, Name string }

// Answer views the result of a client's reply.
func (m *Message) Answer() Answer { return m.result().answer() }

// Answers views the inputResponses of a retry, by key.
func (m *Message) Answers() map[string]Answer {
	out := make(map[string]Answer)
	for key, at := range m.Members(m.params().span("inputResponses")) {
		out[key] = object{m, at}.answer()
	}
	return out
}

func (o object) answer() Answer {
	a := Answer{Action: o.string("action"), Content: o.span("content"), Model: o.string("model")}
	if o.string("role") != "" {
		a.Blocks = o.blocks("content")
	}
	o.each("roots", func(r object) { a.Roots = append(a.Roots, Root{r.string("uri"), r.string("name")}) })
	return a
}

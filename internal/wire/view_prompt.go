package wire

// A Prompt is one item of prompts/list (2024-11-05 to 2026-07-28, server/prompts).
type Prompt struct {
	Span        Span
	Name        string
	Title       string
	Description string
	Arguments   Span
}

// Prompts views the items of a prompts/list result.
func (m *Message) Prompts() (out []Prompt) {
	m.result().each("prompts", func(o object) {
		out = append(out, Prompt{Span: o.at, Name: o.string("name"), Title: o.string("title"), Description: o.string("description"), Arguments: o.span("arguments")})
	})
	return out
}

// A GetPrompt is what prompts/get asks for.
type GetPrompt struct {
	Name      string
	Arguments Span // strings by name
}

// GetPrompt views the params of prompts/get.
func (m *Message) GetPrompt() GetPrompt {
	o := m.params()
	return GetPrompt{Name: o.string("name"), Arguments: o.span("arguments")}
}

// A Turn is one message of a conversation with a model: of a prompt, or of sampling.
type Turn struct {
	Role    string
	Content []Block // one, or since 2025-11-25 several in sampling
}

func (o object) turns(name string) (out []Turn) {
	o.each(name, func(one object) { out = append(out, Turn{one.string("role"), one.blocks("content")}) })
	return out
}

// A PromptResult is what prompts/get answers.
type PromptResult struct {
	Description string
	Messages    []Turn
}

// PromptResult views the result of prompts/get.
func (m *Message) PromptResult() PromptResult {
	o := m.result()
	return PromptResult{Description: o.string("description"), Messages: o.turns("messages")}
}

// A Complete is what completion/complete asks for.
type Complete struct {
	RefType  string // "ref/prompt" or "ref/resource"
	Ref      string // the prompt's name, or the resource's URI or template
	Argument string
	Value    Span // what was typed so far, a JSON string
	Context  Span // arguments that are known already
}

// Complete views the params of completion/complete.
func (m *Message) Complete() Complete {
	o := m.params()
	ref, arg := o.object("ref"), o.object("argument")
	c := Complete{RefType: ref.string("type"), Ref: ref.string("name"), Argument: arg.string("name"), Value: arg.span("value"), Context: o.span("context")}
	if c.RefType == "ref/resource" {
		c.Ref = ref.string("uri")
	}
	return c
}

// Completions are the values that completion/complete answers.
func (m *Message) Completions() []string { return m.result().object("completion").strings("values") }

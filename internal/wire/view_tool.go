package wire

// A CallParams is what tools/call asks for (2024-11-05 to 2026-07-28, server/tools).
type CallParams struct {
	Name           string
	Arguments      Span // an object; absent means none
	Task           Span // 2025-11-25: the call shall be a task
	InputResponses Span // 2026-07-28: answers to what a result before asked
	State          Span // 2026-07-28: requestState
}

// CallParams views the params of tools/call.
func (m *Message) CallParams() CallParams {
	o := m.params()
	return CallParams{
		Name: o.string("name"), Arguments: o.span("arguments"), Task: o.span("task"),
		InputResponses: o.span("inputResponses"), State: o.span("requestState"),
	}
}

// A ToolResult is what tools/call answers.
type ToolResult struct {
	Content    []Block
	Structured Span // any JSON value since 2026-07-28, an object before
	IsError    bool
}

// ToolResult views the result of tools/call.
func (m *Message) ToolResult() ToolResult {
	o := m.result()
	return ToolResult{Content: o.blocks("content"), Structured: o.span("structuredContent"), IsError: o.bool("isError")}
}

// A Block is one piece of content: text, image, audio, resource, resource_link, or a
// kind that came later. Span is all of it.
type Block struct {
	Type     string
	Span     Span
	Text     Span   // a JSON string: of text, or of an embedded resource
	Data     Span   // base64 as a JSON string: of image and audio, or the blob of an embedded resource
	URI      string // of resource and resource_link
	MimeType string
}

func (o object) block() Block {
	b := Block{Type: o.string("type"), Span: o.at, Text: o.span("text"), Data: o.span("data"), URI: o.string("uri"), MimeType: o.string("mimeType")}
	if r := o.object("resource"); b.Type == "resource" {
		b.Text, b.Data, b.URI, b.MimeType = r.span("text"), r.span("blob"), r.string("uri"), r.string("mimeType")
	}
	return b
}

// blocks are the blocks of the member name: an array of them, or one alone.
func (o object) blocks(name string) (out []Block) {
	at := o.span(name)
	if !at.Empty() && o.m.raw[at.Start] == '{' {
		return []Block{object{o.m, at}.block()}
	}
	o.each(name, func(one object) { out = append(out, one.block()) })
	return out
}

// A Tool is one item of tools/list.
type Tool struct {
	Span        Span
	Name        string
	Title       string
	Description string
	Input       Span // the JSON Schema of the arguments
	Output      Span // the JSON Schema of the structured content
	Annotations Span
	Execution   Span // 2025-11-25: taskSupport
	Icons       Span
	Meta        Span
}

// Tools views the items of a tools/list result that Items has accepted.
func (m *Message) Tools() (out []Tool) {
	m.result().each("tools", func(o object) {
		out = append(out, Tool{
			Span: o.at, Name: o.string("name"), Title: o.string("title"), Description: o.string("description"),
			Input: o.span("inputSchema"), Output: o.span("outputSchema"), Annotations: o.span("annotations"),
			Execution: o.span("execution"), Icons: o.span("icons"), Meta: o.span("_meta"),
		})
	})
	return out
}

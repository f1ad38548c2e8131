package wire

// A Resource is one item of resources/list, or, with a template in place of its URI, of
// resources/templates/list (2024-11-05 to 2026-07-28, server/resources).
type Resource struct {
	Span        Span
	URI         string
	Template    string // RFC 6570
	Name        string
	Title       string
	Description string
	MimeType    string
	Size        int64 // bytes; 0 where the server does not say
	Meta        Span
}

// Resources views the items of a resources/list or resources/templates/list result.
func (m *Message) Resources() (out []Resource) {
	for _, list := range []string{"resources", "resourceTemplates"} {
		m.result().each(list, func(o object) {
			out = append(out, Resource{
				Span: o.at, URI: o.string("uri"), Template: o.string("uriTemplate"), Name: o.string("name"), Title: o.string("title"),
				Description: o.string("description"), MimeType: o.string("mimeType"), Size: o.int("size"), Meta: o.span("_meta"),
			})
		})
	}
	return out
}

// ResourceURI is params.uri of resources/read, subscribe, unsubscribe and of
// notifications/resources/updated.
func (m *Message) ResourceURI() string { return m.params().string("uri") }

// A Contents is one part of what resources/read answers: text or a blob, as JSON strings.
type Contents struct {
	Span     Span
	URI      string
	MimeType string
	Text     Span
	Blob     Span // base64
	Meta     Span // MCP Apps: csp and permissions
}

// ResourceContents views the result of resources/read.
func (m *Message) ResourceContents() (out []Contents) {
	m.result().each("contents", func(o object) {
		out = append(out, Contents{
			Span: o.at, URI: o.string("uri"), MimeType: o.string("mimeType"), Text: o.span("text"), Blob: o.span("blob"), Meta: o.span("_meta"),
		})
	})
	return out
}

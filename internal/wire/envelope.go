package wire

import "strings"

// An envelope gathers the top members of a message.
type envelope struct {
	m                 *Message
	version, id       Span
	hasMethod, nullID bool
}

func (e *envelope) take(one member) error {
	b := e.m.raw
	name, err := ours(b, one.key, envelopeNames)
	if err != nil {
		return err
	}
	switch name {
	case "jsonrpc":
		e.version = one.value
	case "id":
		return e.takeID(one.value)
	case "method":
		return e.takeMethod(one.value)
	case "params":
		e.m.Params = one.value
	case "result":
		e.m.Result = one.value
	case "error":
		e.m.Error = one.value
	}
	return nil
}

func (e *envelope) takeID(s Span) error {
	e.id = s
	text := e.m.raw[s.Start:s.End]
	if string(text) == "null" {
		e.nullID = true
		return nil
	}
	id, ok := exactID(text)
	if !ok {
		return bad(CodeInvalidRequest, s.Start, "the id must be a string or an integer of at most %d bytes", maxID)
	}
	e.m.ID = id
	return nil
}

// exactID is text as an ID if it is a string or an exact integer.
func exactID(text []byte) (ID, bool) {
	if len(text) == 0 || len(text) > maxID {
		return "", false
	}
	if text[0] != '"' {
		digits := text
		if text[0] == '-' {
			digits = text[1:]
		}
		for _, c := range digits {
			if c < '0' || c > '9' {
				return "", false
			}
		}
		if len(digits) == 0 || string(text) == "-0" {
			return "", false
		}
	}
	return ID(text), true
}

func (e *envelope) takeMethod(s Span) error {
	method, ok := e.m.String(s)
	if !ok || method == "" || len(method) > maxMethod || strings.ContainsFunc(method, control) {
		return bad(CodeInvalidRequest, s.Start, "the method must be a string of 1 to %d bytes without control characters", maxMethod)
	}
	e.m.Method, e.hasMethod = Method(method), true
	return nil
}

func control(r rune) bool { return r < 0x20 || (r >= 0x7f && r < 0xa0) }

// classify decides the message's kind, and refuses one that is two kinds at once.
func (e *envelope) classify() error {
	m, at := e.m, e.m.top.Start
	if string(m.At(e.version)) != `"2.0"` {
		return bad(CodeInvalidRequest, at, "jsonrpc must be \"2.0\"")
	}
	result, failed := !m.Result.Empty(), !m.Error.Empty()
	switch {
	case e.hasMethod && (result || failed):
		return bad(CodeInvalidRequest, at, "a message is a request or a response, not both")
	case result && failed:
		return bad(CodeInvalidRequest, at, "a response holds a result or an error, not both")
	case e.nullID && !failed:
		return bad(CodeInvalidRequest, e.id.Start, "the id must not be null")
	case !m.Params.Empty() && (result || failed):
		return bad(CodeInvalidRequest, m.Params.Start, "a response has no params")
	case e.hasMethod && m.ID != "":
		m.Kind = Request
	case e.hasMethod:
		m.Kind = Notification
	case result && m.ID != "":
		m.Kind = Result
	case failed:
		m.Kind = Error
		return m.checkError()
	default:
		return bad(CodeInvalidRequest, at, "a message needs a method, or an id with a result or an error")
	}
	return nil
}

// checkError holds the error object to JSON-RPC 2.0, section 5.1.
func (m *Message) checkError() error {
	if m.raw[m.Error.Start] != '{' {
		return bad(CodeInvalidRequest, m.Error.Start, "error must be an object with code and message")
	}
	code, okCode := m.child(m.Error, "code")
	text, okText := m.child(m.Error, "message")
	if okCode {
		_, okCode = m.Int(code.value)
	}
	if okText {
		_, okText = m.String(text.value)
	}
	if !okCode || !okText {
		return bad(CodeInvalidRequest, m.Error.Start, "error needs an integer code and a string message")
	}
	return nil
}

// readParams finds the members of params that Mantlet acts on.
func (m *Message) readParams() error {
	if m.Kind != Request && m.Kind != Notification {
		return nil
	}
	info, _ := Lookup(m.Method)
	if m.Params.Empty() {
		return nil
	}
	if m.raw[m.Params.Start] != '{' {
		return bad(CodeInvalidParams, m.Params.Start, "params must be an object")
	}
	for one := range m.doc().members(m.Params.Start) {
		name, err := ours(m.raw, one.key, paramNames)
		if err != nil {
			return err
		}
		m.marks |= marked[name]
		switch {
		case name == "_meta":
			err = m.readMeta(one.value)
		case name != "" && name == info.NameField:
			err = m.takeName(name, one.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takeName reads what the message is about. That a request names something at all
// is for the corridor to ask: only it knows whether the revision has the method.
func (m *Message) takeName(field string, s Span) error {
	name, ok := m.String(s)
	if !ok {
		return bad(CodeInvalidParams, s.Start, "params.%s must be a string", field)
	}
	m.Name = name
	return nil
}

func (m *Message) readMeta(s Span) error {
	if m.raw[s.Start] != '{' {
		return bad(CodeInvalidParams, s.Start, "params._meta must be an object")
	}
	m.Meta.Span = s
	for one := range m.doc().members(s.Start) {
		name, err := ours(m.raw, one.key, metaNames)
		if err == nil && name != "" {
			err = m.takeMeta(name, one.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Message) takeMeta(name string, v Span) error {
	ok := true
	switch short, _ := strings.CutPrefix(name, "io.modelcontextprotocol/"); short {
	case "protocolVersion":
		var s string
		s, ok = m.String(v)
		m.Meta.ProtocolVersion = Revision(s)
		ok = ok && s != ""
	case "clientCapabilities":
		m.Meta.ClientCapabilities, ok = v, m.raw[v.Start] == '{'
	case "clientInfo":
		m.Meta.ClientInfo, ok = v, m.raw[v.Start] == '{'
	case "logLevel":
		m.Meta.LogLevel, ok = m.String(v)
	case "progressToken":
		m.Meta.ProgressToken, ok = exactID(m.At(v))
	case "subscriptionId":
		m.Meta.SubscriptionID, ok = exactID(m.At(v))
	case "traceparent":
		m.Meta.Traceparent, ok = m.String(v)
	case "tracestate":
		m.Meta.Tracestate, ok = m.String(v)
	}
	if !ok {
		return bad(CodeInvalidParams, v.Start, "params._meta member %q has the wrong type", name)
	}
	return nil
}

// readResult refuses look-alikes of the result members that Mantlet acts on.
func (m *Message) readResult() error {
	if m.Kind != Result {
		return nil
	}
	if m.raw[m.Result.Start] != '{' {
		return bad(CodeInvalidRequest, m.Result.Start, "result must be an object")
	}
	for one := range m.doc().members(m.Result.Start) {
		name, err := ours(m.raw, one.key, resultNames)
		if err != nil {
			return err
		}
		m.marks |= marked[name]
	}
	return nil
}

package wire

// An Initialize is the params or the result of initialize (2024-11-05 to
// 2025-11-25, basic/lifecycle).
type Initialize struct {
	ProtocolVersion Revision
	Capabilities    Span
	Info            Span // clientInfo or serverInfo
	Instructions    Span
}

// InitializeParams views the params of initialize.
func (m *Message) InitializeParams() (Initialize, error) {
	return m.initialize(m.Params, "clientInfo")
}

// InitializeResult views the result of initialize.
func (m *Message) InitializeResult() (Initialize, error) {
	return m.initialize(m.Result, "serverInfo")
}

func (m *Message) initialize(s Span, info string) (Initialize, error) {
	var v Initialize
	for name, at := range m.Members(s) {
		switch name {
		case "protocolVersion":
			text, _ := m.String(at)
			v.ProtocolVersion = Revision(text)
		case "capabilities":
			v.Capabilities = at
		case info:
			v.Info = at
		case "instructions":
			v.Instructions = at
		}
	}
	if v.ProtocolVersion == "" {
		return v, bad(CodeInvalidParams, m.top.Start, "protocolVersion must be a string")
	}
	return v, nil
}

// RPCError views an error; ok is false for any other message.
func (m *Message) RPCError() (code int, message string, ok bool) {
	if m.Kind != Error {
		return 0, "", false
	}
	for name, at := range m.Members(m.Error) {
		switch name {
		case "code":
			n, _ := m.Int(at)
			code = int(n)
		case "message":
			message, _ = m.String(at)
		}
	}
	return code, message, true
}

// ResultType is result.resultType (2026-07-28, basic); "" where there is none,
// which means complete.
func (m *Message) ResultType() string {
	at, ok := m.Find("result", "resultType")
	if !ok {
		return ""
	}
	s, _ := m.String(at)
	return s
}

// CancelledID is params.requestId of notifications/cancelled, as exact JSON text.
func (m *Message) CancelledID() (ID, bool) { return m.idAt("requestId") }

// ProgressOf is params.progressToken of notifications/progress, as exact JSON text.
func (m *Message) ProgressOf() (ID, bool) { return m.idAt("progressToken") }

func (m *Message) idAt(name string) (ID, bool) {
	at, ok := m.Find("params", name)
	if !ok {
		return "", false
	}
	return exactID(m.At(at))
}

package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxID     = 256
	maxMethod = 256
	maxBatch  = 100
)

// Decode reads b as one message and takes ownership of it. It refuses, with a
// *DecodeError, whatever two parsers could read differently: duplicate member
// names at any depth, names that differ from ours only in letter case, invalid
// UTF-8, lone surrogates, a byte order mark, trailing data, ids that are null or
// no integers, and messages that are two kinds at once. Members that nobody knows
// are kept.
func Decode(b []byte, l Limits) (*Message, error) {
	if err := validate(b, l); err != nil {
		return nil, err
	}
	return decodeValid(b)
}

// DecodeBatch is Decode for revision 2025-03-26, in which an array of 1 to 100
// messages is a batch. batch says that it was one.
func DecodeBatch(b []byte, l Limits) (all []*Message, batch bool, err error) {
	if err := validate(b, l); err != nil {
		return nil, false, err
	}
	start := skipSpace(b, 0)
	if b[start] != '[' {
		m, err := decodeValid(b)
		return []*Message{m}, false, err
	}
	for s := range elements(b, start) {
		if len(all) == maxBatch {
			return nil, true, beyond(s.Start, "a batch has more than %d messages; send several", maxBatch)
		}
		m, err := decodeValid(b[s.Start:s.End:s.End])
		if err != nil {
			return nil, true, err
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, true, bad(CodeInvalidRequest, start, "a batch is empty")
	}
	return all, true, nil
}

// validate bounds b before anything looks at its meaning, then has it read by the
// strict reader.
func validate(b []byte, l Limits) error {
	if len(b) > l.Bytes {
		return beyond(l.Bytes, "the message has %d bytes; at most %d are allowed", len(b), l.Bytes)
	}
	if err := measure(b, l); err != nil {
		return err
	}
	if !jsontext.Value(b).IsValid() {
		return syntax(b)
	}
	return nil
}

// measure counts depth and values in any bytes, valid or not.
func measure(b []byte, l Limits) error {
	depth, nodes, inString := 0, 1, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		if inString {
			switch c {
			case '\\':
				i++
			case '"':
				inString = false
			}
			continue
		}
		switch c {
		case '"':
			inString = true
		case '{', '[':
			if depth++; depth > l.Depth {
				return beyond(i, "the message nests deeper than %d levels; flatten it", l.Depth)
			}
			nodes++
		case '}', ']':
			depth--
		case ',':
			nodes++
		}
	}
	if nodes > l.Nodes {
		return beyond(len(b), "the message has more than %d values; send less at once", l.Nodes)
	}
	return nil
}

// syntax says where b stops being valid JSON. It is slow and runs only then.
func syntax(b []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(b))
	_, err := d.ReadValue()
	if err == nil {
		if _, err = d.ReadToken(); err == nil || errors.Is(err, io.EOF) {
			return bad(CodeParseError, int(d.InputOffset()), "data follows the message; send one message at a time")
		}
	}
	at := int(d.InputOffset())
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at = int(s.ByteOffset)
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return bad(CodeParseError, at, "a member name is there twice in one object; send each once")
	}
	return bad(CodeParseError, at, "the body is not valid JSON in UTF-8")
}

// The members that Mantlet acts on. A name that differs from one of them only in
// letter case, by Unicode's simple folding, is refused: some parser downstream
// takes it for ours.
var (
	envelopeNames = []string{"jsonrpc", "id", "method", "params", "result", "error"}
	paramNames    = []string{
		"_meta", "name", "arguments", "uri", "taskId", "requestState", "inputResponses", "cursor",
		"protocolVersion", "capabilities", "clientInfo", "requestId", "progressToken", "notifications", "ref", "level",
	}
	metaNames = []string{
		"progressToken", "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities",
		"io.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/logLevel", "io.modelcontextprotocol/subscriptionId",
		"traceparent", "tracestate", "baggage",
	}
	resultNames = []string{
		"_meta", "resultType", "tools", "prompts", "resources", "resourceTemplates", "tasks", "nextCursor",
		"protocolVersion", "capabilities", "serverInfo", "instructions", "supportedVersions", "ttlMs", "cacheScope",
		"inputRequests", "requestState", "taskId", "content", "structuredContent", "isError",
	}
	itemNames = []string{"name", "uri", "uriTemplate", "taskId", "inputSchema", "outputSchema", "description", "title", "annotations", "_meta"}
)

// ours returns the one of names that the member name at s is, "" for none, and an
// error for one that only looks like it.
func ours(b []byte, s Span, names []string) (string, error) {
	inner := b[s.Start+1 : s.End-1]
	text := ""
	if bytes.IndexByte(inner, '\\') >= 0 {
		text = unquote(b, s)
		inner = []byte(text)
	}
	for _, name := range names {
		if string(inner) == name {
			return name, nil
		}
		if len(inner) >= len(name) && len(inner) <= 3*len(name) && strings.EqualFold(string(inner), name) {
			return "", bad(CodeInvalidRequest, s.Start, "member %q differs from %q only in letter case; use the exact name", cut(string(inner)), name)
		}
	}
	return "", nil
}

func cut(s string) string {
	if len(s) > 64 {
		return s[:64]
	}
	return s
}

// decodeValid reads the envelope of valid JSON.
func decodeValid(b []byte) (*Message, error) {
	start := skipSpace(b, 0)
	if b[start] != '{' {
		return nil, bad(CodeInvalidRequest, start, "a message is a JSON object")
	}
	m := &Message{raw: b, top: Span{start, skipValue(b, start)}}
	e := envelope{m: m}
	for one := range members(b, start) {
		if err := e.take(one); err != nil {
			return nil, m.named(err)
		}
	}
	if err := e.classify(); err != nil {
		return nil, m.named(err)
	}
	if err := m.readParams(); err != nil {
		return nil, m.named(err)
	}
	if err := m.readResult(); err != nil {
		return nil, m.named(err)
	}
	return m, nil
}

// named gives a refusal the message's id, so that it can be answered.
func (m *Message) named(err error) error {
	if e, ok := err.(*DecodeError); ok { //nolint:errorlint // made here, never wrapped
		e.ID = m.ID
	}
	return err
}

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
	outer, err := validate(b, l)
	if err != nil {
		return nil, err
	}
	return decodeValid(b, outer)
}

// DecodeBatch is Decode for revision 2025-03-26, in which an array of 1 to 100
// messages is a batch. batch says that it was one.
func DecodeBatch(b []byte, l Limits) (all []*Message, batch bool, err error) {
	outer, err := validate(b, l)
	if err != nil {
		return nil, false, err
	}
	start := skipSpace(b, 0)
	if b[start] != '[' {
		m, err := decodeValid(b, outer)
		return []*Message{m}, false, err
	}
	for s := range (doc{b, outer}).elements(start) {
		if len(all) == maxBatch {
			return nil, true, beyond(s.Start, "a batch has more than %d messages; send several", maxBatch)
		}
		m, err := decodeValid(b[s.Start:s.End:s.End], nil)
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
func validate(b []byte, l Limits) (outer []Span, err error) {
	if len(b) > l.Bytes {
		return nil, beyond(l.Bytes, "the message has %d bytes; at most %d are allowed", len(b), l.Bytes)
	}
	if outer, err = measure(b, l); err != nil {
		return nil, err
	}
	if !jsontext.Value(b).IsValid() {
		return nil, syntax(b)
	}
	return outer, nil
}

// outerDepth is how deep the index of containers goes: the message, its result, the
// list in it, each item, and what an item holds.
const outerDepth = 5

// measure counts depth and values in any bytes, valid or not, and notes where the
// outer containers begin and end. What it noted holds if the bytes are valid.
func measure(b []byte, l Limits) (outer []Span, err error) {
	depth, nodes := 0, 1
	var open [outerDepth]int
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = skipString(b, i) - 1
		case '{', '[':
			if depth >= l.Depth {
				return nil, beyond(i, "the message nests deeper than %d levels; flatten it", l.Depth)
			}
			if depth >= 0 && depth < outerDepth {
				open[depth] = len(outer) //nolint:gosec // bounded in the condition
				outer = append(outer, Span{i, len(b)})
			}
			depth++
			nodes++
		case '}', ']':
			depth--
			if depth >= 0 && depth < outerDepth {
				outer[open[depth]].End = i + 1 //nolint:gosec // bounded in the condition
			}
		case ',':
			nodes++
		}
	}
	if nodes > l.Nodes {
		return nil, beyond(len(b), "the message has more than %d values; send less at once", l.Nodes)
	}
	return outer, nil
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
		"inputRequests", "requestState", "taskId", "task", "content", "structuredContent", "isError",
	}
	itemNames = []string{"name", "uri", "uriTemplate", "taskId", "inputSchema", "outputSchema", "description", "title", "annotations", "_meta"}
)

// ours returns the one of names that the member name at s is, "" for none, and an
// error for one that only looks like it.
func ours(b []byte, s Span, names []string) (string, error) {
	inner := b[s.Start+1 : s.End-1]
	if bytes.IndexByte(inner, '\\') >= 0 {
		inner = []byte(unquote(b, s))
	}
	for _, name := range names {
		if string(inner) == name {
			return name, nil
		}
		if len(inner) > 0 && inner[0] < 0x80 && inner[0]|0x20 != name[0]|0x20 {
			continue // ASCII folds to ASCII alone by its case bit
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
func decodeValid(b []byte, outer []Span) (*Message, error) {
	start := skipSpace(b, 0)
	if b[start] != '{' {
		return nil, bad(CodeInvalidRequest, start, "a message is a JSON object")
	}
	m := &Message{raw: b, outer: outer}
	d := m.doc()
	m.top = Span{start, d.skipValue(start)}
	e := envelope{m: m}
	for one := range m.doc().members(start) {
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

package wire

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf8"
)

// The sentinel that marks an encoded header value (SEP-2243). Its letters are
// lower case, exactly.
const (
	sentinelStart = "=?base64?"
	sentinelEnd   = "?="
)

var errHeader = errors.New("wire: header value is not validly encoded")

// EncodeHeader is v as the value of Mcp-Name or Mcp-Param-*: as it is where HTTP
// carries it unchanged, else base64 of its UTF-8 between the sentinel's marks. A
// value that looks like the sentinel is always encoded.
func EncodeHeader(v string) string {
	if plain(v) && (!strings.HasPrefix(v, sentinelStart) || !strings.HasSuffix(v, sentinelEnd)) {
		return v
	}
	return sentinelStart + base64.StdEncoding.EncodeToString([]byte(v)) + sentinelEnd
}

// plain reports whether HTTP hands v on unchanged: visible ASCII and inner spaces.
func plain(v string) bool {
	for i := range len(v) {
		if v[i] < 0x20 && v[i] != '\t' || v[i] > 0x7e {
			return false
		}
	}
	return v == strings.Trim(v, " \t")
}

// DecodeHeader undoes EncodeHeader. It refuses wrong padding, characters outside
// the alphabet and bytes that are not UTF-8.
func DecodeHeader(v string) (string, error) {
	rest, ok := strings.CutPrefix(v, sentinelStart)
	if !ok {
		return v, nil
	}
	body, ok := strings.CutSuffix(rest, sentinelEnd)
	if !ok {
		return v, nil
	}
	b, err := base64.StdEncoding.Strict().DecodeString(body)
	if err != nil || strings.ContainsAny(body, "\r\n") || !utf8.Valid(b) {
		return "", errHeader
	}
	return string(b), nil
}

// A HeaderParam is an argument that a tool wants mirrored in Mcp-Param-{Header}.
type HeaderParam struct {
	Header string
	Path   []string // from arguments
	Type   string   // "string", "integer" or "boolean"
}

const maxHeaderParams = 64

// HeaderParams reads the x-mcp-header marks of a tool's input schema. It refuses a
// schema that breaks SEP-2243's rules for them: a name that is no token or is
// there twice whatever its case, a type that headers do not carry.
func HeaderParams(inputSchema []byte) ([]HeaderParam, error) {
	m := &Message{raw: inputSchema, top: Span{0, len(inputSchema)}}
	var out []HeaderParam
	todo := []schemaAt{{m.top, nil}}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		props, ok := m.child(at.span, "properties")
		if !ok {
			continue
		}
		for name, sub := range m.Members(props.value) {
			path := append(append([]string(nil), at.path...), name)
			p, ok, err := m.headerParam(sub, path)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, p)
			}
			if todo = append(todo, schemaAt{sub, path}); len(out) > maxHeaderParams || len(path) > 16 {
				return nil, errors.New("wire: too many mirrored parameters")
			}
		}
	}
	return out, unique(out)
}

type schemaAt struct {
	span Span
	path []string
}

func (m *Message) headerParam(s Span, path []string) (HeaderParam, bool, error) {
	mark, ok := m.child(s, "x-mcp-header")
	if !ok {
		return HeaderParam{}, false, nil
	}
	name, isString := m.String(mark.value)
	kind, _ := m.child(s, "type")
	typ, _ := m.String(kind.value)
	if !isString || !token(name) || (typ != "string" && typ != "integer" && typ != "boolean") {
		return HeaderParam{}, false, errors.New("wire: x-mcp-header is not a token on a string, integer or boolean")
	}
	return HeaderParam{name, path, typ}, true, nil
}

// token reports whether s is an RFC 9110 token (section 5.6.2).
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

func unique(all []HeaderParam) error {
	seen := make(map[string]bool, len(all))
	for _, p := range all {
		name := strings.ToLower(p.Header)
		if seen[name] {
			return errors.New("wire: two parameters are mirrored in one header")
		}
		seen[name] = true
	}
	return nil
}

package inspect

import (
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
)

// surface is where the texts of c will be read.
func (c *Content) surface() Surface {
	switch {
	case !c.Back && (c.Kind == Result || c.Kind == Error):
		return Answer
	case !c.Back && asking[c.Method]:
		return Argument
	case !c.Back:
		return Inward
	case c.Kind == Request:
		return Question
	case c.Kind == Notification, c.Kind == Error:
		return Remark
	case c.Method == "initialize", c.Method == "server/discover", strings.HasSuffix(c.Method, "/list"):
		return Description
	}
	return Data
}

// asking are the methods that carry a caller's words to what a server offers.
var asking = map[string]bool{
	"tools/call": true, "prompts/get": true, "resources/read": true, "resources/subscribe": true,
	"resources/unsubscribe": true, "completion/complete": true, "tasks/update": true,
}

// opaque reports whether a text is no words: the bytes of an image, of a sound or of a file
// in base64, a cursor, a sealed state.
func opaque(l *leaf.Leaf) bool {
	if l.Kind != leaf.String || len(l.Path) == 0 {
		return false
	}
	switch string(l.Path[len(l.Path)-1].Name) {
	case "data", "blob":
		return len(l.Text) > 64 && base64(l.Text)
	case "nextCursor", "cursor", "requestState", "progressToken":
		return len(l.Path) <= 2
	}
	return false
}

// base64 reports whether text is of base64's letters alone (RFC 4648, sections 4 and 5).
func base64(text []byte) bool {
	for _, c := range text {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '+', c == '/', c == '-', c == '_', c == '=', c == '\n', c == '\r':
		default:
			return false
		}
	}
	return true
}

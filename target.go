package mantlet

import (
	"errors"
	"fmt"
	"strings"
)

// A ServerID names an upstream MCP server as configured, never as it names
// itself. Joined names are built as "server__tool", so an id holds no "__".
type ServerID string

// MaxServerID is the longest server id in bytes: a joined tool name has at most
// 64 characters, and the tool wants most of them.
const MaxServerID = 32

// Joined is the id under which the servers stand together at /mcp. It is no
// configured server's id: ParseServerID refuses it.
const Joined ServerID = "*"

// ParseServerID returns s as a ServerID, or says why it cannot be one. An id is
// 1 to MaxServerID of [a-z0-9_-], begins with a letter or digit, has no "__" and
// ends in neither "_" nor "-".
func ParseServerID(s string) (ServerID, error) {
	switch {
	case s == "":
		return "", errors.New("a server id is empty; give it a name such as \"files\"")
	case len(s) > MaxServerID:
		return "", fmt.Errorf("server id %q has %d bytes; at most %d are allowed", s, len(s), MaxServerID)
	case strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" || strings.ContainsFunc(s, notInServerID):
		return "", fmt.Errorf("server id %q may only hold a-z, 0-9, \"-\" and \"_\"", s)
	case strings.Contains(s, "__"):
		return "", fmt.Errorf("server id %q holds \"__\", which separates a server from its tool; use one \"_\"", s)
	case strings.Trim(s, "_-") != s:
		return "", fmt.Errorf("server id %q must begin and end with a letter or a digit", s)
	}
	return ServerID(s), nil
}

// ServerIDFrom makes a server id of what people call a thing: its letters and digits, in
// lower case, with "-" for each run of anything else; at most limit bytes, which is 1 to
// MaxServerID. Where nothing is left it is "server".
func ServerIDFrom(name string, limit int) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	id := b.String()
	if id = strings.Trim(id[:min(len(id), limit)], "-"); id == "" {
		return "server"
	}
	return id
}

func notInServerID(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-'
}

// A TargetKind says what sort of thing a Target names. The zero kind is none.
type TargetKind uint8

// The kinds: everything that moves can be named.
const (
	KindNone         TargetKind = iota
	KindMethod                  // the method itself: tools/list, ping
	KindTool                    // a tool, by its name
	KindPrompt                  // a prompt, by its name
	KindResource                // a resource, by its URI
	KindTemplate                // a resource template, by its URI template
	KindTask                    // a task, by its id
	KindInstructions            // what the server tells the model about itself
	KindLaunch                  // how the server is started
	KindIdentity                // who the server is: what TLS proves of it
)

var targetKinds = [...]string{"none", "method", "tool", "prompt", "resource", "template", "task", "instructions", "launch", "identity"}

func (k TargetKind) String() string {
	if int(k) < len(targetKinds) {
		return targetKinds[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseTargetKind returns the kind of a name; false where there is none of that name.
func ParseTargetKind(name string) (TargetKind, bool) {
	for k, n := range targetKinds {
		if n == name && k != int(KindNone) {
			return TargetKind(k), true //nolint:gosec // there are few
		}
	}
	return KindNone, false
}

// Sole reports whether a server has one thing of this kind, which is named as the kind is.
func (k TargetKind) Sole() bool {
	return k == KindInstructions || k == KindLaunch || k == KindIdentity
}

// A Target is one thing of one server. Name comes from the caller or from the
// server and is untrusted text: escape it before a person sees it.
type Target struct {
	Server ServerID
	Kind   TargetKind
	Name   string
}

func (t Target) String() string { return string(t.Server) + "/" + t.Kind.String() + "/" + t.Name }

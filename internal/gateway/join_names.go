package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// separator stands between a server's id, which never holds it, and the name
// that the server gave. The first one in a joined name is therefore ours.
const separator = "__"

// maxJoinedName is the longest tool name that clients take.
const maxJoinedName = 64

// maxShortened bounds the table of shortened names.
const maxShortened = 50_000

// JoinedName is the name of a server's tool or prompt at the joined mount:
// "server__name". One that would be longer than 64 bytes keeps its beginning and
// ends in "_" and 8 hex digits of the whole's SHA-256: the same on every replica
// and after every restart.
func JoinedName(server mantlet.ServerID, name string) string {
	full := string(server) + separator + name
	if len(full) <= maxJoinedName {
		return full
	}
	sum := sha256.Sum256([]byte(full))
	return strings.ToValidUTF8(full[:maxJoinedName-9], "") + "_" + hex.EncodeToString(sum[:4])
}

// names remembers what the shortened names stand for. It can be learned again
// from the members' lists.
type names struct {
	mu    sync.Mutex
	short map[shortName]string
}

type shortName struct {
	method wire.Method // the list method that names it
	joined string
}

func (n *names) learn(list wire.Method, joined, name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.short == nil || len(n.short) >= maxShortened {
		n.short = make(map[shortName]string)
	}
	n.short[shortName{list, joined}] = name
}

func (n *names) of(list wire.Method, joined string) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	name, ok := n.short[shortName{list, joined}]
	return name, ok
}

// resolve finds the member and the member's own name for a joined name.
func (p *part) resolve(ctx context.Context, m *wire.Message) (mantlet.ServerID, string, error) {
	id, name, ok := strings.Cut(m.Name, separator)
	server := mantlet.ServerID(id)
	if !ok || !slices.Contains(p.members, server) {
		return "", "", unknownName(m)
	}
	if len(m.Name) < maxJoinedName-8 || JoinedName(server, name) != m.Name {
		return server, name, nil
	}
	list := lister(m.Method)
	if long, ok := p.names.of(list, m.Name); ok {
		return server, long, nil
	}
	if !shortened(m.Name) {
		return server, name, nil
	}
	p.relist(ctx, server, list)
	if long, ok := p.names.of(list, m.Name); ok {
		return server, long, nil
	}
	return server, name, nil
}

// shortened reports whether name could be one that JoinedName cut.
func shortened(name string) bool {
	i := len(name) - 9
	if i < 0 || name[i] != '_' {
		return false
	}
	_, err := hex.DecodeString(name[i+1:])
	return err == nil
}

func lister(m wire.Method) wire.Method {
	if m == "prompts/get" {
		return "prompts/list"
	}
	return "tools/list"
}

func unknownName(m *wire.Message) error {
	return &mantlet.Fault{
		Kind: mantlet.Unknown, Code: wire.CodeInvalidParams,
		Public: "no server here offers " + mantlet.Escape(m.Name) + "; list again and use a name from the list",
	}
}

package gateway

import (
	"context"
	"errors"
	"fmt"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// lookedAt are the lists that a look asks for.
var lookedAt = []wire.Method{"tools/list", "prompts/list", "resources/list", "resources/templates/list"}

// Look lists all that a server offers, so that trust sees it; nobody is shown it. It walks
// the corridor as every list does: who looks is a principal like any other, and each list
// stands in the record under id. A list that the server does not have is none.
func (g *Gateway) Look(ctx context.Context, id string, who mantlet.Principal, server mantlet.ServerID) error {
	base, err := wire.NewRequest(`"look"`, "server/discover", fmt.Appendf(nil,
		`{"_meta":{"io.modelcontextprotocol/protocolVersion":%q,"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":%s}}`, wire.Rev20260728, g.join.about))
	if err != nil {
		return err
	}
	var all error
	for _, method := range lookedAt {
		x := &Exchange{ID: id + "." + string(method), Server: server, Op: upstream.OpDeliver, Request: base}
		x.Caller = Caller{Principal: who, Conversation: mantlet.Conversation{Principal: who.Key()}, Revision: wire.Rev20260728, Transport: "mantlet"}
		if err := g.relist(ctx, x, method); err != nil && !errors.Is(err, errNoList) {
			all = errors.Join(all, fmt.Errorf("%s: %w", method, err))
		}
	}
	return all
}

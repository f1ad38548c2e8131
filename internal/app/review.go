package app

import (
	"context"
	"fmt"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
	"github.com/mantlet-mcp/mantlet/internal/trust/dossier"
	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
)

// dossier is what is declared of a server, or of one of its tools, with what the server's
// says for what the tool's leaves out. The zero Dossier says nothing.
func (c *catalogue) dossier(ctx context.Context, server mantlet.ServerID, tool string) (dossier.Dossier, error) {
	read := func(name string) (d dossier.Dossier, err error) {
		doc, ok := c.Document(trust.Dossier, server, name)
		if !ok {
			return d, nil
		}
		text, err := c.Content(ctx, doc)
		if err != nil {
			return d, err
		}
		return dossier.ReadTool(text)
	}
	whole, err := read("")
	if err != nil || tool == "" {
		return whole, err
	}
	own, err := read(tool)
	return own.Or(whole), err
}

// declare adds what the owner says to a review.
func (c *catalogue) declare(ctx context.Context, v trust.Review, out *daemon.Reviewed) error {
	tool := v.Target.Name
	if v.Target.Kind != mantlet.KindTool {
		tool = ""
	}
	d, err := c.dossier(ctx, v.Target.Server, tool)
	if err != nil {
		return err
	}
	out.Owner, out.Purpose, out.Labels, out.DataClass = d.Owner, d.Manifest.Purpose, d.Labels, d.DataClass
	if v.Target.Kind == mantlet.KindTool {
		out.Tier = effect.Tier(d.Add(effect.Of(v.Fresh)), d.Class())
	}
	return nil
}

var parts = map[definition.Part]string{definition.Removed: "-", definition.Added: "+"}

func reviewed(v trust.Review) daemon.Reviewed {
	out := daemon.Reviewed{Listed: listed(v.Item), Approved: v.Approved.Raw(), Fresh: v.Fresh.Raw(), Told: v.Difference.NewlyTold()}
	for _, c := range v.Difference.Changes {
		changed := daemon.Changed{At: string(c.At), Old: c.Old, New: c.New, Material: c.Weight == definition.Material, Loosened: c.Bound == definition.Loosened}
		for _, s := range c.Words {
			changed.Words = append(changed.Words, daemon.Word{Part: parts[s.Part], Text: s.Text})
		}
		out.Changes = append(out.Changes, changed)
	}
	if v.Target.Kind == mantlet.KindTool {
		e := effect.Of(v.Fresh)
		for _, r := range e.Why {
			out.Effects = append(out.Effects, fmt.Sprintf("%s (%s: %s)", r.Effects, r.From, r.Word))
		}
	}
	return out
}

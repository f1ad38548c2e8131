package app

import (
	"context"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/hidden"
	"github.com/mantlet-mcp/mantlet/internal/inspect/schema"
	"github.com/mantlet-mcp/mantlet/internal/trust"
)

// inspector is the inspection room as cfg describes it.
func (a *App) inspector(cfg *config.Config) (gateway.Inspector, error) {
	if cfg.Insecure.InspectNothing {
		return inspect.Nothing{}, nil
	}
	i := cfg.Inspect
	limits := schema.Options{String: int(i.Text), Items: i.Elements}
	o := inspect.Options{Arguments: limits, Results: limits}
	if r, ok := a.trust.room().(*trust.Registry); ok {
		o.Definitions = approvedDefinitions{r}
	}
	var err error
	if o.Schemas.Arguments, err = inspect.ParseAction(i.Arguments); err != nil {
		return nil, err
	}
	if o.Schemas.Results, err = inspect.ParseAction(i.Results); err != nil {
		return nil, err
	}
	for _, d := range []struct {
		fact     string
		detector inspect.Detector
		detect   config.Detect
	}{
		{"hidden", hidden.Runes{}, i.Hidden},
	} {
		rows, err := rows(d.fact, d.detector, d.detect)
		if err != nil {
			return nil, err
		}
		o.Rows = append(o.Rows, rows...)
	}
	return inspect.New(o)
}

// rows are the lines of one detector: one for each direction.
func rows(fact string, d inspect.Detector, how config.Detect) ([]inspect.Row, error) {
	from, err := finding.ParseSeverity(how.From)
	if err != nil {
		return nil, err
	}
	in, err := inspect.ParseAction(how.In)
	if err != nil {
		return nil, err
	}
	back, err := inspect.ParseAction(how.Back)
	if err != nil {
		return nil, err
	}
	return []inspect.Row{
		{Fact: fact, Detector: d, On: inspect.In, Do: in, From: from},
		{Fact: fact, Detector: d, On: inspect.Back, Do: back, From: from},
	}, nil
}

// approvedDefinitions reads from the catalogue what was approved, by its digest.
type approvedDefinitions struct{ of *trust.Registry }

func (d approvedDefinitions) Definition(ctx context.Context, t mantlet.Target, digest [32]byte) ([]byte, error) {
	return d.of.Definition(ctx, t.Kind, digest)
}

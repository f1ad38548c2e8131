package app

import (
	"context"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/trace"
)

// flushTime is how long the last spans may take to leave.
const flushTime = 3 * time.Second

// follow starts the export of spans, where a collector is configured.
func (a *App) follow(cfg *config.Config) error {
	t := cfg.Telemetry.Traces
	if t.Endpoint == "" {
		return nil
	}
	headers, err := config.Resolve(t.Headers)
	if err != nil {
		return err
	}
	a.spans = trace.Start(trace.Options{Endpoint: t.Endpoint, Headers: headers, Version: Version(), Log: a.log, Count: a.metrics.Spans})
	return nil
}

func (a *App) unfollow(ctx context.Context) {
	if a.spans == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	a.spans.Close(ctx)
}

// tracer is the corridor's, for one configuration.
func (g ground) tracer(cfg *config.Config, ids []mantlet.ServerID) gateway.Tracer {
	if g.spans == nil {
		return gateway.Untraced{}
	}
	remote := func(id mantlet.ServerID) bool { return cfg.Servers[string(id)].URL != "" }
	return trace.New(g.spans, float64(*cfg.Telemetry.Traces.Sample), ids, remote)
}

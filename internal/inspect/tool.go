package inspect

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/schema"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

// Definitions gives the exact definition that was approved, by its digest.
type Definitions interface {
	Definition(ctx context.Context, t mantlet.Target, digest [32]byte) ([]byte, error)
}

// A tool is what is known of one approved tool or prompt: made once for each definition.
type tool struct {
	input, output *schema.Schema // nil where the definition has none
	plan          *sink.Plan
	err           error // why it can be held against nothing
}

// maxTools is how many tools are kept ready; beyond it the whole is begun anew.
const maxTools = 10_000

type tools struct {
	from          Definitions
	input, output schema.Options
	sinks         func(mantlet.Target) sink.Options

	mu   sync.RWMutex
	made map[[32]byte]*tool
}

// of is the tool or prompt of c; nil where c is of neither, or none was approved.
func (s *tools) of(ctx context.Context, c *Content) (*tool, error) {
	if s.from == nil || c.Target.Kind != mantlet.KindTool && c.Target.Kind != mantlet.KindPrompt || c.Digest == [32]byte{} {
		return nil, nil //nolint:nilnil // there is none
	}
	s.mu.RLock()
	t := s.made[c.Digest]
	s.mu.RUnlock()
	if t == nil {
		raw, err := s.from.Definition(ctx, c.Target, c.Digest)
		if err != nil {
			return nil, fmt.Errorf("inspect: the approved definition cannot be had: %w", err)
		}
		t = s.compile(c.Target, raw)
		s.keep(c.Digest, t)
	}
	return t, nil
}

func (s *tools) keep(d [32]byte, t *tool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil || len(s.made) >= maxTools {
		s.made = make(map[[32]byte]*tool)
	}
	s.made[d] = t
}

func (s *tools) compile(of mantlet.Target, raw []byte) *tool {
	var d struct {
		Input  jsontext.Value `json:"inputSchema"`
		Output jsontext.Value `json:"outputSchema"`
	}
	t := &tool{}
	if t.err = json.Unmarshal(raw, &d); t.err != nil {
		return t
	}
	var o sink.Options
	if s.sinks != nil {
		o = s.sinks(of)
	}
	if t.plan, t.err = sink.New(of.Name, raw, o); t.err != nil {
		return t
	}
	for _, one := range []struct {
		raw jsontext.Value
		to  **schema.Schema
		o   schema.Options
	}{{d.Input, &t.input, s.input}, {d.Output, &t.output, s.output}} {
		if len(one.raw) == 0 || string(one.raw) == "null" {
			continue
		}
		made, err := schema.Compile(one.raw, one.o)
		if err != nil {
			t.err = fmt.Errorf("inspect: the schema that was approved cannot be used: %w", err)
			return t
		}
		*one.to = made
	}
	return t
}

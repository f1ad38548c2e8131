package app

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/canary"
	"github.com/mantlet-mcp/mantlet/internal/inspect/condition"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/token"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/hidden"
	"github.com/mantlet-mcp/mantlet/internal/inspect/jws"
	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/internal/inspect/output"
	"github.com/mantlet-mcp/mantlet/internal/inspect/pack"
	"github.com/mantlet-mcp/mantlet/internal/inspect/schema"
	"github.com/mantlet-mcp/mantlet/internal/trust"
)

// inspector is the inspection room as cfg describes it: one for all servers, and one for each
// that is looked at differently.
func (a *App) inspector(cfg *config.Config) (gateway.Inspector, error) {
	if cfg.Insecure.InspectNothing {
		return inspect.Nothing{}, nil
	}
	d, err := newDetectors()
	if err != nil {
		return nil, err
	}
	if err := a.vaulted(cfg, d); err != nil {
		return nil, err
	}
	all, err := a.inspection(cfg, &cfg.Inspect, d, nil)
	if err != nil {
		return nil, err
	}
	rooms := inspections{other: all, of: make(map[mantlet.ServerID]*inspect.Room)}
	for id, s := range cfg.Servers {
		if s.Inspect == nil && s.ResultKeysFile == "" {
			continue
		}
		if rooms.of[mantlet.ServerID(id)], err = a.inspection(cfg, cmp.Or(s.Inspect, &cfg.Inspect), d, s); err != nil {
			return nil, fmt.Errorf("server %s: %w", id, err)
		}
	}
	return rooms, nil
}

// inspections are the rooms by the server whose messages they look at.
type inspections struct {
	of    map[mantlet.ServerID]*inspect.Room
	other *inspect.Room
}

// Inspect asks the room of c's server.
func (r inspections) Inspect(ctx context.Context, c inspect.Content) (inspect.Report, error) {
	if own, ok := r.of[c.Target.Server]; ok {
		return own.Inspect(ctx, c)
	}
	return r.other.Inspect(ctx, c)
}

// detectors are made once for all rooms.
type detectors struct {
	secrets    *dlp.Secrets
	model      *model.Model
	rules      map[string]*pack.Engine // by the files that they are of
	disclosure *output.Disclosure
	sizes      *output.Sizes
	vault      *token.Vault
}

// rulesOf are the rules of packs, compiled once for all servers that have the same.
func (d *detectors) rulesOf(cfg *config.Config, files []config.Pack) (*pack.Engine, error) {
	key := fmt.Sprintf("%q", files)
	if e := d.rules[key]; e != nil {
		return e, nil
	}
	e, err := packs(cfg, files)
	if err == nil {
		d.rules[key] = e
	}
	return e, err
}

func newDetectors() (*detectors, error) {
	m, err := model.Load()
	if err != nil {
		return nil, err
	}
	return &detectors{model: m, rules: make(map[string]*pack.Engine), secrets: dlp.NewSecrets(), disclosure: output.New(), sizes: &output.Sizes{}}, nil
}

func (a *App) inspection(cfg *config.Config, i *config.Inspect, d *detectors, of *config.Server) (*inspect.Room, error) {
	o := inspect.Options{
		Arguments: schema.Options{String: int(i.Text), Items: i.Elements},
		Result:    int(i.Result), Sizes: d.sizes, Spotlight: spotlight(cfg), Meta: i.Meta,
		Tokens: d.vault,
	}
	if r, ok := a.trust.room().(*trust.Registry); ok {
		o.Definitions = approvedDefinitions{r}
	}
	var err error
	if of != nil && of.ResultKeysFile != "" {
		keys, err := resultKeys(cfg, of)
		if err != nil {
			return nil, err
		}
		o.Signatures, o.Signed = keys, of.ResultsSigned
	}
	if o.Schemas.Arguments, err = inspect.ParseAction(i.Arguments); err != nil {
		return nil, err
	}
	if o.Schemas.Results, err = inspect.ParseAction(i.Results); err != nil {
		return nil, err
	}
	if o.Sinks, err = sinks(i); err != nil {
		return nil, err
	}
	if o.Protocol, err = official(i.Protocol); err != nil {
		return nil, err
	}
	if o.Rows, err = a.table(cfg, i, d); err != nil {
		return nil, err
	}
	if c, err := conditions(cfg, i); err != nil {
		return nil, err
	} else if c != nil {
		o.Conditions = c
	}
	if o.Judges, err = a.judges(i.Detectors); err != nil {
		return nil, err
	}
	return inspect.New(o)
}

func resultKeys(cfg *config.Config, s *config.Server) (*jws.Keys, error) {
	b, err := cfg.ReadFile(s.ResultKeysFile)
	if err != nil {
		return nil, err
	}
	keys, err := jws.Read(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.ResultKeysFile, err)
	}
	return keys, nil
}

// spotlight is how the texts for each client are marked; nil where none's are.
func spotlight(cfg *config.Config) func(mantlet.PrincipalKey) inspect.Spotlight {
	ways := make(map[string]inspect.Spotlight)
	for _, c := range cfg.Clients {
		switch c.Spotlight {
		case "delimit":
			ways[c.Name] = inspect.Delimited
		case "mark":
			ways[c.Name] = inspect.Datamarked
		}
	}
	if len(ways) == 0 {
		return nil
	}
	return func(k mantlet.PrincipalKey) inspect.Spotlight { return ways[k.Client] }
}

// table is what is looked for, in the order in which it is said.
func (a *App) table(cfg *config.Config, i *config.Inspect, d *detectors) (out []inspect.Row, err error) {
	for _, one := range []struct {
		fact     string
		detector inspect.Detector
		how      config.Detect
	}{
		{"hidden", hidden.Runes{}, i.Hidden},
		{"secret", d.secrets, i.Secrets},
		{"personal", dlp.Personal{}, i.Personal},
		{"disclosure", d.disclosure, i.Disclosure},
		{"encoded", output.Encoded{}, i.Encoded},
	} {
		if out, err = rows(out, one.fact, one.detector, one.how); err != nil {
			return nil, err
		}
	}
	rules, err := d.rulesOf(cfg, i.Packs)
	if err != nil {
		return nil, err
	}
	if out, err = ruled(out, rules, i.Injection); err != nil {
		return nil, err
	}
	if out, err = steered(out, d.model, i.Model); err != nil {
		return nil, err
	}
	if out, err = records(out, cfg, i); err != nil {
		return nil, err
	}
	return canaries(out, i.Canaries)
}

// steered adds the embedded model: one head for what servers say of themselves, one for all
// else that comes back.
func steered(out []inspect.Row, m *model.Model, how config.Detect) ([]inspect.Row, error) {
	both, err := rows(nil, "steering", m.Data(), how)
	if err != nil {
		return nil, err
	}
	back := both[1]
	back.On = inspect.Data | inspect.Question | inspect.Remark
	about := back
	about.On, about.Detector = inspect.Description, m.Definitions()
	return append(out, both[0], back, about), nil
}

func official(how config.Detect) (p inspect.ProtocolActions, err error) {
	if p.From, err = finding.ParseSeverity(how.From); err != nil {
		return p, err
	}
	if p.In, err = inspect.ParseAction(how.In); err != nil {
		return p, err
	}
	p.Back, err = inspect.ParseAction(how.Back)
	return p, err
}

// conditions are those of the configuration's files; nil where it names none.
func conditions(cfg *config.Config, i *config.Inspect) (*condition.Conditions, error) {
	if i.ConditionsFile == "" {
		return nil, nil //nolint:nilnil // there are none
	}
	policies, err := cfg.ReadFile(i.ConditionsFile)
	if err != nil {
		return nil, err
	}
	var fixtures []condition.Fixture
	if i.FixturesFile != "" {
		b, err := cfg.ReadFile(i.FixturesFile)
		if err != nil {
			return nil, err
		}
		if fixtures, err = condition.ReadFixtures(b); err != nil {
			return nil, fmt.Errorf("%s: %w", i.FixturesFile, err)
		}
	}
	c, err := condition.Read(policies, fixtures)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", i.ConditionsFile, err)
	}
	return c, nil
}

func canaries(out []inspect.Row, k config.Canaries) ([]inspect.Row, error) {
	if len(k.Files) == 0 {
		return out, nil
	}
	values := make(map[string]string)
	for name, file := range k.Files {
		value, err := config.Secret(file)
		if err != nil {
			return nil, fmt.Errorf("the canary %s: %w", name, err)
		}
		values[name] = value
	}
	d, err := canary.New(values)
	if err != nil {
		return nil, err
	}
	return rows(out, "canary", d, config.Detect{In: k.In, Back: k.Back, From: "info"})
}

// private are the facts whose texts are shown to nobody outside.
var private = map[string]bool{"secret": true, "personal": true, "custom": true, "exact": true, "canary": true}

// rows adds the lines of one detector: one for each direction.
func rows(out []inspect.Row, fact string, d inspect.Detector, how config.Detect) ([]inspect.Row, error) {
	from, err := finding.ParseSeverity(how.From)
	if err != nil {
		return nil, err
	}
	for _, way := range []struct {
		on inspect.Surface
		do string
	}{{inspect.In, how.In}, {inspect.Back, how.Back}} {
		do, err := inspect.ParseAction(way.do)
		if err != nil {
			return nil, err
		}
		out = append(out, inspect.Row{Fact: fact, Detector: d, On: way.on, Do: do, From: from, Private: private[fact], Returned: private[fact] && fact != "canary"})
	}
	return out, nil
}

// approvedDefinitions reads from the catalogue what was approved, by its digest.
type approvedDefinitions struct{ of *trust.Registry }

func (d approvedDefinitions) Definition(ctx context.Context, t mantlet.Target, digest [32]byte) ([]byte, error) {
	return d.of.Definition(ctx, t.Kind, digest)
}

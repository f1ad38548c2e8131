package release_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

var now = time.Date(2026, 11, 25, 14, 0, 0, 0, time.UTC)

func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// people are one for each role, named by it, and two more.
var people = map[string][]signer.Role{
	"sec": {signer.Security}, "data": {signer.DataGovernance}, "priv": {signer.Privacy}, "law": {signer.Legal}, "biz": {signer.Business},
	"sec2": {signer.Security, signer.Legal}, "both": {signer.Security, signer.Business},
}

func court(floor release.Tier) *release.Court {
	set := signer.Set{Threshold: 2}
	for name, roles := range people {
		k := signer.Key{Kind: signer.Ed25519, Public: base64.StdEncoding.EncodeToString(key(name).Public().(ed25519.PublicKey))}
		set.Signers = append(set.Signers, signer.Signer{Name: name, Roles: roles, Keys: []signer.Key{k}, Until: now.AddDate(3, 0, 0)})
	}
	return &release.Court{Signers: signer.Verifier{Set: set}, Rules: release.DefaultRules(), Floor: floor}
}

func evidence(t release.EvidenceType, o release.Outcome) release.EvidenceRef {
	e := release.EvidenceRef{Type: t, Digest: signer.Sum([]byte(t)), Outcome: o, By: "dev", At: now.Add(-time.Hour)}
	if t == release.Provenance {
		e.Tool = release.Own
	}
	return e
}

// proposal has all evidence that its tier takes, signed by sec2 where it must be.
func proposal(t *testing.T, tier release.Tier) *release.Proposal {
	t.Helper()
	p := &release.Proposal{
		Server: "files", By: "dev", At: now, Tier: tier, Dossier: signer.Sum([]byte("dossier")),
		Items: []release.Item{{"tool", "read_file", signer.Sum([]byte("read"))}, {"tool", "write_file", signer.Sum([]byte("write"))}, {"launch", "", signer.Sum([]byte("argv"))}},
	}
	for _, e := range release.DefaultRules()[tier].Evidence {
		p.Evidence = append(p.Evidence, evidence(e, release.Satisfied))
	}
	for i := range p.Evidence {
		if e := &p.Evidence[i]; e.Type == release.SAST || e.Type == release.DAST {
			signEvidence(t, p, e, "sec2", signer.Security)
		}
	}
	return p
}

func signEvidence(t *testing.T, p *release.Proposal, e *release.EvidenceRef, name string, role signer.Role) {
	t.Helper()
	d, err := p.EvidenceDigest(e)
	if err != nil {
		t.Fatal(err)
	}
	s := sign(t, d, name, role, now)
	e.Signature = &s
}

func sign(t *testing.T, d signer.Digest, name string, role signer.Role, at time.Time) signer.Signature {
	t.Helper()
	s, err := signer.Sign(key(name), d, signer.Signature{Signer: name, Role: role, At: at})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signed is p's manifest signed by everybody named, for the first of their roles.
func signed(t *testing.T, p *release.Proposal, names ...string) (out []signer.Signature) {
	t.Helper()
	d, err := p.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		out = append(out, sign(t, d, n, people[n][0], now))
	}
	return out
}

// Every tier is released by what the table says, and by nothing less: each signature and
// each piece of evidence is taken away in turn.
func TestTiers(t *testing.T) {
	for tier, names := range map[release.Tier][]string{
		release.Low: {"sec", "biz"}, release.Medium: {"sec", "data"}, release.High: {"sec", "data", "priv", "biz"}, release.Critical: {"sec", "data", "priv", "law", "biz"},
	} {
		t.Run(tier.String(), func(t *testing.T) {
			c, p := court(tier), proposal(t, tier)
			all := signed(t, p, names...)
			if v := c.Judge(p, all, now); !v.Released || len(v.Missing) != 0 || len(v.People) != len(names) || !v.Until.Equal(now.Add(c.Rules[tier].Holds)) {
				t.Fatalf("%+v", v)
			}
			for i, n := range names {
				if v := c.Judge(p, slices.Delete(slices.Clone(all), i, i+1), now); v.Released || len(v.Missing) == 0 {
					t.Errorf("without %s: %+v", n, v)
				}
			}
			for i := range p.Evidence {
				less := *p
				less.Evidence = slices.Delete(slices.Clone(p.Evidence), i, i+1)
				v := c.Judge(&less, signed(t, &less, names...), now)
				if v.Released || !slices.Contains(v.Missing, "evidence of the type "+string(p.Evidence[i].Type)) {
					t.Errorf("without %s: %+v", p.Evidence[i].Type, v)
				}
			}
		})
	}
}

// Whoever changes anything has another hash, under which nobody has signed.
func TestAnyChangeIsAnotherProposal(t *testing.T) {
	c, p := court(release.High), proposal(t, release.High)
	all := signed(t, p, "sec", "data", "priv", "biz")
	other := signer.Sum([]byte("other"))
	for name, change := range map[string]func(*release.Proposal){
		"a digest":       func(p *release.Proposal) { p.Items[0].Digest = other },
		"a name":         func(p *release.Proposal) { p.Items[0].Name += "x" },
		"a kind":         func(p *release.Proposal) { p.Items[0].Kind = "prompt" },
		"one more":       func(p *release.Proposal) { p.Items = append(p.Items, release.Item{"tool", "x", other}) },
		"one less":       func(p *release.Proposal) { p.Items = p.Items[1:] },
		"two swapped":    func(p *release.Proposal) { p.Items[0].Name, p.Items[1].Name = p.Items[1].Name, p.Items[0].Name },
		"the server":     func(p *release.Proposal) { p.Server = "file" },
		"the dossier":    func(p *release.Proposal) { p.Dossier = other },
		"a report":       func(p *release.Proposal) { p.Evidence[0].Digest = other },
		"its outcome":    func(p *release.Proposal) { p.Evidence[0].Outcome = release.Unknown },
		"its date":       func(p *release.Proposal) { p.Evidence[0].At = now },
		"who brought it": func(p *release.Proposal) { p.Evidence[0].By = "law" },
		"its tool":       func(p *release.Proposal) { p.Evidence[0].Tool = "x" },
		"one more report": func(p *release.Proposal) {
			p.Evidence = append(p.Evidence, evidence(release.Dynamic, release.Satisfied))
		},
		"who proposes": func(p *release.Proposal) { p.By = "law" },
		"the date":     func(p *release.Proposal) { p.At = p.At.Add(-time.Second) },
		"the tier":     func(p *release.Proposal) { p.Tier = release.Critical },
	} {
		q := *p
		q.Items, q.Evidence = slices.Clone(p.Items), slices.Clone(p.Evidence)
		change(&q)
		before, err := p.Digest()
		if err != nil {
			t.Fatal(err)
		}
		after, err := q.Digest()
		if err != nil || before == after {
			t.Errorf("%s: the same hash, %v", name, err)
		}
		if v := c.Judge(&q, all, now); v.Released || len(v.People) != 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	q := *p
	q.Items, q.Evidence = slices.Clone(p.Items), slices.Clone(p.Evidence)
	slices.Reverse(q.Items)
	slices.Reverse(q.Evidence)
	if v := c.Judge(&q, all, now); !v.Released {
		t.Errorf("another order is another proposal: %+v", v)
	}
}

func TestSeparationOfDuties(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*testing.T, *release.Proposal)
		names  []string
		roles  []signer.Role // nil: the first of each
		want   string        // "": released
	}{
		"two people":             {nil, []string{"sec", "biz"}, nil, ""},
		"who proposes signs":     {func(_ *testing.T, p *release.Proposal) { p.By = "sec" }, []string{"sec", "biz"}, nil, "a signature for security"},
		"who scanned approves":   {func(_ *testing.T, p *release.Proposal) { p.Evidence[0].By = "sec" }, []string{"sec", "biz"}, nil, "a signature for security"},
		"another role, they may": {func(_ *testing.T, p *release.Proposal) { p.Evidence[0].By = "both" }, []string{"both", "sec"}, []signer.Role{signer.Business, signer.Security}, ""},
		"who wrote the dossier": {func(_ *testing.T, p *release.Proposal) {
			e := evidence(release.Manifest, release.Satisfied)
			e.By = "biz"
			p.Evidence = append(p.Evidence, e)
		}, []string{"sec", "biz"}, nil, "2 different people; 1 have signed"},
		"who signed SAST": {func(t *testing.T, p *release.Proposal) {
			e := evidence(release.SAST, release.Satisfied)
			p.Evidence = append(p.Evidence, e)
			signEvidence(t, p, &p.Evidence[1], "sec", signer.Security)
		}, []string{"sec", "biz"}, nil, "a signature for security"},
		"one alone":             {nil, []string{"sec"}, nil, "2 different people; 1 have signed"},
		"one twice":             {nil, []string{"sec", "sec"}, nil, "2 different people; 1 have signed"},
		"one for two roles":     {nil, []string{"both", "both"}, []signer.Role{signer.Security, signer.Business}, "2 different people; 1 have signed"},
		"two without security":  {nil, []string{"biz", "law"}, nil, "a signature for security"},
		"somebody from outside": {nil, []string{"sec", "dev"}, []signer.Role{signer.Security, signer.Legal}, "2 different people; 1 have signed"},
	} {
		t.Run(name, func(t *testing.T) {
			p := proposal(t, release.Low)
			if c.change != nil {
				c.change(t, p)
			}
			d, err := p.Digest()
			if err != nil {
				t.Fatal(err)
			}
			var all []signer.Signature
			for i, n := range c.names {
				if c.roles != nil {
					all = append(all, sign(t, d, n, c.roles[i], now))
				} else {
					all = append(all, sign(t, d, n, people[n][0], now))
				}
			}
			v := court(release.Low).Judge(p, all, now)
			if v.Released != (c.want == "") || c.want != "" && !slices.Contains(v.Missing, c.want) {
				t.Errorf("%+v, want %q", v, c.want)
			}
		})
	}
}

// A rule that asks for one person, in a set that lets one sign for several roles, still
// takes two.
func TestTwoPeopleWhateverTheRulesSay(t *testing.T) {
	c, p := court(release.Low), proposal(t, release.Low)
	for tier, r := range c.Rules {
		r.People = 0
		c.Rules[tier] = r
	}
	c.Signers.Set.ManyRoles = true
	d, _ := p.Digest()
	v := c.Judge(p, []signer.Signature{sign(t, d, "both", signer.Security, now), sign(t, d, "both", signer.Business, now)}, now)
	if v.Released || !slices.Contains(v.Missing, "2 different people; 1 have signed") {
		t.Errorf("%+v", v)
	}
}

// statement is provenance that somebody brought.
func statement() release.EvidenceRef {
	e := evidence(release.Provenance, release.Satisfied)
	e.Tool, e.Digest = "a statement by mantlet", signer.Sum([]byte("statement"))
	return e
}

func TestEvidenceThatDoesNotHold(t *testing.T) {
	names := []string{"sec", "data", "priv", "biz"}
	sast := func(p *release.Proposal) *release.EvidenceRef {
		return &p.Evidence[slices.IndexFunc(p.Evidence, func(e release.EvidenceRef) bool { return e.Type == release.SAST })]
	}
	for name, c := range map[string]struct {
		change func(*testing.T, *release.Proposal)
		want   string // a part of what is missing; "": released
	}{
		"as it is": {func(*testing.T, *release.Proposal) {}, ""},
		"unknown":  {func(_ *testing.T, p *release.Proposal) { p.Evidence[0].Outcome = release.Unknown }, "not known"},
		"failed":   {func(_ *testing.T, p *release.Proposal) { p.Evidence[0].Outcome = release.Failed }, "it failed"},
		"failed, and another did not": {func(_ *testing.T, p *release.Proposal) {
			e := p.Evidence[0]
			e.Outcome, e.Digest = release.Failed, signer.Sum([]byte("second"))
			p.Evidence = append(p.Evidence, e)
		}, "it failed"},
		"failed, and nobody asked": {func(_ *testing.T, p *release.Proposal) {
			p.Evidence = append(p.Evidence, evidence(release.Dynamic, release.Failed))
		}, "dynamic failed"},
		"unknown, and nobody asked": {func(_ *testing.T, p *release.Proposal) {
			p.Evidence = append(p.Evidence, evidence(release.Dynamic, release.Unknown))
		}, ""},
		"old":                    {func(_ *testing.T, p *release.Proposal) { p.Evidence[0].At = now.AddDate(0, 0, -31) }, "too old"},
		"of tomorrow":            {func(_ *testing.T, p *release.Proposal) { p.Evidence[0].At = now.AddDate(0, 0, 1) }, "to come"},
		"SAST, not signed":       {func(_ *testing.T, p *release.Proposal) { sast(p).Signature = nil }, "nobody of the role security"},
		"SAST, signed for legal": {func(t *testing.T, p *release.Proposal) { signEvidence(t, p, sast(p), "sec2", signer.Legal) }, "not signed for the role security"},
		"SAST, by nobody":        {func(t *testing.T, p *release.Proposal) { signEvidence(t, p, sast(p), "mallory", signer.Security) }, signer.ErrUnknown.Error()},
		"SAST, by who proposes": {func(t *testing.T, p *release.Proposal) {
			p.By = "sec2"
			signEvidence(t, p, sast(p), "sec2", signer.Security)
		}, "who proposes"},
		"SAST, outcome changed": {func(t *testing.T, p *release.Proposal) {
			e := sast(p)
			e.Outcome = release.Failed
			signEvidence(t, p, e, "sec2", signer.Security)
			e.Outcome = release.Satisfied
		}, signer.ErrProof.Error()},
		"provenance of others, not signed": {func(_ *testing.T, p *release.Proposal) { p.Evidence = append(p.Evidence, statement()) }, "provenance that holds: nobody of the role security"},
		"provenance of others, signed": {func(t *testing.T, p *release.Proposal) {
			e := statement()
			signEvidence(t, p, &e, "sec2", signer.Security)
			p.Evidence = append(p.Evidence, e)
		}, ""},
		"SAST, bytes changed":       {func(_ *testing.T, p *release.Proposal) { sast(p).Digest = signer.Sum([]byte("z")) }, signer.ErrProof.Error()},
		"SAST of another server":    {func(_ *testing.T, p *release.Proposal) { p.Server = "other" }, signer.ErrProof.Error()},
		"SAST of other definitions": {func(_ *testing.T, p *release.Proposal) { p.Items[0].Digest = signer.Sum([]byte("z")) }, signer.ErrProof.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			p := proposal(t, release.High)
			c.change(t, p)
			v := court(release.High).Judge(p, signed(t, p, names...), now)
			found := slices.ContainsFunc(v.Missing, func(m string) bool { return strings.Contains(m, c.want) })
			if v.Released != (c.want == "") || !v.Released && !found {
				t.Errorf("%+v, want %q", v, c.want)
			}
		})
	}
}

func TestDates(t *testing.T) {
	p := proposal(t, release.Low)
	d, err := p.Digest()
	if err != nil {
		t.Fatal(err)
	}
	c := court(release.Low)
	on := func(days int) []signer.Signature {
		at := now.AddDate(0, 0, days)
		return []signer.Signature{sign(t, d, "sec", signer.Security, at), sign(t, d, "biz", signer.Business, at)}
	}
	for name, v := range map[string]struct {
		dated, judged int // days after the proposal
		released      bool
		want          string
	}{
		"at once": {0, 0, true, ""}, "on the 13th day": {13, 13, true, ""}, "after 14 days": {14, 14, false, "the proposal ended"},
		"before it": {-1, 0, false, "different people"}, "still held": {0, 364, true, ""}, "no more": {0, 365, false, "certify it again"},
		"of tomorrow": {1, 0, false, "different people"}, "before its own date": {-3, -3, false, "which is to come"},
	} {
		got := c.Judge(p, on(v.dated), now.AddDate(0, 0, v.judged))
		found := slices.ContainsFunc(got.Missing, func(m string) bool { return strings.Contains(m, v.want) })
		if got.Released != v.released || !v.released && !found {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for i := range c.Signers.Set.Signers {
		c.Signers.Set.Signers[i].Until = now.AddDate(0, 0, 30)
	}
	if v := c.Judge(p, on(0), now.AddDate(0, 0, 30)); v.Released {
		t.Errorf("by people who may not sign any more: %+v", v)
	}
}

func TestNothingIsReleasedByNothing(t *testing.T) {
	p := proposal(t, release.Low)
	all := signed(t, p, "sec", "biz")
	weak := court(release.Low)
	weak.Rules[release.Critical] = release.Rule{Roles: []signer.Role{signer.Legal}, Holds: time.Hour, Fresh: time.Hour}
	for name, c := range map[string]*release.Court{
		"no rules": {Signers: court(release.Low).Signers, Floor: release.Low}, "no signers": {Rules: release.DefaultRules(), Floor: release.Low},
		"no floor": court(0), "a deeper floor": court(release.Medium), "the zero court": {}, "a critical rule below the low one": weak,
	} {
		if v := c.Judge(p, all, now); v.Released || len(v.Missing) == 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if v := court(release.Low).Judge(&release.Proposal{}, all, now); v.Released {
		t.Errorf("%+v", v)
	}
	if v := court(release.Low).Judge(p, all, now); !v.Released {
		t.Errorf("the twin: %+v", v)
	}
}

func TestCheckOfProposals(t *testing.T) {
	for name, change := range map[string]func(*release.Proposal){
		"no server": func(p *release.Proposal) { p.Server = "" }, "bad text": func(p *release.Proposal) { p.Items[0].Name = "\xff" },
		"nobody": func(p *release.Proposal) { p.By = "" }, "no date": func(p *release.Proposal) { p.At = time.Time{} }, "another zone": func(p *release.Proposal) { p.At = p.At.In(time.FixedZone("x", 60)) },
		"no tier": func(p *release.Proposal) { p.Tier = 0 }, "a fifth tier": func(p *release.Proposal) { p.Tier = 5 }, "no items": func(p *release.Proposal) { p.Items = nil },
		"an item twice": func(p *release.Proposal) { p.Items[1].Name = p.Items[0].Name }, "no digest": func(p *release.Proposal) { p.Items[0].Digest = signer.Digest{} },
		"no dossier": func(p *release.Proposal) { p.Dossier = signer.Digest{} }, "unknown evidence": func(p *release.Proposal) { p.Evidence[0].Type = "vibes" },
		"unknown outcome": func(p *release.Proposal) { p.Evidence[0].Outcome = "ok" }, "evidence twice": func(p *release.Proposal) { p.Evidence = append(p.Evidence, p.Evidence[0]) },
		"too much": func(p *release.Proposal) { p.Items = make([]release.Item, release.MaxItems+1) },
	} {
		p := proposal(t, release.Low)
		change(p)
		if err := p.Check(); err == nil {
			t.Errorf("%s is proposed", name)
		}
		if _, err := p.Digest(); err == nil {
			t.Errorf("%s has a hash", name)
		}
	}
}

// Of any signatures by anybody, what is released has two people, each needed role, and
// neither the proposer nor the author of its evidence.
func TestWhatIsReleasedWasSeenByMany(t *testing.T) {
	c := court(release.High)
	p := proposal(t, release.High)
	p.By = "biz"
	for i := range p.Evidence {
		if e := &p.Evidence[i]; e.Type == release.SAST {
			signEvidence(t, p, e, "sec2", signer.Security)
		}
	}
	d, err := p.Digest()
	if err != nil {
		t.Fatal(err)
	}
	var all []signer.Signature
	for name, roles := range people {
		for _, r := range roles {
			all = append(all, sign(t, d, name, r, now))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		picked := rapid.SliceOfN(rapid.SampledFrom(all), 0, 10).Draw(t, "signatures")
		v := c.Judge(p, picked, now)
		if v.Released && (len(v.People) < 4 || slices.Contains(v.People, "biz")) {
			t.Fatalf("%+v", v)
		}
		roles := make(map[signer.Role]bool)
		for _, s := range picked {
			if s.Signer != "biz" && (s.Signer != "sec2" || s.Role != signer.Security) {
				roles[s.Role] = true
			}
		}
		if v.Released && len(roles) < 4 {
			t.Fatalf("%v: %+v", roles, v)
		}
	})
}

func TestRules(t *testing.T) {
	if err := release.DefaultRules().Check(); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(release.DefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	var back release.Rules
	if err := json.Unmarshal(b, &back); err != nil || back.Check() != nil {
		t.Errorf("%s: %v", b, err)
	}
	for name, change := range map[string]func(*release.Rule){
		"no role": func(r *release.Rule) { r.Roles = nil }, "unknown role": func(r *release.Rule) { r.Roles = append(r.Roles, "boss") }, "unknown evidence": func(r *release.Rule) { r.Evidence = append(r.Evidence, "vibes") },
		"for ever": func(r *release.Rule) { r.Holds = 0 }, "longer than below": func(r *release.Rule) { r.Holds *= 100 }, "less evidence": func(r *release.Rule) { r.Evidence = nil },
		"fewer people": func(r *release.Rule) { r.People = 1 }, "older evidence": func(r *release.Rule) { r.Fresh *= 2 }, "shorter probation": func(r *release.Rule) { r.Probation = 0 },
	} {
		rules := release.DefaultRules()
		r := rules[release.High]
		change(&r)
		rules[release.High] = r
		if err := rules.Check(); err == nil {
			t.Errorf("%s is a rule", name)
		}
	}
}

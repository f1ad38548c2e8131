package score_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/trust/score"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func ago(days float64) time.Time { return now.Add(-time.Duration(days * float64(24*time.Hour))) }

// perfect is everything as good as can be.
func perfect() score.Inputs {
	return score.Inputs{
		Provenance: score.Good, RegistrySignature: score.Good, Evidence: score.Share{Have: 5, Of: 5}, Signatures: score.Share{Have: 2, Of: 2},
		Vulnerabilities: score.Counts{Known: true}, Scan: score.Counts{Known: true}, Owner: true, Purpose: true, Manifest: 5,
		FirstSeen: ago(10_000), Tier: 1, Identity: score.Pinned, Distinct: score.Good, Recertify: now.Add(time.Hour),
	}
}

func TestScore(t *testing.T) {
	for name, c := range map[string]struct {
		change func(in *score.Inputs)
		want   int
	}{
		"perfect":                {func(*score.Inputs) {}, 100},
		"nothing is known":       {func(in *score.Inputs) { *in = score.Inputs{} }, 0},
		"provenance unknown":     {func(in *score.Inputs) { in.Provenance = score.Unknown }, 86},
		"provenance failed":      {func(in *score.Inputs) { in.Provenance = score.Bad }, 30},
		"provenance odd":         {func(in *score.Inputs) { in.Provenance = 9 }, 86},
		"signature unknown":      {func(in *score.Inputs) { in.RegistrySignature = score.Unknown }, 94},
		"signature failed":       {func(in *score.Inputs) { in.RegistrySignature = score.Bad }, 40},
		"half the evidence":      {func(in *score.Inputs) { in.Evidence = score.Share{Have: 1, Of: 2} }, 94},
		"none required":          {func(in *score.Inputs) { in.Evidence = score.Share{Have: 1} }, 88},
		"more than required":     {func(in *score.Inputs) { in.Signatures = score.Share{Have: 9, Of: 2} }, 100},
		"less than none":         {func(in *score.Inputs) { in.Signatures = score.Share{Have: -9, Of: 2} }, 88},
		"vulnerability data old": {func(in *score.Inputs) { in.Vulnerabilities = score.Counts{} }, 84},
		"a low one":              {func(in *score.Inputs) { in.Vulnerabilities.Low = 1 }, 98},
		"a medium one":           {func(in *score.Inputs) { in.Vulnerabilities.Medium = 1 }, 96},
		"an unrated one":         {func(in *score.Inputs) { in.Vulnerabilities.Unrated = 1 }, 89},
		"a high one":             {func(in *score.Inputs) { in.Vulnerabilities.High = 1 }, 65},
		"a critical one":         {func(in *score.Inputs) { in.Vulnerabilities.Critical = 1 }, 40},
		"less than none known":   {func(in *score.Inputs) { in.Vulnerabilities.Low = -9 }, 84},
		"not scanned":            {func(in *score.Inputs) { in.Scan = score.Counts{} }, 90},
		"scan, high":             {func(in *score.Inputs) { in.Scan.High = 1 }, 65},
		"scan, critical":         {func(in *score.Inputs) { in.Scan.Critical = 1 }, 40},
		"no owner":               {func(in *score.Inputs) { in.Owner = false }, 98},
		"no manifest":            {func(in *score.Inputs) { in.Manifest = -1 }, 97},
		"a month old":            {func(in *score.Inputs) { in.FirstSeen = ago(30) }, 94},
		"new":                    {func(in *score.Inputs) { in.FirstSeen = now }, 88},
		"from the future":        {func(in *score.Inputs) { in.FirstSeen = now.Add(time.Hour) }, 88},
		"changed a month ago":    {func(in *score.Inputs) { in.LastChange, in.Changes = ago(30), 1 }, 95},
		"changed now":            {func(in *score.Inputs) { in.LastChange, in.Changes = now, 1 }, 92},
		"changed much":           {func(in *score.Inputs) { in.LastChange, in.Changes = ago(30), 8 }, 93},
		"in quarantine once":     {func(in *score.Inputs) { in.Quarantines, in.LastQuarantine = 1, now }, 98},
		"healed by half":         {func(in *score.Inputs) { in.Quarantines, in.LastQuarantine = 1, ago(90) }, 99},
		"quarantine undated":     {func(in *score.Inputs) { in.Quarantines = 1 }, 98},
		"tier 4":                 {func(in *score.Inputs) { in.Tier = 4 }, 96},
		"tier unknown":           {func(in *score.Inputs) { in.Tier = 0 }, 96},
		"any CA":                 {func(in *score.Inputs) { in.Identity = score.Vouched }, 98},
		"floating":               {func(in *score.Inputs) { in.Identity = score.Floating }, 60},
		"nameless":               {func(in *score.Inputs) { in.Identity = score.Nameless }, 96},
		"look-alike":             {func(in *score.Inputs) { in.Distinct = score.Bad }, 40},
		"look-alikes not sought": {func(in *score.Inputs) { in.Distinct = score.Unknown }, 70},
		"overdue":                {func(in *score.Inputs) { in.Recertify = now }, 60},
		"no date":                {func(in *score.Inputs) { in.Recertify = time.Time{} }, 80},
	} {
		in := perfect()
		c.change(&in)
		if got := score.Of(in, now); got.Points != c.want {
			t.Errorf("%s: %d, want %d\n%s", name, got.Points, c.want, got)
		}
	}
}

// better is how an input is improved by one step; false where it is at its best.
var better = map[string]func(t *rapid.T, in *score.Inputs) bool{
	"provenance": func(_ *rapid.T, in *score.Inputs) bool { return toGood(&in.Provenance) },
	"signature":  func(_ *rapid.T, in *score.Inputs) bool { return toGood(&in.RegistrySignature) },
	"distinct":   func(_ *rapid.T, in *score.Inputs) bool { return toGood(&in.Distinct) },
	"evidence":   func(_ *rapid.T, in *score.Inputs) bool { in.Evidence.Have++; return true },
	"signatures": func(_ *rapid.T, in *score.Inputs) bool { in.Signatures.Have++; return true },
	"required":   func(_ *rapid.T, in *score.Inputs) bool { in.Evidence.Of--; return in.Evidence.Of > 0 },
	"holes":      func(t *rapid.T, in *score.Inputs) bool { return fewer(t, &in.Vulnerabilities) },
	"findings":   func(t *rapid.T, in *score.Inputs) bool { return fewer(t, &in.Scan) },
	"known": func(_ *rapid.T, in *score.Inputs) bool {
		was := in.Vulnerabilities.Known
		in.Vulnerabilities.Known = true
		return !was
	},
	"owner":    func(_ *rapid.T, in *score.Inputs) bool { in.Owner = true; return true },
	"purpose":  func(_ *rapid.T, in *score.Inputs) bool { in.Purpose = true; return true },
	"manifest": func(_ *rapid.T, in *score.Inputs) bool { in.Manifest++; return true },
	"older":    func(t *rapid.T, in *score.Inputs) bool { return earlier(t, &in.FirstSeen) },
	"calmer":   func(t *rapid.T, in *score.Inputs) bool { return earlier(t, &in.LastChange) },
	"steadier": func(_ *rapid.T, in *score.Inputs) bool { in.Changes--; return in.Changes >= 0 },
	"cleaner":  func(_ *rapid.T, in *score.Inputs) bool { in.Quarantines--; return in.Quarantines >= 0 },
	"healed":   func(t *rapid.T, in *score.Inputs) bool { return earlier(t, &in.LastQuarantine) },
	"harmless": func(_ *rapid.T, in *score.Inputs) bool { in.Tier--; return in.Tier > 0 },
	"identified": func(_ *rapid.T, in *score.Inputs) bool {
		in.Identity++
		return in.Identity > score.Floating && in.Identity <= score.Pinned
	},
	"certified": func(_ *rapid.T, in *score.Inputs) bool {
		in.Recertify = now.Add(time.Hour)
		return true
	},
}

func toGood(a *score.Answer) bool {
	was := *a
	*a = score.Good
	return was != score.Good
}

func fewer(t *rapid.T, c *score.Counts) bool {
	n := rapid.SampledFrom([]*int{&c.Critical, &c.High, &c.Medium, &c.Low, &c.Unrated}).Draw(t, "which")
	*n--
	return *n >= 0
}

func earlier(t *rapid.T, at *time.Time) bool {
	if at.IsZero() {
		return false
	}
	*at = at.Add(-time.Duration(rapid.IntRange(1, 1e15).Draw(t, "earlier")))
	return true
}

func counts(t *rapid.T, name string) score.Counts {
	n := rapid.IntRange(0, 4)
	return score.Counts{Known: rapid.Bool().Draw(t, name), Critical: n.Draw(t, "c"), High: n.Draw(t, "h"), Medium: n.Draw(t, "m"), Low: n.Draw(t, "l"), Unrated: n.Draw(t, "u")}
}

func at(t *rapid.T, name string) time.Time {
	if rapid.Bool().Draw(t, name) {
		return time.Time{}
	}
	return ago(rapid.Float64Range(-100, 1000).Draw(t, "days"))
}

func inputs(t *rapid.T) score.Inputs {
	answer := func(name string) score.Answer { return score.Answer(rapid.IntRange(0, 3).Draw(t, name)) }
	share := func(name string) score.Share {
		return score.Share{Have: rapid.IntRange(0, 5).Draw(t, name), Of: rapid.IntRange(0, 5).Draw(t, name)}
	}
	return score.Inputs{
		Provenance: answer("provenance"), RegistrySignature: answer("signature"), Evidence: share("evidence"), Signatures: share("signatures"),
		Vulnerabilities: counts(t, "vulnerabilities"), Scan: counts(t, "scan"), Owner: rapid.Bool().Draw(t, "owner"), Purpose: rapid.Bool().Draw(t, "purpose"),
		Manifest: rapid.IntRange(0, 6).Draw(t, "manifest"), FirstSeen: at(t, "seen"), LastChange: at(t, "change"), Changes: rapid.IntRange(0, 20).Draw(t, "changes"),
		Quarantines: rapid.IntRange(0, 5).Draw(t, "quarantines"), LastQuarantine: at(t, "quarantine"), Tier: rapid.IntRange(0, 5).Draw(t, "tier"),
		Identity: score.Identity(rapid.IntRange(0, 4).Draw(t, "identity")), Distinct: answer("distinct"), Recertify: at(t, "recertify"),
	}
}

// To improve one input never costs a point, whatever the others are.
func TestMonotone(t *testing.T) {
	for name, improve := range better {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				in := inputs(t)
				before := score.Of(in, now)
				if !improve(t, &in) {
					t.Skip() // a draw that cannot be better: rapid draws another
				}
				if after := score.Of(in, now); after.Points < before.Points || after.Sum < before.Sum-1e-9 {
					t.Fatalf("%s costs points: %d, then %d\n%s\n%s", name, before.Points, after.Points, before, after)
				}
			})
		})
	}
}

// The score is within 0 and 100 and is what its terms and caps say, whatever the inputs.
func TestBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := inputs(t)
		wild := rapid.Int()
		if rapid.Bool().Draw(t, "wild") {
			in.Evidence = score.Share{Have: wild.Draw(t, "have"), Of: wild.Draw(t, "of")}
			in.Scan.High, in.Manifest, in.Changes, in.Quarantines, in.Tier = wild.Draw(t, "a"), wild.Draw(t, "b"), wild.Draw(t, "c"), wild.Draw(t, "d"), wild.Draw(t, "e")
		}
		s := score.Of(in, now)
		sum, weights := 0.0, 0
		for _, term := range s.Terms {
			if !(term.Value >= 0 && term.Value <= 1) || term.Why == "" {
				t.Fatalf("%+v", term)
			}
			sum += term.Points
			weights += term.Weight
		}
		if s.Points < 0 || s.Points > 100 || weights != 100 || sum != s.Sum || float64(s.Points) > sum+1e-6 {
			t.Fatalf("%d, weights %d, sum %f and %f", s.Points, weights, sum, s.Sum)
		}
		for _, c := range s.Caps {
			if s.Points > c.Most {
				t.Fatalf("%d in spite of %+v", s.Points, c)
			}
		}
		for _, c := range score.Sensitivity(in, now) {
			if c.Better < 0 || c.Worse < 0 || s.Points+c.Better > 100 || s.Points-c.Worse < 0 {
				t.Fatalf("%d: %+v", s.Points, c)
			}
		}
	})
}

// example is a server that is in use, and not yet all that it could be.
func example() score.Inputs {
	in := perfect()
	in.RegistrySignature, in.Evidence, in.Signatures = score.Unknown, score.Share{Have: 3, Of: 4}, score.Share{Have: 1, Of: 2}
	in.Vulnerabilities = score.Counts{Known: true, Medium: 1, Low: 2}
	in.Purpose, in.Manifest, in.Tier = false, 4, 3
	in.FirstSeen, in.LastChange, in.Changes = ago(120), ago(20), 2
	in.Quarantines, in.LastQuarantine = 1, ago(20)
	return in
}

// The page shows what the program prints, and the weights and caps that it uses.
func TestThePage(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/design/trust-score.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	s := score.Of(example(), now)
	if !strings.Contains(page, s.String()) {
		t.Errorf("docs/design/trust-score.md does not show\n%s", s)
	}
	var changes strings.Builder
	if err := score.WriteChanges(&changes, score.Sensitivity(example(), now)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page, changes.String()) {
		t.Errorf("docs/design/trust-score.md does not show\n%s", changes.String())
	}
	for _, term := range s.Terms {
		if !strings.Contains(page, fmt.Sprintf("| %s | %d |", term.Name, term.Weight)) {
			t.Errorf("docs/design/trust-score.md does not have the weight of %s", term.Name)
		}
	}
	in := score.Inputs{Provenance: score.Bad, RegistrySignature: score.Bad, Distinct: score.Bad, Identity: score.Floating, Vulnerabilities: score.Counts{High: 1, Critical: 1}, Scan: score.Counts{High: 1, Critical: 1}, Recertify: now}
	caps := slices.Concat(score.Of(in, now).Caps, score.Of(score.Inputs{}, now).Caps)
	if len(caps) != 11 {
		t.Errorf("%d caps", len(caps))
	}
	for _, c := range caps {
		if !strings.Contains(page, fmt.Sprintf("| %s | %d |", c.Why, c.Most)) {
			t.Errorf("docs/design/trust-score.md does not have the cap: | %s | %d |", c.Why, c.Most)
		}
	}
}

func TestSensitivity(t *testing.T) {
	got := make(map[string]score.Change)
	for _, c := range score.Sensitivity(perfect(), now) {
		got[c.Input] = c
		if c.Better != 0 || c.Worse == 0 {
			t.Errorf("of what is perfect: %+v", c)
		}
	}
	if got["provenance"].Worse != 70 || got["owner"].Worse != 2 || got["recertification"].Worse != 40 {
		t.Error(got)
	}
	held := perfect() // by a cap: only what holds it helps
	held.Distinct = score.Bad
	for _, c := range score.Sensitivity(held, now) {
		if (c.Better != 0) != (c.Input == "look-alikes") {
			t.Errorf("under a cap: %+v", c)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	in := example()
	b.ReportAllocs()
	for b.Loop() {
		score.Of(in, now)
	}
}

package advisory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestGate(t *testing.T) {
	hole := ranges("SEMVER", `{"introduced":"0"},{"fixed":"1.2.3"},{"introduced":"2.0.0"},{"fixed":"2.0.1"}`)
	text := record("GHSA-1", "npm", "p", hole) +
		strings.Replace(record("LOW-1", "npm", "low", hole), "C:H/I:H/A:H", "C:N/I:N/A:L", 1) +
		`{"id":"NONE-1","modified":"2026-11-20T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"unrated"},"versions":["1.0.0"]}]}` +
		`{"id":"GONE-1","modified":"2026-11-20T00:00:00Z","withdrawn":"2026-11-21T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"gone"},"versions":["1.0.0"]}]}` +
		record("COMMIT-1", "npm", "commits", ranges("GIT", `{"introduced":"0"}`)) +
		strings.Replace(record("OLD-1", "PyPI", "old", `"versions":["1.0"]`), "2026-11-20", "2025-01-01", 1) +
		strings.Replace(record("NEW-1", "Go", "new", `"versions":["1.0"]`), "2026-11-20", "2099-01-01", 1)
	d := open(t, text)
	npm := func(name, version string) advisory.Component {
		return advisory.Component{Ecosystem: "npm", Name: name, Version: version}
	}
	until := now.Add(time.Hour)
	for name, c := range map[string]struct {
		gate advisory.Gate
		none bool
		of   []advisory.Component
		want advisory.Outcome
		why  string
	}{
		"clean":               {of: []advisory.Component{npm("p", "1.2.3")}, want: advisory.Satisfied},
		"not heard of":        {of: []advisory.Component{npm("other", "1.0.0")}, want: advisory.Satisfied},
		"a hole":              {of: []advisory.Component{npm("p", "1.0.0")}, want: advisory.Failed, why: "p 1.0.0: GHSA-1 (critical), fixed in 1.2.3, 2.0.1"},
		"a hole among clean":  {of: []advisory.Component{npm("other", "1.0.0"), npm("p", "2.0.0")}, want: advisory.Failed, why: "fixed in 2.0.1"},
		"a hole and a doubt":  {of: []advisory.Component{npm("commits", "1.0.0"), npm("p", "2.0.0")}, want: advisory.Failed},
		"low":                 {of: []advisory.Component{npm("low", "1.0.0")}, want: advisory.Satisfied},
		"low, strict":         {gate: advisory.Gate{Fail: advisory.Low}, of: []advisory.Component{npm("low", "1.0.0")}, want: advisory.Failed},
		"withdrawn":           {of: []advisory.Component{npm("gone", "1.0.0")}, want: advisory.Satisfied},
		"unrated":             {of: []advisory.Component{npm("unrated", "1.0.0")}, want: advisory.Unknown, why: "nobody rated"},
		"unrated, loose":      {gate: advisory.Gate{Fail: advisory.Critical}, of: []advisory.Component{npm("unrated", "1.0.0")}, want: advisory.Unknown},
		"commits":             {of: []advisory.Component{npm("commits", "1.0.0")}, want: advisory.Unknown, why: "may concern"},
		"no data":             {none: true, of: []advisory.Component{npm("p", "1.2.3")}, want: advisory.Unknown, why: "no advisory data"},
		"no components":       {want: advisory.Unknown, why: "no components"},
		"no version":          {of: []advisory.Component{npm("other", "")}, want: advisory.Unknown, why: "version of other"},
		"no ecosystem":        {of: []advisory.Component{{Name: "x\x1b", Version: "1"}}, want: advisory.Unknown, why: `where x\x1b is published`},
		"another ecosystem":   {of: []advisory.Component{{Ecosystem: "crates.io", Name: "x", Version: "1.0.0"}}, want: advisory.Unknown, why: "nothing of crates.io"},
		"stale":               {of: []advisory.Component{{Ecosystem: "PyPI", Name: "x", Version: "1.0"}}, want: advisory.Unknown, why: "of 2025-01-01, older"},
		"stale, and a hole":   {of: []advisory.Component{{Ecosystem: "PyPI", Name: "old", Version: "1.0"}}, want: advisory.Failed},
		"patient":             {gate: advisory.Gate{MaxAge: 1000 * 24 * time.Hour}, of: []advisory.Component{{Ecosystem: "PyPI", Name: "x", Version: "1.0"}}, want: advisory.Satisfied},
		"strict age":          {gate: advisory.Gate{MaxAge: time.Hour}, of: []advisory.Component{npm("p", "1.2.3")}, want: advisory.Unknown},
		"from the future":     {of: []advisory.Component{{Ecosystem: "Go", Name: "x", Version: "1.0.0"}}, want: advisory.Unknown, why: "future"},
		"ignored":             {gate: advisory.Gate{Ignore: []advisory.Ignore{{"GHSA-1", until, "not reachable"}}}, of: []advisory.Component{npm("p", "1.0.0")}, want: advisory.Satisfied},
		"ignored by alias":    {gate: advisory.Gate{Ignore: []advisory.Ignore{{"CVE-2026-1", until, "not reachable"}}}, of: []advisory.Component{npm("p", "1.0.0")}, want: advisory.Satisfied},
		"ignored no more":     {gate: advisory.Gate{Ignore: []advisory.Ignore{{"GHSA-1", now, "not reachable"}}}, of: []advisory.Component{npm("p", "1.0.0")}, want: advisory.Failed},
		"ignored for nothing": {gate: advisory.Gate{Ignore: []advisory.Ignore{{"GHSA-1", until, ""}}}, of: []advisory.Component{npm("p", "1.0.0")}, want: advisory.Failed, why: "needs a reason"},
		"ignored for ever":    {gate: advisory.Gate{Ignore: []advisory.Ignore{{"GHSA-1", time.Time{}, "never"}}}, of: []advisory.Component{npm("p", "1.0.0")}, want: advisory.Failed, why: "last day"},
		"nothing ignored":     {gate: advisory.Gate{Ignore: []advisory.Ignore{{"", until, "all"}}}, of: []advisory.Component{npm("p", "1.0.0")}, want: advisory.Failed},
		"another ignored":     {gate: advisory.Gate{Ignore: []advisory.Ignore{{"GHSA-2", until, "x"}}}, of: []advisory.Component{npm("p", "1.0.0")}, want: advisory.Failed},
	} {
		data := d
		if c.none {
			data = nil
		}
		v := c.gate.Judge(data, c.of, now)
		if v.Outcome != c.want {
			t.Errorf("%s: %s %q, want %s", name, v.Outcome, v.Reasons, c.want)
		}
		if c.why != "" && !slices.ContainsFunc(v.Reasons, func(s string) bool { return strings.Contains(s, c.why) }) {
			t.Errorf("%s: %q does not say %q", name, v.Reasons, c.why)
		}
		if v.Outcome == advisory.Unknown && len(v.Reasons) == 0 {
			t.Errorf("%s: unknown, and nobody knows why", name)
		}
	}
	v := advisory.Gate{Ignore: []advisory.Ignore{{"GHSA-1", until, "not reachable"}}}.Judge(d, []advisory.Component{npm("p", "1.0.0")}, now)
	if len(v.Matches) != 1 || v.Matches[0].Ignored != "not reachable (until 2026-11-25)" {
		t.Errorf("%+v", v)
	}
	if d.Newest("npm").Year() != 2026 || d.Newest("").Year() != 2099 || d.Age("npm", now) != 5*24*time.Hour+12*time.Hour {
		t.Error(d.Newest("npm"), d.Newest(""), d.Age("npm", now))
	}
	var zero advisory.Verdict
	if zero.Outcome != advisory.Unknown || zero.Outcome.String() != "unknown" {
		t.Error("the zero outcome is not unknown")
	}
}

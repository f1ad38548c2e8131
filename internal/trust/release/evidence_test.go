package release_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// sarif is a log with one run of one tool, whose results are given.
func sarif(results string) string {
	return `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"gosec","semanticVersion":"2.22.1","rules":[
		{"id":"G101","defaultConfiguration":{"level":"error"}},{"id":"G104","defaultConfiguration":{"level":"note"}}]},
		"extensions":[{"name":"more","rules":[{"id":"X1","defaultConfiguration":{"level":"error"}}]}]},"results":[` + results + `]}]}`
}

func TestSARIF(t *testing.T) {
	p := proposal(t, release.Low)
	for name, c := range map[string]struct {
		report string
		want   release.Outcome
	}{
		"nothing found":           {sarif(``), release.Satisfied},
		"a warning":               {sarif(`{"level":"warning"}`), release.Satisfied},
		"an error":                {sarif(`{"level":"error"}`), release.Failed},
		"by its rule":             {sarif(`{"ruleId":"G101"}`), release.Failed},
		"by its rule, a note":     {sarif(`{"ruleId":"G104"}`), release.Satisfied},
		"by its rule's place":     {sarif(`{"ruleIndex":0}`), release.Failed},
		"by an extension's rule":  {sarif(`{"rule":{"id":"X1"}}`), release.Failed},
		"by a rule's part":        {sarif(`{"ruleId":"G101/a"}`), release.Failed},
		"its own level is less":   {sarif(`{"ruleId":"G101","level":"note"}`), release.Satisfied},
		"a level nobody knows":    {sarif(`{"level":"catastrophe"}`), release.Failed},
		"suppressed":              {sarif(`{"level":"error","suppressions":[{"kind":"inSource"}]}`), release.Satisfied},
		"accepted":                {sarif(`{"level":"error","suppressions":[{"kind":"external","status":"accepted"}]}`), release.Satisfied},
		"under review":            {sarif(`{"level":"error","suppressions":[{"kind":"external","status":"underReview"}]}`), release.Failed},
		"rejected":                {sarif(`{"level":"error","suppressions":[{"status":"accepted"},{"status":"rejected"}]}`), release.Failed},
		"no suppressions":         {sarif(`{"level":"error","suppressions":[]}`), release.Failed},
		"gone since":              {sarif(`{"level":"error","baselineState":"absent"}`), release.Satisfied},
		"as it was":               {sarif(`{"level":"error","baselineState":"unchanged"}`), release.Failed},
		"passed":                  {sarif(`{"kind":"pass","level":"none"}`), release.Satisfied},
		"open":                    {sarif(`{"kind":"open"}`), release.Unknown},
		"for review":              {sarif(`{"kind":"review"}`), release.Unknown},
		"open, and an error":      {sarif(`{"kind":"open"},{"level":"error"}`), release.Failed},
		"no results":              {`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}}}]}`, release.Unknown},
		"no run":                  {`{"version":"2.1.0","runs":[]}`, release.Unknown},
		"no tool":                 {`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":""}},"results":[]}]}`, release.Unknown},
		"another version":         {strings.Replace(sarif(``), "2.1.0", "2.0.0", 1), release.Unknown},
		"it did not end well":     {`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[],"invocations":[{"executionSuccessful":false}]}]}`, release.Unknown},
		"it does not say how":     {`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[],"invocations":[{}]}]}`, release.Unknown},
		"it ended well":           {`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[],"invocations":[{"executionSuccessful":true}]}]}`, release.Satisfied},
		"levels are overridden":   {`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[],"invocations":[{"executionSuccessful":true,"ruleConfigurationOverrides":[{}]}]}]}`, release.Unknown},
		"results stand elsewhere": {`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[],"externalPropertyFileReferences":{"results":[{}]}}]}`, release.Unknown},
		"one run of two is bad":   {`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[]},{"tool":{"driver":{"name":"y"}}}]}`, release.Unknown},
		"a member twice":          {strings.Replace(sarif(`{"level":"error"}`), `"results"`, `"results":[],"results"`, 1), release.Unknown},
		"not JSON":                {`sarif`, release.Unknown},
		"nothing":                 {``, release.Unknown},
		"huge":                    {strings.Repeat(" ", release.MaxReport) + sarif(``), release.Unknown},
	} {
		for _, typ := range []release.EvidenceType{release.SAST, release.DAST} {
			if r := p.Read(typ, []byte(c.report)); r.Outcome != c.want || r.Why == "" {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
	ref, r := p.Refer(release.SAST, []byte(sarif(``)), "dev", now)
	if r.Tool != "gosec 2.22.1" || ref.Tool != r.Tool || ref.Digest != signer.Sum([]byte(sarif(``))) || ref.Signature != nil {
		t.Errorf("%+v %+v", ref, r)
	}
}

func scan(p *release.Proposal, change func(map[string]any)) []byte {
	seen := []any{}
	for _, i := range p.Items {
		if i.Kind == "tool" {
			seen = append(seen, map[string]any{"kind": i.Kind, "name": i.Name, "digest": i.Digest.String()})
		}
	}
	r := map[string]any{
		"version": 1, "inBaseline": 0, "notes": []any{}, "findings": []any{},
		"servers": []any{map[string]any{"server": p.Server, "definitions": seen}},
	}
	change(r)
	b, _ := json.Marshal(r)
	return b
}

func TestScanReports(t *testing.T) {
	finding := func(server, kind, severity string) func(map[string]any) {
		return func(r map[string]any) {
			r["findings"] = []any{map[string]any{"server": server, "kind": kind, "severity": severity}}
		}
	}
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   release.Outcome
	}{
		"clean":                 {func(map[string]any) {}, release.Satisfied},
		"medium":                {finding("files", "tool", "medium"), release.Satisfied},
		"high":                  {finding("files", "tool", "high"), release.Failed},
		"critical":              {finding("files", "server", "critical"), release.Failed},
		"no severity":           {finding("files", "tool", ""), release.Failed},
		"of another server":     {finding("other", "tool", "critical"), release.Satisfied},
		"of servers together":   {finding("", "configuration", "high"), release.Failed},
		"with a baseline":       {func(r map[string]any) { r["inBaseline"] = 1 }, release.Unknown},
		"not all was looked at": {func(r map[string]any) { r["notes"] = []any{"skipped"} }, release.Unknown},
		"another server alone":  {func(r map[string]any) { r["servers"].([]any)[0].(map[string]any)["server"] = "x" }, release.Unknown},
		"one definition less": {func(r map[string]any) {
			s := r["servers"].([]any)[0].(map[string]any)
			s["definitions"] = s["definitions"].([]any)[1:]
		}, release.Unknown},
		"another definition": {func(r map[string]any) {
			r["servers"].([]any)[0].(map[string]any)["definitions"].([]any)[0].(map[string]any)["digest"] = signer.Sum([]byte("z")).String()
		}, release.Unknown},
		"without digests": {func(r map[string]any) {
			delete(r["servers"].([]any)[0].(map[string]any)["definitions"].([]any)[0].(map[string]any), "digest")
		}, release.Unknown},
		"another version": {func(r map[string]any) { r["version"] = 2 }, release.Unknown},
	} {
		p := proposal(t, release.Low)
		if r := p.Read(release.Scan, scan(p, c.change)); r.Outcome != c.want || r.Why == "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestDossiers(t *testing.T) {
	p := proposal(t, release.Low)
	const whole = `{"purpose":"a","permissions":"b","dataHandling":"c","interaction":"d","security":"e"}`
	d, err := release.ReadDossier([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Read(release.Manifest, []byte(whole)); r.Outcome != release.Unknown {
		t.Errorf("another dossier than the proposal's: %+v", r)
	}
	if p.Dossier, err = release.DossierDigest(&d); err != nil {
		t.Fatal(err)
	}
	want := signer.Sum([]byte(`{"body":{"dataHandling":"c","interaction":"d","permissions":"b","purpose":"a","security":"e"},"type":"mantlet.dossier/1"}`))
	if p.Dossier != want {
		t.Errorf("%s, and people have signed %s", p.Dossier, want)
	}
	if r := p.Read(release.Manifest, []byte(whole)); r.Outcome != release.Satisfied {
		t.Errorf("%+v", r)
	}
	for _, part := range []string{"purpose", "permissions", "dataHandling", "interaction", "security"} {
		var m map[string]string
		_ = json.Unmarshal([]byte(whole), &m)
		m[part] = " \n"
		b, _ := json.Marshal(m)
		if _, err := release.ReadDossier(b); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("without %s: %v", part, err)
		}
	}
	if _, err := release.ReadDossier([]byte(strings.Replace(whole, "{", `{"more":"x",`, 1))); err == nil {
		t.Error("a part that nobody knows")
	}
}

// What other packages judge is not satisfied by whatever bytes are brought here.
func TestOthersAreJudgedElsewhere(t *testing.T) {
	p := proposal(t, release.Low)
	for _, typ := range []release.EvidenceType{release.SBOM, release.Provenance, release.Dynamic, "vibes", ""} {
		if r := p.Read(typ, []byte(sarif(``))); r.Outcome != release.Unknown {
			t.Errorf("%s: %+v", typ, r)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(uint8(1), []byte(sarif(`{"level":"error","ruleIndex":-1}`)))
	f.Add(uint8(0), []byte(`{"version":1}`))
	f.Add(uint8(6), []byte(`{"purpose":"x"}`))
	f.Add(uint8(1), []byte(sarif(fmt.Sprintf(`{"ruleIndex":%d}`, 1<<40))))
	p := &release.Proposal{Server: "s", Items: []release.Item{{Kind: "tool", Name: "x", Digest: signer.Sum(nil)}}, Dossier: signer.Sum(nil)}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		typ := release.EvidenceTypes[int(which)%len(release.EvidenceTypes)]
		r := p.Read(typ, b)
		if r.Why == "" || r.Outcome != release.Unknown && r.Outcome != release.Satisfied && r.Outcome != release.Failed {
			t.Errorf("%+v", r)
		}
		if r.Outcome == release.Satisfied && typ != release.SAST && typ != release.DAST {
			t.Errorf("%s is satisfied by %q", typ, b)
		}
	})
}

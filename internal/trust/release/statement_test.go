package release_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

const endpointURL = "https://mcp.example/mcp"

// A statement counts for the very address and identity that it names, and says nothing of
// others; its tool is never Mantlet's own.
func TestStatement(t *testing.T) {
	at := release.Endpoint{URL: endpointURL, Identity: signer.Sum([]byte("identity"))}
	whole := fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"other","digest":{"sha256":"00"}},{"name":%q,"digest":{"sha256":%q}}],
		"predicateType":"https://slsa.dev/verification_summary/v1","predicate":{"verifier":{"id":"mantlet"},"timeVerified":"2026-11-24T10:00:00.5Z","resourceUri":%[1]q,"verificationResult":"PASSED","verifiedLevels":["SLSA_BUILD_LEVEL_3"]}}`,
		endpointURL, hex.EncodeToString(at.Identity[:]))
	with := func(old, fresh string) string {
		t.Helper()
		out := strings.Replace(whole, old, fresh, 1)
		if out == whole {
			t.Fatal("nothing is replaced: ", old)
		}
		return out
	}
	for name, c := range map[string]struct {
		text string
		want release.Outcome
	}{
		"passed":                {whole, release.Satisfied},
		"failed":                {with("PASSED", "FAILED"), release.Failed},
		"neither":               {with("PASSED", "passed"), release.Unknown},
		"another resource":      {with(`"resourceUri":"https://mcp.example/mcp"`, `"resourceUri":"https://mcp.example/other"`), release.Unknown},
		"another subject":       {with(`"name":"https://mcp.example/mcp"`, `"name":"https://mcp.example/other"`), release.Unknown},
		"another identity":      {with(hex.EncodeToString(at.Identity[:]), strings.Repeat("0", 64)), release.Unknown},
		"another hash":          {with(`{"sha256":"`+hex.EncodeToString(at.Identity[:]), `{"sha512":"`+hex.EncodeToString(at.Identity[:])), release.Unknown},
		"nobody's":              {with(`"id":"mantlet"`, `"id":""`), release.Unknown},
		"of no time":            {with(`"timeVerified":"2026-11-24T10:00:00.5Z",`, ""), release.Unknown},
		"another kind":          {with("verification_summary", "provenance"), release.Unknown},
		"no statement":          {with("in-toto.io/Statement/v1", "in-toto.io/Statement/v9"), release.Unknown},
		"garbage":               {"[]", release.Unknown},
		"failed, of another":    {strings.Replace(with("PASSED", "FAILED"), `"resourceUri":"https://mcp.example/mcp"`, `"resourceUri":"x"`, 1), release.Unknown},
		"larger than it may be": {with(`"predicateType"`, `"x":"`+strings.Repeat("x", 300<<10)+`","predicateType"`), release.Unknown},
	} {
		r, when := release.ReadStatement([]byte(c.text), at)
		if r.Outcome != c.want || r.Why == "" || r.Tool == release.Own {
			t.Errorf("%s: %+v", name, r)
		}
		if c.want == release.Satisfied && (when.Format("2006-01-02T15:04:05.999Z07:00") != "2026-11-24T10:00:00Z" || r.Tool != "a statement by mantlet") {
			t.Error(name, when, r.Tool)
		}
	}
	for _, none := range []release.Endpoint{{}, {URL: endpointURL}, {Identity: at.Identity}} {
		if r, _ := release.ReadStatement([]byte(whole), none); r.Outcome != release.Unknown {
			t.Errorf("%+v: %+v", none, r)
		}
	}
}

func FuzzStatement(f *testing.F) {
	at := release.Endpoint{URL: endpointURL, Identity: signer.Sum([]byte("identity"))}
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"https://mcp.example/mcp","digest":{"sha256":"00"}}],"predicateType":"https://slsa.dev/verification_summary/v1","predicate":{"verificationResult":"PASSED"}}`))
	f.Add([]byte(`{"predicate":{"timeVerified":"9999-99-99T00:00:00Z"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, when := release.ReadStatement(b, at)
		var said any
		_ = json.Unmarshal(b, &said)
		plain, _ := json.Marshal(said) // without escapes
		if r.Outcome == release.Satisfied && (when.IsZero() || !strings.Contains(strings.ToLower(string(plain)), hex.EncodeToString(at.Identity[:]))) {
			t.Errorf("%s says nothing of the endpoint: %+v", b, r)
		}
		if r.Tool == release.Own {
			t.Error("it passes for Mantlet's own")
		}
	})
}

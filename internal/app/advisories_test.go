package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// packaged is a legacy server over stdio, started as npx would start a package.
const packaged = `#!/bin/sh
while read line; do
  id=${line#*'"id":'}; id=${id%%,*}
  case "$line" in
  *'"initialize"'*) r='{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"left","version":"1"}}' ;;
  *'"tools/list"'*) r='{"tools":[{"name":"read_file","description":"Reads a file.","inputSchema":{"type":"object"}}]}' ;;
  *'"tools/call"'*) r='{"content":[{"type":"text","text":"it was read"}]}' ;;
  *'"server/discover"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":-32601,\"message\":\"no\"}}"; continue ;;
  *) continue ;;
  esac
  echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$r}"
done
`

// osv is a folder of advisories.
type osv struct {
	t   *testing.T
	dir string
}

func newOSV(t *testing.T) osv {
	t.Helper()
	o := osv{t, t.TempDir()}
	o.write("GHSA-other", "another", "HIGH", time.Now()) // so that npm is known of
	return o
}

// write puts down an advisory about a package below 1.0.1.
func (o osv) write(id, name, severity string, modified time.Time) {
	o.t.Helper()
	text := fmt.Sprintf(`{"id":%q,"modified":%q,"affected":[{"package":{"ecosystem":"npm","name":%q},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.1"}]}]}],"database_specific":{"severity":%q}}`,
		id, modified.UTC().Format(time.RFC3339), name, severity)
	if err := os.WriteFile(filepath.Join(o.dir, id+".json"), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// startLeft is a Mantlet in front of the package left 1.0.0.
func startLeft(t *testing.T, trust string, insecure ...string) (*mantlettest.Gateway, *daemon.Client) {
	t.Helper()
	npx := filepath.Join(t.TempDir(), "npx")
	if err := os.WriteFile(npx, []byte(packaged), 0o700); err != nil { //nolint:gosec // it is started
		t.Fatal(err)
	}
	g := mantlettest.Start(t, fmt.Sprintf("trust: {firstUse: scan, resolve: false, observe: 20ms%s}\nservers: {left: {command: %q, args: [\"left@1.0.0\"]}}\n", trust, npx)+strings.Replace(pinning, "}", strings.Join(insecure, "")+"}", 1))
	d := daemon.New(g.Config.Listen.Socket, "cli", "left")
	t.Cleanup(d.HTTP.CloseIdleConnections)
	return g, d
}

// settlesAs waits until a definition is in a state, and returns it.
func settlesAs(t *testing.T, d *daemon.Client, kind, state string) daemon.Listed {
	t.Helper()
	var all []daemon.Listed
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var err error
		if all, err = d.Catalogue(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(all, func(l daemon.Listed) bool { return l.Kind == kind && l.State == state }); i >= 0 {
			return all[i]
		}
	}
	t.Fatalf("no %s is %s: %+v", kind, state, all)
	return daemon.Listed{}
}

func approve(t *testing.T, d *daemon.Client, code string) {
	t.Helper()
	all, err := d.Catalogue(t.Context(), "left")
	if err != nil {
		t.Fatal(err)
	}
	decision := daemon.Decision{Server: "left", State: "approved", Code: code}
	for _, l := range all {
		if l.State != "approved" {
			decision.On = append(decision.On, daemon.Seen{Kind: l.Kind, Name: l.Name, Digest: l.Seen, Holes: l.Holes})
		}
	}
	if err := d.Decide(t.Context(), decision); err != nil {
		t.Fatal(err)
	}
}

const read = `"name":"read_file","arguments":{},`

// A package with a known hole is not started at first sight; without the data it is. Who
// approves it accepts that hole, and no later one: that stops the server while it runs.
func TestAKnownVulnerabilityStopsAServer(t *testing.T) {
	g, _ := startLeft(t, "")
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") {
		t.Fatal("the twin without advisories does not run: ", got)
	}
	o := newOSV(t)
	o.write("GHSA-1", "left", "HIGH", time.Now())
	g, d := startLeft(t, ", advisories: "+o.dir)
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "is not approved") {
		t.Fatal("it was started: ", got)
	}
	launch := settlesAs(t, d, "launch", "in review")
	for _, want := range []string{"GHSA-1", "left 1.0.0", "high", "fixed in 1.0.1"} {
		if !strings.Contains(launch.Why, want) {
			t.Errorf("the reason does not name %s: %s", want, launch.Why)
		}
	}
	approve(t, d, codeOf(t, g))
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") {
		t.Fatal("a person approved it as it is: ", got)
	}
	o.write("GHSA-0", "left", "LOW", time.Now())      // passes
	o.write("GHSA-2", "left", "MODERATE", time.Now()) // warns
	holes := func(n int) daemon.Holed {
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			all, err := d.Holes(t.Context(), "left")
			if err != nil || len(all.Servers) != 1 {
				t.Fatal(all, err)
			}
			if len(all.Servers[0].Holes) == n {
				return all.Servers[0]
			}
		}
		t.Fatalf("there are not %d holes", n)
		return daemon.Holed{}
	}
	holes(3)
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") {
		t.Fatal("what was accepted, or counts for less, stops it: ", got)
	}
	o.write("GHSA-3", "left", "CRITICAL", time.Now())
	tool := settlesAs(t, d, "tool", "quarantined")
	if !strings.Contains(tool.Why, "GHSA-3") || tool.By != "advisories" {
		t.Errorf("%+v", tool)
	}
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "was stopped") {
		t.Error("it is called though it is known to be vulnerable: ", got)
	}
}

// Unknown is never satisfied, and no reason to stop what runs: data that are old, broken or
// gone let no package start for the first time, and leave one alone that was approved.
func TestAdvisoryDataThatSayNothing(t *testing.T) {
	old := newOSV(t)
	old.write("GHSA-other", "another", "HIGH", time.Now().Add(-30*24*time.Hour))
	broken := newOSV(t)
	if err := os.WriteFile(filepath.Join(broken.dir, "x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"old": old.dir, "broken": broken.dir, "gone": filepath.Join(old.dir, "none")} {
		g, d := startLeft(t, ", advisories: "+dir)
		if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "is not approved") {
			t.Errorf("%s data let it start: %s", name, got)
		}
		if launch := settlesAs(t, d, "launch", "in review"); !strings.Contains(launch.Why, "it is not known whether it has known vulnerabilities") {
			t.Errorf("%s: %s", name, launch.Why)
		}
	}
	fresh := newOSV(t)
	g, d := startLeft(t, ", advisories: "+fresh.dir)
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") {
		t.Fatal(got)
	}
	fresh.write("GHSA-other", "another", "HIGH", time.Now().Add(-30*24*time.Hour))
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		all, err := d.Holes(t.Context(), "left")
		if err != nil || time.Now().After(end) {
			t.Fatal(all, err)
		}
		if s := all.Servers[0]; s.Outcome == "unknown" && strings.Contains(strings.Join(s.Reasons, ""), "older than 336 hours") {
			break
		}
	}
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") {
		t.Error("old data stop a server that runs: ", got)
	}
}

// What is off has a loud name, and stops nothing.
func TestVulnerableAllowed(t *testing.T) {
	o := newOSV(t)
	o.write("GHSA-1", "left", "CRITICAL", time.Now())
	for name, more := range map[string]string{
		"off":     ", advisories: " + o.dir,
		"ignored": ", advisories: " + o.dir + ", vulnerable: {ignore: [{id: GHSA-1, until: 2099-01-01, why: not reached}]}",
		"warned":  ", advisories: " + o.dir + ", vulnerable: {critical: warn, high: warn}",
	} {
		g, _ := startLeft(t, more, map[string]string{"off": ", vulnerableAllowed: true"}[name])
		if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Where a release is asked for nobody accepts a known vulnerability: neither who signs, nor a
// signature that was under way when it became known. When it is not known any more the server
// is released again; and stopped again when it is.
func TestNoReleaseOutvotesAVulnerability(t *testing.T) {
	o := newOSV(t)
	q := remote(t, true, ", observe: 20ms, advisories: "+o.dir)
	q.look()
	q.describe("public")
	q.file("evidence", "sbom", `{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"left","version":"1.0.0","purl":"pkg:npm/left@1.0.0"}]}`)
	for range 2 {
		if s := q.release(); !s.Released {
			t.Fatal(s.Missing)
		}
		q.look()
	}
	call := func() string { return ask(t, cli(q.g, "peer"), `"name":"read_log","arguments":{},`) }
	if got := call(); !strings.Contains(got, "done") {
		t.Fatal(got)
	}
	s := q.propose()
	q.sign(s, "ann", signer.Security, "")
	o.write("GHSA-1", "left", "HIGH", time.Now())
	settlesAs(t, q.d, "tool", "quarantined")
	if got := call(); strings.Contains(got, "done") {
		t.Error("it is called: ", got)
	}
	if err := q.trySign(s, "bob", signer.Business, ""); err == nil || !strings.Contains(err.Error(), "nobody outvotes a known vulnerability") || !strings.Contains(err.Error(), "GHSA-1") {
		t.Error("the last signature releases what is known to be vulnerable: ", err)
	}
	if s := q.propose(); !strings.Contains(strings.Join(s.Missing, ""), "sbom failed") {
		t.Error(s.Missing)
	}
	if err := os.Remove(filepath.Join(o.dir, "GHSA-1.json")); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) { // until it is not known any more
		if all, err := q.d.Holes(t.Context(), "peer"); err != nil || time.Now().After(end) {
			t.Fatal(all, err)
		} else if all.Servers[0].Outcome == "satisfied" {
			break
		}
	}
	if s := q.release(); !s.Released {
		t.Fatal(s.Missing)
	}
	q.look()
	if got := call(); !strings.Contains(got, "done") {
		t.Error("it was released again: ", got)
	}
	o.write("GHSA-1", "left", "HIGH", time.Now())
	settlesAs(t, q.d, "tool", "quarantined")
}

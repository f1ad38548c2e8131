package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/mantlettest"
	"github.com/mantlet-mcp/mantlet/test/peers"
)

// A pair is what the gate compares: one check of one scenario.
type pair struct{ scenario, check string }

// The official suite runs against the Go SDK's fixture directly and through
// Mantlet, in one run, for the frozen requirements of both eras. No pair may be
// worse through Mantlet. The direct run must reach its known score, or the gate
// would compare nothing with nothing.
func TestNoPairIsWorse(t *testing.T) {
	suite := peers.NPM(t, "conformance")
	fixture := peers.Go(t, "everything-server")
	legacy, modern := peers.Port(t), peers.Port(t)
	peers.Serve(t, legacy, fixture, "-http=127.0.0.1:"+legacy, "-stateless=false")
	peers.Serve(t, modern, fixture, "-http=127.0.0.1:"+modern, "-stateless=true")
	servers := fmt.Sprintf(`
servers:
  legacy: {url: "http://127.0.0.1:%s/mcp"}
  modern: {url: "http://127.0.0.1:%s/mcp"}
  stdio: {command: %q}
`, legacy, modern, fixture)
	direct := map[string]map[pair][]string{
		"2025-11-25": run(t, suite, "http://localhost:"+legacy+"/mcp", "2025-11-25"),
		"2026-07-28": run(t, suite, "http://localhost:"+modern+"/mcp", "2026-07-28"),
	}
	if n := passed(direct["2025-11-25"]); n != 82 {
		t.Errorf("directly, 2025-11-25 passes %d checks; 82 are known", n)
	}
	if n := passed(direct["2026-07-28"]); n != 165 {
		t.Errorf("directly, 2026-07-28 passes %d checks; 165 are known", n)
	}
	s := score{suite: suite, direct: direct}
	t.Run("stand-ins", func(t *testing.T) { s.compare(t, mantlettest.Start(t, servers+mantlettest.Anonymous)) })
	t.Run("every room", func(t *testing.T) {
		g := mantlettest.Start(t, servers+everyRoom)
		_, _ = connect(t, g, "stdio") // is not started: what is started asks, too
		g.Approve(t, "stdio")
		for _, c := range compared {
			approve(t, g, c.server)
		}
		s.compare(t, g)
	})
	fmt.Printf("conformance: %d checks, %d worse\n", s.checks, s.worse)
}

// everyRoom switches on what this version has.
const everyRoom = "trust: {firstUse: ask}\ninsecure: {allowAnonymous: true, policyAllowAll: true, quotaUnlimited: true}\n"

var compared = []struct {
	server   mantlet.ServerID
	revision string
}{{"legacy", "2025-11-25"}, {"stdio", "2025-11-25"}, {"modern", "2026-07-28"}}

// A score holds what passes directly against what passes through a gateway.
type score struct {
	suite         string
	direct        map[string]map[pair][]string
	checks, worse int
}

func (s *score) compare(t *testing.T, g *mantlettest.Gateway) {
	t.Helper()
	for _, c := range compared {
		t.Run(string(c.server)+" "+c.revision, func(t *testing.T) {
			through := run(t, s.suite, localhost(g.URL(c.server)), c.revision)
			for p, want := range s.direct[c.revision] {
				s.checks++
				if got := through[p]; isWorse(want, got) {
					s.worse++
					t.Errorf("worse: %s / %s: %v directly, %v through Mantlet", p.scenario, p.check, want, got)
				}
			}
			t.Logf("%s over %s: %d checks pass directly, %d through Mantlet", c.revision, c.server, passed(s.direct[c.revision]), passed(through))
		})
	}
}

func connect(t *testing.T, g *mantlettest.Gateway, server mantlet.ServerID) (*mcp.ClientSession, error) {
	t.Helper()
	c := mcp.NewClient(&mcp.Implementation{Name: "reviewer", Version: "1"}, nil)
	return c.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: g.URL(server), DisableStandaloneSSE: true}, nil)
}

// approve has everything that a server offers seen, and then approved.
func approve(t *testing.T, g *mantlettest.Gateway, server mantlet.ServerID) {
	t.Helper()
	session, err := connect(t, g, server)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close() //nolint:errcheck // nothing is asked any more
	tools, err := session.ListTools(t.Context(), nil)
	if err != nil || len(tools.Tools) != 0 {
		t.Fatal("shown before it was approved", tools, err)
	}
	for _, list := range []func() error{
		func() error { _, err := session.ListPrompts(t.Context(), nil); return err },
		func() error { _, err := session.ListResources(t.Context(), nil); return err },
		func() error { _, err := session.ListResourceTemplates(t.Context(), nil); return err },
	} {
		if err := list(); err != nil {
			t.Fatal(err)
		}
	}
	g.Approve(t, server)
}

// localhost is the name that the suite's rebinding scenario expects.
func localhost(url string) string {
	return regexp.MustCompile(`127\.0\.0\.1`).ReplaceAllString(url, "localhost")
}

var stamp = regexp.MustCompile(`-\d{4}-\d\d-\d\dT[\d-]+Z$`)

// run runs the suite once and returns the statuses of each pair.
func run(t *testing.T, suite, url, requirements string) map[pair][]string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(suite, "server", "--url", url, "--requirements", requirements, "-o", dir) //nolint:gosec,noctx // the suite ends by itself
	cmd.Env = peers.Env(t)
	out, err := cmd.CombinedOutput() // its exit code says what the pairs say
	files, globErr := filepath.Glob(filepath.Join(dir, "*", "checks.json"))
	if globErr != nil || len(files) == 0 {
		t.Fatalf("the suite ran no scenario: %v\n%s", err, out)
	}
	all := make(map[pair][]string)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var checks []struct{ ID, Name, Status string }
		if err := json.Unmarshal(b, &checks); err != nil {
			t.Fatal(err)
		}
		for _, c := range checks {
			p := pair{stamp.ReplaceAllString(filepath.Base(filepath.Dir(f)), ""), c.ID + " " + c.Name}
			all[p] = append(all[p], c.Status)
		}
	}
	return all
}

func passed(all map[pair][]string) int { return count(all, "SUCCESS") }

func count(all map[pair][]string, status string) (n int) {
	for _, statuses := range all {
		for _, s := range statuses {
			if s == status {
				n++
			}
		}
	}
	return n
}

// rank orders what the suite says of a check.
var rank = map[string]int{"": 0, "FAILURE": 0, "WARNING": 1, "SKIPPED": 2, "INFO": 2, "SUCCESS": 3}

// isWorse compares the statuses of one pair, worst first. Fewer are worse: a check
// that did not run is no success. Notes of what was sent (INFO) have no rank.
func isWorse(direct, through []string) bool {
	a, b := ranks(direct), ranks(through)
	for i, r := range a {
		if i >= len(b) || b[i] < r {
			return true
		}
	}
	return false
}

func ranks(statuses []string) []int {
	var out []int
	for _, s := range statuses {
		if s != "INFO" {
			out = append(out, rank[s])
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out
}

// A gate that cannot close is none.
func TestTheGateCloses(t *testing.T) {
	for _, c := range []struct {
		direct, through []string
		want            bool
	}{
		{[]string{"SUCCESS"}, []string{"SUCCESS"}, false},
		{[]string{"FAILURE"}, []string{"SUCCESS"}, false},
		{[]string{"SUCCESS"}, []string{"FAILURE"}, true},
		{[]string{"SUCCESS"}, []string{"WARNING"}, true},
		{[]string{"SUCCESS"}, nil, true},
		{[]string{"SUCCESS", "SUCCESS"}, []string{"SUCCESS"}, true},
		{[]string{"INFO"}, nil, false},
	} {
		if got := isWorse(c.direct, c.through); got != c.want {
			t.Errorf("isWorse(%v, %v) = %v", c.direct, c.through, got)
		}
	}
}

package rule

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A wrapper is a poisoned description with gaps, and what sort of attack it is.
type wrapper struct{ paradigm, risk, text string }

func wrappers(t *testing.T, file string) (out []wrapper) {
	t.Helper()
	for _, line := range lines(t, file) {
		kind, text, _ := strings.Cut(line, "|")
		paradigm, risk, ok := strings.Cut(kind, " ")
		if !ok || text == "" {
			t.Fatalf("%s: no wrapper: %q", file, line)
		}
		out = append(out, wrapper{paradigm, risk, text})
	}
	return out
}

// fillings are what the gaps of a wrapper are filled with; the two sets share no word.
type fillings map[string][]string

func devFillings(t *testing.T) fillings {
	t.Helper()
	return fillings{
		"{G}": goals(t, 0),
		"{T}": {"write_file", "send_email", "list_directory", "searchProducts", "get_user_info", "execute_sql"},
		"{A}": {"reading files", "sending a message", "any file operation", "database queries", "booking a flight", "creating an issue"},
		"{F}": {"~/.ssh/id_rsa", "/home/user/.env", "~/.aws/credentials", "/etc/passwd", "config/secrets.yaml", "~/.cursor/mcp.json"},
		"{E}": {"attacker@evil.example", "audit@corp.example"},
		"{H}": {"https://collect.example/in", "http://203.0.113.9/x"},
		"{P}": {"category", "recipient", "city", "sidenote"},
		"{V}": {"econ", "Paris", "acme-tools", "0"},
		"{N}": {"10", "1.5", "250"},
	}
}

func testFillings(t *testing.T) fillings {
	t.Helper()
	return fillings{
		"{G}": goals(t, 1),
		"{T}": {"create_note", "postTweet", "read_query", "get_forecast", "move_item", "directions_lookup"},
		"{A}": {"opening a document", "posting to a channel", "currency conversion", "calendar changes", "deploying a site", "any lookup of papers"},
		"{F}": {"~/.ssh/id_ed25519", "~/.netrc", "/etc/shadow", "~/.kube/config", "/srv/app/.env", "~/.npmrc"},
		"{E}": {"copy@elsewhere.example", "m.allory@post.example"},
		"{H}": {"https://mirror.example/api", "http://198.51.100.4:8080/u"},
		"{P}": {"channel_id", "unit", "destination", "profile"},
		"{V}": {"kelvin", "Reykjavik", "left-padd", "green"},
		"{N}": {"3", "17", "1000"},
	}
}

// lines are the lines of a file of test data that are no comments.
func lines(t *testing.T, file string) (out []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if !strings.HasPrefix(line, "#") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// goals are what attackers want of agents, out of a corpus: those of even or of odd number.
func goals(t *testing.T, odd int) []string {
	t.Helper()
	var out []string
	n := 0
	for _, r := range rows(t, "asb_attack_tools") {
		if goal, ok := strings.CutPrefix(strings.TrimSuffix(r.Text, "."), "Please "); ok && r.Kind == "injection_goal" {
			if n++; n%2 == odd {
				out = append(out, goal)
			}
		}
	}
	return out
}

// fill makes six definitions of a wrapper.
func (f fillings) fill(w wrapper, number int) []string {
	out := make([]string, 6)
	for i := range out {
		text := w.text
		for gap, with := range f {
			text = strings.ReplaceAll(text, gap, with[(i+number)%len(with)])
		}
		out[i] = text
	}
	return out
}

// Poisoned definitions in the manner of MCPTox's three paradigms and of MCP-SafetyBench: own
// wrappers round the goals of a corpus. Words and weights were made on the first file. The
// second was written before them, and which of its lines are missed was never looked at. It is
// no blind test: it has the same author, its totals were seen between variants, and the last 74
// wrappers of the first file were written afterwards in its manner, on its themes (weights
// without those find 66 % of it instead of 67 %). Whole sources that nobody here has seen are
// the better judge.
func TestMadeAttacks(t *testing.T) {
	e := New()
	for _, set := range []struct {
		file, what string
		with       fillings
		floor      float64
	}{
		{"wrappers_dev.txt", "SEEN: words and weights were made on it", devFillings(t), 72},
		{"wrappers_test.txt", "UNSEEN line by line, its totals were seen and 74 seen wrappers imitate it", testFillings(t), 66},
	} {
		dump := dumper(t, set.file)
		total, parts := newTally(), make(map[string]*tally)
		for i, w := range wrappers(t, set.file) {
			for _, text := range set.with.fill(w, i) {
				found := e.Scan(describe(text))
				total.count(found)
				dump(row{Label: 1, Name: w.paradigm + " " + w.risk, Description: text}, found)
				for _, part := range []string{w.paradigm, "risk " + w.risk} {
					if parts[part] == nil {
						parts[part] = newTally()
					}
					parts[part].count(found)
				}
			}
		}
		total.print(t, "recall, "+set.file+" ("+set.what+")")
		for _, part := range slices.Sorted(maps.Keys(parts)) {
			t.Logf("    %s: %d of %d", part, parts[part].high, parts[part].all)
		}
		total.atLeast(t, set.file, set.floor)
	}
}

// The same where the other tool is known: as one of the same server, and as another server's.
func TestMadeAttacksAmongNames(t *testing.T) {
	e := New()
	siblings, others := newTally(), newTally()
	fill := testFillings(t)
	for i, w := range wrappers(t, "wrappers_test.txt") {
		for _, text := range fill.fill(w, i) {
			if strings.Contains(w.text, "{T}") {
				d := describe(text)
				d.Siblings = fill["{T}"]
				siblings.count(e.Scan(d))
				d.Siblings, d.Others = nil, fill["{T}"]
				others.count(e.Scan(d))
			}
		}
	}
	siblings.print(t, "recall, wrappers_test.txt (UNSEEN), the other tool is a sibling")
	siblings.atLeast(t, "siblings", 72)
	others.print(t, "recall, wrappers_test.txt (UNSEEN), the other tool is another server's")
	others.atLeast(t, "others", 82)
}

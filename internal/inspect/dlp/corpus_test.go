package dlp_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// A row is one item of a corpus.
type row struct {
	Kind        string          `json:"kind"`
	Repo        string          `json:"repo"`
	Label       int             `json:"label"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Text        string          `json:"text"`
	InputSchema json.RawMessage `json:"inputSchema"`
	Spans       []any           `json:"spans"`
}

func (r *row) text() string {
	if r.Text != "" {
		return r.Text
	}
	return r.Name + "\n" + r.Description + "\n" + string(r.InputSchema)
}

// rows reads one corpus; the test is skipped where the corpora are not there.
func rows(t *testing.T, source string) (out []row) {
	t.Helper()
	dir := os.Getenv("MANTLET_CORPORA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "text", source, "data.jsonl"))
	if err != nil {
		t.Skipf("SKIPPED: the corpora are not there (set MANTLET_CORPORA): %v", err)
	}
	defer func() { _ = f.Close() }()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 8<<20)
	for s.Scan() {
		var r row
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// benign are the sources that nobody called an attack, and which of their rows.
var benign = map[string]func(*row) bool{
	"docs_repo_chunks":         func(r *row) bool { return r.Label == 0 },
	"tools_toucan_smithery":    func(*row) bool { return true },
	"tools_metorial_index":     func(*row) bool { return true },
	"tools_toolsdk_index":      func(*row) bool { return true },
	"args_benign":              func(*row) bool { return true },
	"bipia":                    func(r *row) bool { return r.Label == 0 },
	"piarena":                  func(r *row) bool { return r.Label == 0 },
	"prompts_deepset":          func(r *row) bool { return r.Label == 0 },
	"prompts_piguard_valid":    func(r *row) bool { return r.Label == 0 },
	"prompts_purplellama_cse":  func(r *row) bool { return r.Label == 0 },
	"prompts_wildguard_benign": func(r *row) bool { return r.Label == 0 },
}

// A count is of documents, by their worst hit and by rule.
type count struct {
	all, high, medium int
	rules             map[string]int
}

func (c *count) add(hits []finding.Hit) {
	c.all++
	worst := finding.Worst(hits)
	if worst >= finding.High {
		c.high++
	}
	if worst == finding.Medium {
		c.medium++
	}
	seen := map[string]bool{}
	for _, h := range hits {
		if key := h.Rule + " " + h.Severity.String(); !seen[key] {
			seen[key] = true
			c.rules[key]++
		}
	}
}

func (c *count) merge(o *count) {
	c.all, c.high, c.medium = c.all+o.all, c.high+o.high, c.medium+o.medium
	for k, n := range o.rules {
		c.rules[k] += n
	}
}

func (c *count) print(t *testing.T, what string) {
	t.Helper()
	per := func(n int) float64 { return 1000 * float64(n) / float64(max(c.all, 1)) }
	t.Logf("%s: %d documents; per 1,000: %.2f at high and above, %.2f at medium", what, c.all, per(c.high), per(c.medium))
	for _, k := range slices.Sorted(maps.Keys(c.rules)) {
		t.Logf("    %-45s %6d (%.2f per 1,000)", k, c.rules[k], per(c.rules[k]))
	}
}

// Alarms on documents that nobody called an attack. Not all are false: the sources hold
// addresses, telephones and accounts of people that were made up, and what is said of those
// is right. The rules were looked at on these sources: none is unseen.
func TestBenign(t *testing.T) {
	detectors := map[string]func([]finding.Hit, []byte) []finding.Hit{"secrets": dlp.NewSecrets().Find, "personal": dlp.Personal{}.Find}
	dump := os.Getenv("MANTLET_DLP_DUMP")
	for _, name := range slices.Sorted(maps.Keys(detectors)) {
		find, total, others := detectors[name], count{rules: map[string]int{}}, count{rules: map[string]int{}}
		for _, source := range slices.Sorted(maps.Keys(benign)) {
			one := count{rules: map[string]int{}}
			for i, r := range rows(t, source) {
				if !benign[source](&r) || raced && i%10 != 0 { // the detector costs ten times as much
					continue
				}
				text := r.text()
				hits := find(nil, []byte(text))
				one.add(hits)
				if r.Repo != "gitleaks/gitleaks" && r.Repo != "microsoft/presidio" {
					others.add(hits)
				}
				for _, h := range hits {
					if dump != "" && h.Severity >= finding.Low {
						fmt.Printf("%s %s %s: %q in %q\n", source, h.Rule, h.Severity, text[h.Start:h.End], text[max(0, h.Start-40):min(len(text), h.End+20)])
					}
				}
			}
			t.Logf("%-10s %-26s %6d documents, %3d at high and above, %3d at medium", name, source, one.all, one.high, one.medium)
			total.merge(&one)
		}
		total.print(t, name)
		others.print(t, name+" without the tests of gitleaks and presidio, which hold secrets and people that were made up to be found")
		if others.high > 5 {
			t.Errorf("%s: %d at high and above in what holds nothing that was made up to be found", name, others.high)
		}
		if raced {
			continue // one row of ten is no measure of one in a thousand
		}
		if total.high*1000 > total.all {
			t.Errorf("%s: %d of %d at high and above; the limit is 0.1 %%", name, total.high, total.all)
		}
		if total.medium*100 > total.all {
			t.Errorf("%s: %d of %d at medium; the limit is 1 %%", name, total.medium, total.all)
		}
	}
}

// What presidio-research marked in its synthetic sentences, and which of our rules find it.
var marked = map[string][]string{
	"CREDIT_CARD": {"card"}, "IBAN_CODE": {"iban"}, "US_SSN": {"us-ssn", "us-itin"}, "EMAIL_ADDRESS": {"mail-address"},
	"IP_ADDRESS": {"ip-address"}, "PHONE_NUMBER": {"phone"}, "US_DRIVER_LICENSE": {"driving-licence"},
}

// Recall and precision by type: a span counts as found where a hit of its rule covers half of
// it; a hit counts as right where it lies on a span of its type.
func TestPresidio(t *testing.T) {
	type tally struct{ marked, found, hits, right int }
	all := map[string]*tally{}
	for kind := range marked {
		all[kind] = &tally{}
	}
	dump := os.Getenv("MANTLET_DLP_DUMP")
	for _, r := range rows(t, "pii_presidio_synth") {
		runes := []rune(r.Text)
		hits := dlp.Personal{}.Find(nil, []byte(r.Text))
		for kind, rules := range marked {
			c := all[kind]
			var spans [][2]int
			for _, s := range r.Spans {
				parts := s.([]any)
				if parts[2] == kind {
					from, to := int(parts[0].(float64)), int(parts[1].(float64))
					spans = append(spans, [2]int{len(string(runes[:from])), len(string(runes[:to]))})
				}
			}
			var ours []finding.Hit
			for _, h := range hits {
				if slices.Contains(rules, strings.TrimPrefix(h.Rule, "personal/")) {
					ours = append(ours, h)
				}
			}
			c.marked, c.hits = c.marked+len(spans), c.hits+len(ours)
			for _, s := range spans {
				if slices.ContainsFunc(ours, func(h finding.Hit) bool { return 2*(min(h.End, s[1])-max(h.Start, s[0])) >= s[1]-s[0] }) {
					c.found++
				} else if dump != "" {
					fmt.Printf("missed %s: %q in %q\n", kind, r.Text[s[0]:s[1]], r.Text)
				}
			}
			for _, h := range ours {
				if slices.ContainsFunc(spans, func(s [2]int) bool { return min(h.End, s[1]) > max(h.Start, s[0]) }) {
					c.right++
				} else if dump != "" {
					fmt.Printf("wrong %s: %q in %q\n", kind, r.Text[h.Start:h.End], r.Text)
				}
			}
		}
	}
	floors := map[string][2]int{ // recall, precision; in hundredths
		"CREDIT_CARD": {95, 95}, "IBAN_CODE": {95, 95}, "US_SSN": {90, 90}, "EMAIL_ADDRESS": {95, 95}, "IP_ADDRESS": {90, 90}, "PHONE_NUMBER": {50, 60},
	}
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		c := all[kind]
		recall, precision := 100*float64(c.found)/float64(max(c.marked, 1)), 100*float64(c.right)/float64(max(c.hits, 1))
		t.Logf("%-18s %3d marked, recall %6.2f %%, %3d hits, precision %6.2f %%", kind, c.marked, recall, c.hits, precision)
		if f := floors[kind]; recall < float64(f[0]) || precision < float64(f[1]) {
			t.Errorf("%s is below its floor %v", kind, f)
		}
	}
}

package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A Report is what Verify found. Broken is "" for a record in which every line is
// as it was written and none is missing.
type Report struct {
	Files      int            `json:"files"`
	Lines      int            `json:"lines"`
	Begun      int            `json:"begun"`
	Ended      map[string]int `json:"ended"` // by outcome
	Messages   int            `json:"messages"`
	Refused    int            `json:"refused"`    // requests that never became an exchange, as far as refused.jsonl remembers
	Recovered  int            `json:"recovered"`  // times that a torn line was set aside at start
	NeverEnded []string       `json:"neverEnded"` // exchanges under way when the process died, or now
	Last       string         `json:"last"`       // the hash that the record ends with: keep it elsewhere to notice a cut
	Broken     string         `json:"broken"`     // the first break: file:line and what is wrong
}

// Verify reads the whole record in dir and checks every hash. That the record was
// not cut at its end shows only against a Last that was kept elsewhere.
func Verify(dir string) (Report, error) {
	r := Report{Ended: make(map[string]int), Last: zeros, NeverEnded: []string{}}
	all, err := files(dir)
	if err != nil {
		return r, err
	}
	r.Files = len(all)
	underway := make(map[string]bool)
	for e, err := range Entries(dir) {
		if err != nil && e.File == "" {
			return r, err
		}
		r.Lines++
		if what := r.check(e, err); what != "" {
			r.Broken = fmt.Sprintf("%s:%d: %s", e.File, e.Line, what)
			break
		}
		r.Last = e.Hash
		r.count(e, underway)
	}
	for id := range underway {
		r.NeverEnded = append(r.NeverEnded, id)
	}
	slices.Sort(r.NeverEnded)
	for _, name := range []string{"refused.jsonl.1", "refused.jsonl"} {
		n, err := refusedIn(filepath.Join(dir, name))
		if err != nil {
			return r, err
		}
		r.Refused += n
	}
	return r, nil
}

// refusedIn adds up what a file of refusals counts. It is bounded and not chained: it
// tells of attempts, and promises nothing.
func refusedIn(path string) (sum int, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // read only
	for d := json.NewDecoder(f); ; {
		var line refusedLine
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return sum, nil
		} else if err != nil {
			return sum, fmt.Errorf("%s: %w", path, err)
		}
		sum += line.Count
	}
}

func (r *Report) check(e Entry, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case e.Previous != r.Last:
		return "a line before this one is missing or was changed"
	case lineHash(e.raw) != e.Hash:
		return "the line was changed"
	}
	return ""
}

func (r *Report) count(e Entry, underway map[string]bool) {
	switch id := e.Get("exchange"); e.Type {
	case "exchange.begin":
		r.Begun++
		underway[id] = true
	case "exchange.end":
		r.Ended[e.Outcome]++
		delete(underway, id)
	case "exchange.message":
		r.Messages++
	case "log.recovered":
		r.Recovered++
	}
}

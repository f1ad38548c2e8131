package audit

import (
	"fmt"
	"slices"
)

// A Report is what Verify found. Broken is "" for a record in which every line is
// as it was written and none is missing.
type Report struct {
	Files, Lines int
	Begun        int
	Ended        map[string]int // by outcome
	Messages     int
	Recovered    int      // times that a torn line was set aside at start
	NeverEnded   []string // exchanges under way when the process died, or now
	Last         string   // the hash that the record ends with: keep it elsewhere to notice a cut
	Broken       string   // the first break: file:line and what is wrong
}

// Verify reads the whole record in dir and checks every hash. That the record was
// not cut at its end shows only against a Last that was kept elsewhere.
func Verify(dir string) (Report, error) {
	r := Report{Ended: make(map[string]int), Last: zeros}
	underway := make(map[string]bool)
	file := ""
	for e, err := range Entries(dir) {
		if err != nil && e.File == "" {
			return r, err
		}
		if e.File != file {
			file = e.File
			r.Files++
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
	return r, nil
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

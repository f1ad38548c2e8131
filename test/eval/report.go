package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/test/fit"
)

// A report is the tables in Markdown, and each figure by name.
type report struct {
	text    strings.Builder
	figures map[string]float64
}

func (r *report) say(format string, args ...any) { fmt.Fprintf(&r.text, format, args...) }

func (r *report) note(name string, x float64) { r.figures[name] = x }

var shares = []struct {
	name  string
	share float64
}{{"1%", 0.01}, {"0.5%", 0.005}, {"0.1%", 0.001}}

func percent(x float64) string { return fmt.Sprintf("%.1f", 100*x) }

// measure makes the tables that need no training.
func measure(s *fit.Sets, m *model.Model) *report {
	r := &report{figures: make(map[string]float64)}
	all := rows(m)
	for _, su := range []*suite{definitions(s), data(s)} {
		r.say("\n## %s\n", map[string]string{"definition": "Definitions", "data": "Data"}[su.name])
		for i := range all {
			if all[i].on == su.name {
				r.row(&all[i], su)
			}
		}
	}
	r.evade(s, m)
	return r
}

// row writes the tables of one detector on one suite.
func (r *report) row(d *row, su *suite) {
	r.say("\n### %s, %s\n\n", d.name, su.name)
	honest := make([][]float64, len(su.honest))
	var pooled []float64
	for i := range su.honest {
		honest[i] = scores(d.score, su.honest[i].docs)
		pooled = append(pooled, honest[i]...)
	}
	perByte, p99 := latency(d.score, su)
	r.say("%d honest documents. Time: %.0f ns a byte, 99th percentile %s a document. ", len(pooled), perByte, p99.Round(time.Microsecond))
	r.say("As shipped, of 1,000 honest documents %.1f are shown and %.1f stopped.\n\n", 1000*above(pooled, d.shown), 1000*above(pooled, d.stop))
	r.honest(d, su, honest)
	r.attacks(d, su, honest, pooled)
}

// latency is measured on one core, over some documents of each honest set.
func latency(s scorer, su *suite) (perByte float64, p99 time.Duration) {
	var each []time.Duration
	var all time.Duration
	n := 0
	for i := range su.honest {
		for j := range su.honest[i].docs[:min(100, len(su.honest[i].docs))] {
			d := &su.honest[i].docs[j]
			began := time.Now()
			s(d)
			each = append(each, time.Since(began))
			all += each[len(each)-1]
			for _, t := range d.Texts {
				n += len(t)
			}
		}
	}
	slices.Sort(each)
	return float64(all.Nanoseconds()) / float64(max(1, n)), each[len(each)*99/100]
}

func key(parts ...string) string { return strings.Join(parts, " | ") }

func (r *report) honest(d *row, su *suite, honest [][]float64) {
	r.say("| honest texts | documents | shown, %% | stopped, %% | |\n|---|---|---|---|---|\n")
	line := func(s *set, x []float64) {
		r.say("| %s | %d | %.2f | %.2f | %s |\n", s.name, len(x), 100*above(x, d.shown), 100*above(x, d.stop), s.note)
		r.note(key(d.name, su.name, s.name, "shown"), 100*above(x, d.shown))
		r.note(key(d.name, su.name, s.name, "stopped"), 100*above(x, d.stop))
	}
	for i := range su.honest {
		line(&su.honest[i], honest[i])
	}
	for i := range su.apart {
		line(&su.apart[i], scores(d.score, su.apart[i].docs))
	}
	r.say("\n")
}

// attacks writes recall as shipped, and where scores allow it at false alarms of our choice.
// For definitions a share holds in each registry: the highest of their thresholds counts.
func (r *report) attacks(d *row, su *suite, honest [][]float64, pooled []float64) {
	limits := make([]float64, len(shares))
	for i, s := range shares {
		limits[i] = threshold(pooled, s.share)
		if su.name == "definition" {
			for _, h := range honest {
				limits[i] = max(limits[i], threshold(h, s.share))
			}
		}
	}
	r.say("| attacks | documents | shown, %% | stopped, %% | precision at 1 in 1,000, %% | AUC | at 1 %% | at 0.5 %% | at 0.1 %% | |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for i := range su.attack {
		s := &su.attack[i]
		x := scores(d.score, s.docs)
		shown := above(x, d.shown)
		r.say("| %s | %d | %s | %s | %s | %.3f |", s.name, len(x), percent(shown), percent(above(x, d.stop)), percent(precision(shown, above(pooled, d.shown))), auc(pooled, x))
		r.note(key(d.name, su.name, s.name, "shown"), 100*shown)
		for j, sh := range shares {
			if !d.graded {
				r.say(" - |")
				continue
			}
			r.say(" %s |", percent(above(x, limits[j])))
			r.note(key(d.name, su.name, s.name, sh.name), 100*above(x, limits[j]))
		}
		r.say(" %s |\n", s.note)
	}
	if !d.graded {
		return
	}
	r.say("\n")
	for i := range su.apart {
		x := scores(d.score, su.apart[i].docs)
		for j, sh := range shares {
			r.say("At %s false alarms, %s: %.1f %% flagged. ", sh.name, su.apart[i].name, 100*above(x, limits[j]))
			r.note(key(d.name, su.name, su.apart[i].name, sh.name), 100*above(x, limits[j]))
		}
		r.say("\n")
	}
}

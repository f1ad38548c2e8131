package main

import (
	"strings"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/test/corpus"
	"github.com/mantlet-mcp/mantlet/test/fit"
)

// A left is what a model finds in a source of which it saw nothing.
type left struct {
	source         string
	head           model.Head
	honest, attack [3]float64 // flagged at each of shares
	honestN        int
	attackN        int
	what           string
}

var leftOut = []left{
	{source: "tools_toucan_smithery", head: model.Definition, what: "definitions"},
	{source: "tools_metorial_index", head: model.Definition, what: "definitions"},
	{source: "tools_toolsdk_index", head: model.Definition, what: "definitions"},
	{source: "piarena", head: model.Data, what: "documents; bare orders"},
	{source: "bipia", head: model.Data, what: "documents; bare orders"},
	{source: "docs_repo_chunks", head: model.Data, what: "all source code and technical documents that training has"},
	{source: "docs_repo_chunks/metorial/mcp-containers", head: model.Data, what: "one repository"},
	{source: "docs_repo_chunks/microsoft/presidio", head: model.Data, what: "one repository"},
	{source: "docs_repo_chunks/cloudflare/mcp-server-cloudflare", head: model.Data, what: "one repository"},
	{source: "docs_repo_chunks/github/github-mcp-server", head: model.Data, what: "one repository"},
	{source: "args_benign", head: model.Data, what: "arguments"},
	{source: "spikee_seeds", head: model.Data, what: "prompts; orders in its wrappers, half of them in languages without any training text"},
	{source: "prompts_deepset", head: model.Data, what: "prompts"},
	{source: "prompts_inthewild_jailbreak", head: model.Data, what: "prompts"},
	{source: "prompts_purplellama_cse", head: model.Data, what: "prompts, mostly direct"},
	{source: "prompts_pif", head: model.Data, what: "prompts"},
	{source: "prompts_piguard_valid", head: model.Data, what: "prompts"},
	{source: "authensor_bench", head: model.Data, what: "prompts"},
	{source: "asb_attack_tools", head: model.Data, what: "bare orders"},
}

// leave trains without each source in turn, and measures on it; thresholds are those of the
// honest test documents of the other sources.
func (r *report) leave(s *fit.Sets) {
	list := append([]left{}, leftOut...)
	var wg sync.WaitGroup
	next := make(chan int)
	for range 2 {
		wg.Go(func() {
			for i := range next {
				list[i].run(s)
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	wg.Wait()
	r.say("\n## One source left out\n\nTrained again (a shorter training) without anything of the source, then measured on all of it. Thresholds: honest test documents of the other sources. Flagged, %%, at 1 / 0.5 / 0.1 %% false alarms there.\n\n")
	r.say("| left out | head | honest | flagged | attacks | found | |\n|---|---|---|---|---|---|---|\n")
	for i := range list {
		l := &list[i]
		r.say("| %s | %s | %d | %s | %d | %s | %s |\n", l.source, l.head, l.honestN, triple(l.honest, l.honestN), l.attackN, triple(l.attack, l.attackN), l.what)
		for j, sh := range shares {
			if l.honestN > 0 {
				r.note(key("leave", l.head.String(), l.source, "honest", sh.name), 100*l.honest[j])
			}
			if l.attackN > 0 {
				r.note(key("leave", l.head.String(), l.source, "attack", sh.name), 100*l.attack[j])
			}
		}
	}
}

func triple(x [3]float64, n int) string {
	if n == 0 {
		return "-"
	}
	return percent(x[0]) + " / " + percent(x[1]) + " / " + percent(x[2])
}

func (l *left) run(s *fit.Sets) {
	score := logit(l.train(s), l.head)
	honest, attacks := l.docs(s)
	var others []float64
	su := suiteOf(s, l.head)
	for i := range su.honest {
		if name := su.honest[i].name; name != l.source && !strings.HasPrefix(name, l.source+"/") {
			others = append(others, scores(score, su.honest[i].docs)...)
		}
	}
	h, a := scores(score, honest), scores(score, attacks)
	l.honestN, l.attackN = len(h), len(a)
	for i, sh := range shares {
		limit := threshold(others, sh.share)
		l.honest[i], l.attack[i] = above(h, limit), above(a, limit)
	}
}

func (l *left) train(s *fit.Sets) *model.Model {
	var weights [2]model.Weights
	var scales [2]model.Scales
	scales[l.head] = s.Head(l.head, fit.Quick(l.source), &weights[l.head])
	scales[1-l.head] = scales[l.head] // the other head is never asked
	bin, text, err := model.Write(&weights, &scales)
	if err != nil {
		panic(err)
	}
	m, err := model.Read(bin, text)
	if err != nil {
		panic(err)
	}
	return m
}

func suiteOf(s *fit.Sets, h model.Head) *suite {
	if h == model.Definition {
		return definitions(s)
	}
	return data(s)
}

// docs are all of the source's documents: honest ones, and attacks.
func (l *left) docs(s *fit.Sets) (honest, attacks []corpus.Doc) {
	for _, list := range [][]corpus.Doc{s.Definitions, s.Honest, s.Prompts} {
		for _, d := range list {
			switch {
			case d.Source != l.source && !strings.HasPrefix(d.Source, l.source+"/") || d.Label < 0:
			case d.Label == 1:
				attacks = append(attacks, d)
			default:
				honest = append(honest, d)
			}
		}
	}
	for _, g := range s.Goals {
		if g.Source == l.source && l.source != "spikee_seeds" {
			attacks = append(attacks, corpus.Doc{Source: l.source, Label: 1, Texts: []string{g.Text}})
		}
	}
	if l.source == "spikee_seeds" {
		var hosts []corpus.Doc
		su := data(s)
		for i := range su.honest {
			hosts = append(hosts, su.honest[i].docs...)
		}
		attacks = append(attacks, wrappedIn(s, s.Wrappers, hosts)...)
	}
	return honest, attacks
}

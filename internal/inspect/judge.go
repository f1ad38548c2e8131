package inspect

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
	"github.com/mantlet-mcp/mantlet/internal/inspect/outside"
)

// A Judge is a detector outside of this program: where it is asked, and what follows from
// what it says. See package outside.
type Judge struct {
	Detector outside.Detector
	On       Surface
	Do       Action // Note or Block
	From     finding.Severity
	Closed   []string // facts of a message for which the detector does not fail open after all
	Tools    []string // "server/tool" or "server/*": it is asked about these alone; nil is all
	Caller   bool     // it is told who calls
}

// about reports whether j is asked about a message of this surface and target.
func (j *Judge) about(s Surface, t mantlet.Target) bool {
	if j.On&s == 0 {
		return false
	}
	return j.Tools == nil || t.Kind == mantlet.KindTool &&
		(slices.Contains(j.Tools, string(t.Server)+"/"+t.Name) || slices.Contains(j.Tools, string(t.Server)+"/*"))
}

// A span is a part of the leaf at hand that others may not see.
type span struct {
	from, to int
	rule     string
}

// A shown text is what judges see of a leaf, and where it stands in the message.
type shown struct {
	outside.Passage
	start, end int
}

// hide notes that a part of the leaf at hand is for no judge: it is cut out, or it is private.
func (k *look) hide(h *finding.Hit) { k.hidden = append(k.hidden, span{h.Start, h.End, h.Rule}) }

// show keeps what judges may see of l.
func (k *look) show(l *leaf.Leaf) {
	defer func() { k.hidden = k.hidden[:0] }()
	if !k.judged || l.Kind != leaf.String {
		return
	}
	k.shownBytes += len(l.Text)
	if k.shownBytes > outside.MaxQuestion {
		return // said by ask
	}
	k.shown = append(k.shown, shown{outside.Passage{At: l.Path.String(), Text: redacted(l.Text, k.hidden)}, l.Start, l.End})
}

func redacted(text []byte, hidden []span) string {
	slices.SortFunc(hidden, func(a, b span) int { return a.from - b.from })
	var out []byte
	at := 0
	for _, h := range hidden {
		if h.to <= at {
			continue
		}
		out = append(out, text[at:max(h.from, at)]...)
		out = append(append(append(out, '['), h.rule...), ']')
		at = h.to
	}
	return string(append(out, text[at:]...))
}

// ask shows the texts to each judge of this surface, one after the other: each sees what the
// one before made of them.
func (k *look) ask(ctx context.Context) error {
	if !k.judged || k.shownBytes == 0 || k.rep.Refused != "" {
		return nil
	}
	for i := range k.r.o.Judges {
		j := &k.r.o.Judges[i]
		if !j.about(k.surface, k.c.Target) {
			continue
		}
		if err := k.consult(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

func (k *look) consult(ctx context.Context, j *Judge) error {
	rule := "outside/" + j.Detector.Name
	if k.shownBytes > outside.MaxQuestion {
		if !j.Detector.Open {
			return fmt.Errorf("inspect: the texts have %d bytes, and %s is shown %d at most", k.shownBytes, j.Detector.Name, outside.MaxQuestion)
		}
		k.say(rule+"/too-large", finding.Medium, "", Note, "it was not shown: the texts are too large")
		return nil
	}
	q := k.question(j)
	o, failed, err := j.Detector.Ask(ctx, q)
	if err != nil {
		return err
	}
	if failed != nil {
		if slices.ContainsFunc(j.Closed, func(fact string) bool { return slices.Contains(k.rep.Facts, fact) }) {
			return fmt.Errorf("inspect: %s did not answer, and the message holds what it has to see: %w", j.Detector.Name, failed)
		}
		k.say(rule+"/failed", finding.Medium, "", Note, "it did not answer, and may fail open")
	}
	for _, f := range o.Findings {
		severity, _ := finding.ParseSeverity(f.Severity) // checked by outside
		do := Note
		if severity >= j.From {
			do = j.Do
		}
		if do == Block && k.rep.Refused == "" {
			k.rep.Refused = "a detector refused the message"
		}
		k.learn("outside." + j.Detector.Name)
		k.say(rule+"/"+f.Rule, severity, f.At, do, f.Words)
	}
	for _, t := range o.Texts {
		k.replace(t, rule)
	}
	return nil
}

func (k *look) question(j *Judge) *outside.Question {
	q := &outside.Question{Phase: "request", Method: k.c.Method, Server: string(k.c.Target.Server), Kind: k.c.Target.Kind.String(), Name: k.c.Target.Name}
	if k.c.Back {
		q.Phase = "response"
	}
	if p := k.c.Bound.Principal; j.Caller {
		q.Caller = &outside.Caller{Issuer: string(p.Issuer), Subject: p.Subject, Tenant: p.Tenant}
	}
	for i := range k.shown {
		q.Texts = append(q.Texts, k.shown[i].Passage)
	}
	return q
}

// replace puts a text that was proposed in the place of the whole one.
func (k *look) replace(t outside.Passage, rule string) {
	i := slices.IndexFunc(k.shown, func(s shown) bool { return s.At == t.At })
	if i < 0 || k.shown[i].Text == t.Text {
		return
	}
	quoted, err := jsontext.AppendQuote(nil, t.Text)
	if err != nil {
		return // not UTF-8: encoding/json has made it so
	}
	s := &k.shown[i]
	s.Text = t.Text
	k.rep.Cuts = slices.DeleteFunc(k.rep.Cuts, func(c Cut) bool { return c.Start >= s.start && c.End <= s.end })
	k.rep.Cuts = append(k.rep.Cuts, Cut{Start: s.start, End: s.end, With: quoted[1 : len(quoted)-1]})
	k.say(rule+"/edited", finding.Info, t.At, Mask, "it was given another text")
}

func (k *look) say(rule string, s finding.Severity, at string, do Action, words string) {
	if len(k.rep.Findings) < maxFindings {
		k.rep.Findings = append(k.rep.Findings, Finding{Rule: rule, Severity: s, At: at, Action: do, Words: words})
	}
}

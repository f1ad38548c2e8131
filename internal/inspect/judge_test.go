package inspect_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/outside"
)

// stranger is a detector outside: it remembers what it was shown.
type stranger struct {
	shown  outside.Question
	answer string
	away   bool
}

func (s *stranger) Ask(_ context.Context, q []byte) ([]byte, error) {
	if s.away {
		return nil, errors.New("away")
	}
	return []byte(s.answer), json.Unmarshal(q, &s.shown)
}

// judging is a room with a detector of secrets of its own and s outside.
func judging(t *testing.T, s *stranger, secrets inspect.Action, change func(*inspect.Judge)) *inspect.Room {
	t.Helper()
	j := inspect.Judge{Detector: outside.Detector{Name: "s", Peer: s, Timeout: time.Second}, On: inspect.Data, Do: inspect.Block, From: finding.High}
	if change != nil {
		change(&j)
	}
	r, err := inspect.New(inspect.Options{Protocol: lenient,
		Rows:   []inspect.Row{{Fact: "secret", Detector: word{"hunter2", finding.High}, On: inspect.Data, Do: secrets, From: finding.High, Private: true}},
		Judges: []inspect.Judge{j},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestJudgesSeeNoSecrets holds that what is private is shown to no judge, whatever follows from
// it here.
func TestJudgesSeeNoSecrets(t *testing.T) {
	for _, do := range []inspect.Action{inspect.Note, inspect.Mask} {
		s := &stranger{answer: `{"version":1}`}
		if _, err := judging(t, s, do, nil).Inspect(t.Context(), result(`{"content":[{"text":"my password is hunter2, hunter2!"}]}`)); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(s.shown)
		if err != nil || strings.Contains(strings.ReplaceAll(string(b), "word/hunter2", ""), "hunter2") || !strings.Contains(string(b), "my password is [word/hunter2], [word/hunter2]!") {
			t.Errorf("%s: it was shown %s", do, b)
		}
	}
}

// TestJudges holds what follows from an answer, and that no answer takes anything away.
func TestJudges(t *testing.T) {
	const text = `{"content":[{"text":"say hunter2"}]}`
	for _, c := range []struct {
		name, answer string
		own          inspect.Action
		change       func(*inspect.Judge)
		away         bool
		want         string // the text that passes; "" where none does
	}{
		{name: "nothing to say", answer: `{"version":1}`, own: inspect.Mask, want: `{"content":[{"text":"say [word/hunter2]"}]}`},
		{name: "it has nothing against what is refused here", answer: `{"version":1}`, own: inspect.Block},
		{name: "it refuses", answer: `{"version":1,"findings":[{"rule":"x","severity":"high","words":"w"}]}`, own: inspect.Note},
		{name: "it notes", answer: `{"version":1,"findings":[{"rule":"x","severity":"medium","words":"w"}]}`, own: inspect.Note, want: text},
		{name: "away", own: inspect.Note, away: true},
		{name: "away, and may be", own: inspect.Note, away: true, change: func(j *inspect.Judge) { j.Detector.Open, j.Do = true, inspect.Note }, want: text},
		{name: "away, and may be, but for this", own: inspect.Note, away: true, change: func(j *inspect.Judge) { j.Detector.Open, j.Do, j.Closed = true, inspect.Note, []string{"secret"} }},
		{name: "it proposes a text", answer: `{"version":1,"texts":[{"at":"/content/0/text","text":"say \"please\""}]}`, own: inspect.Mask,
			change: func(j *inspect.Judge) { j.Detector.Mutates = true }, want: `{"content":[{"text":"say \"please\""}]}`},
		{name: "it proposes one and may not", answer: `{"version":1,"texts":[{"at":"/content/0/text","text":"x"}]}`, own: inspect.Mask},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep, err := judging(t, &stranger{answer: c.answer, away: c.away}, c.own, c.change).Inspect(t.Context(), result(text))
			got := edited(text, rep.Cuts)
			if err != nil || rep.Refused != "" {
				got = ""
			}
			if got != c.want {
				t.Errorf("%s, want %s (%+v, %v)", got, c.want, rep, err)
			}
		})
	}
}

func TestTooMuchToShow(t *testing.T) {
	text := `["` + strings.Repeat("x", outside.MaxQuestion+1) + `"]`
	if _, err := judging(t, &stranger{answer: `{"version":1}`}, inspect.Note, nil).Inspect(t.Context(), result(text)); err == nil {
		t.Error("what a judge was not shown has passed")
	}
}

func TestAJudgeThatRefusesMayNotFailOpen(t *testing.T) {
	_, err := inspect.New(inspect.Options{Protocol: lenient, Judges: []inspect.Judge{{
		Detector: outside.Detector{Name: "s", Peer: &stranger{}, Timeout: time.Second, Open: true}, On: inspect.Data, Do: inspect.Block, From: finding.High,
	}}})
	if err == nil {
		t.Error("it may")
	}
}

// TestACallout holds that a business system is asked about the tool that it is for, and told who
// calls, and that nobody else is told.
func TestACallout(t *testing.T) {
	for name, c := range map[string]struct {
		tools  []string
		caller bool
		asked  bool
	}{
		"this tool": {[]string{"bank/transfer"}, true, true}, "every tool of the server": {[]string{"bank/*"}, true, true},
		"another": {[]string{"bank/list", "shop/*"}, true, false}, "all, and not told": {nil, false, true},
	} {
		s := &stranger{answer: `{"version":1}`}
		r := judging(t, s, inspect.Note, func(j *inspect.Judge) { j.On, j.Tools, j.Caller = inspect.In, c.tools, c.caller })
		of := inspect.Content{Kind: inspect.Request, Method: "tools/call", Text: []byte(`{"arguments":{"account":"4711"}}`), Target: mantlet.Target{Server: "bank", Kind: mantlet.KindTool, Name: "transfer"}}
		of.Bound.Principal = mantlet.PrincipalKey{Issuer: "https://idp.example", Subject: "alice"}
		if _, err := r.Inspect(t.Context(), of); err != nil {
			t.Fatal(err)
		}
		if asked := s.shown.Method != ""; asked != c.asked {
			t.Errorf("%s: asked is %v", name, asked)
		}
		if told := s.shown.Caller != nil && s.shown.Caller.Subject == "alice"; told != (c.asked && c.caller) {
			t.Errorf("%s: it was told %+v", name, s.shown.Caller)
		}
	}
}

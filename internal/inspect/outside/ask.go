package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// Version is that of the protocol.
const Version = 1

// The bounds of one question and its answer.
const (
	MaxQuestion = 1 << 20 // bytes of texts
	MaxAnswer   = 4 << 20 // bytes of JSON
	maxFindings = 100
)

// A Question is what a detector is shown.
type Question struct {
	Version int       `json:"version"`
	Phase   string    `json:"phase"` // "request" on the way to a server, "response" on the way back
	Method  string    `json:"method"`
	Server  string    `json:"server"`
	Kind    string    `json:"kind"` // of the target: tool, prompt, resource
	Name    string    `json:"name"`
	Caller  *Caller   `json:"caller,omitempty"` // of who is told
	Texts   []Passage `json:"texts"`
}

// A Caller is who calls, as their identity was proven.
type Caller struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
	Tenant  string `json:"tenant,omitempty"`
}

// A Passage is one text of the message, by its JSON pointer.
type Passage struct {
	At   string `json:"at"`
	Text string `json:"text"`
}

// An Opinion is what a detector answers. Its zero value has nothing to say.
type Opinion struct {
	Version  int       `json:"version"`
	Findings []Finding `json:"findings"`
	Texts    []Passage `json:"texts"` // in place of those that it was shown
}

// A Finding is one thing that a detector found.
type Finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	At       string `json:"at"`
	Words    string `json:"words"`
}

// A Peer carries a question to a detector, and brings back its answer.
type Peer interface {
	Ask(ctx context.Context, question []byte) (answer []byte, err error)
}

// A Detector is one of others, and how far it is trusted.
type Detector struct {
	Name    string
	Peer    Peer
	Timeout time.Duration
	Mutates bool // it may propose texts; else they are not taken
	Open    bool // that it fails is no refusal; only for one that observes
}

var errSilent = errors.New("a detector that may refuse or change messages did not answer as it should")

// Ask returns what d says of q, held against the protocol. An error is no yes. Where d may fail
// open, a failure is an Opinion without findings, and said to be so.
func (d *Detector) Ask(ctx context.Context, q *Question) (o Opinion, failed error, err error) { //nolint:revive // two errors: one is a finding
	o, err = d.ask(ctx, q)
	if err != nil && d.Open && ctx.Err() == nil {
		return Opinion{}, err, nil
	}
	if err != nil {
		return Opinion{}, nil, fmt.Errorf("%w: %s: %w", errSilent, d.Name, err)
	}
	return o, nil, nil
}

func (d *Detector) ask(ctx context.Context, q *Question) (o Opinion, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	q.Version = Version
	b, err := json.Marshal(q)
	if err != nil {
		return o, err
	}
	answer, err := d.Peer.Ask(ctx, b)
	if err != nil {
		return o, err
	}
	if len(answer) > MaxAnswer {
		return o, fmt.Errorf("the answer has more than %d bytes", MaxAnswer)
	}
	dec := json.NewDecoder(bytes.NewReader(answer))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&o); err != nil {
		return o, fmt.Errorf("the answer is none of the protocol's: %w", err)
	}
	return o, d.check(&o, q)
}

// check holds an answer against the question: every place was shown, every severity is one.
func (d *Detector) check(o *Opinion, q *Question) error {
	if o.Version != Version {
		return fmt.Errorf("it speaks version %d of the protocol, and this is %d", o.Version, Version)
	}
	if len(o.Findings) > maxFindings {
		return fmt.Errorf("it has more than %d findings", maxFindings)
	}
	shown := func(at string) bool { return slices.ContainsFunc(q.Texts, func(p Passage) bool { return p.At == at }) }
	for _, f := range o.Findings {
		if _, err := finding.ParseSeverity(f.Severity); err != nil {
			return err
		}
		if f.At != "" && !shown(f.At) || f.Rule == "" {
			return errors.New("a finding has no rule, or is of a text that was not shown")
		}
	}
	if len(o.Texts) > 0 && !d.Mutates {
		return errors.New("it proposes texts, and may not")
	}
	for i, t := range o.Texts {
		again := slices.ContainsFunc(o.Texts[:i], func(p Passage) bool { return p.At == t.At })
		if !shown(t.At) || again {
			return errors.New("it proposes a text in place of one that was not shown, or twice")
		}
	}
	return nil
}

package inspect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/condition"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/token"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/jws"
	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
	"github.com/mantlet-mcp/mantlet/internal/inspect/protocol"
	"github.com/mantlet-mcp/mantlet/internal/inspect/schema"
)

// Options are what a Room looks for and what follows.
type Options struct {
	Rows        []Row
	Judges      []Judge
	Definitions Definitions    // of approved tools; nil holds nothing against schemas
	Arguments   schema.Options // how strictly arguments are judged
	Results     schema.Options
	Schemas     SchemaActions
	Protocol    ProtocolActions
	Sinks       Sinks                                // the zero value refuses whatever is found
	Meta        []string                             // prefixes of names under _meta that pass; nil lets all pass
	Signatures  Signatures                           // of results; nil asks for none
	Signed      bool                                 // a result without a signature is refused
	Conditions  Conditions                           // of tools' arguments; nil has none
	Result      int                                  // bytes of a result; a larger one is refused. 0 is no limit of this room
	Spotlight   func(mantlet.PrincipalKey) Spotlight // how texts are marked for a caller; nil marks none
	Sizes       Sizes                                // says when a result is unusual; nil says nothing
	Tokens      *token.Vault                         // of what rows tokenise; nil has none
}

// Signatures hold a result against what its server has signed: nil, jws.ErrUnsigned, or why it
// is not that.
type Signatures interface {
	Verify(method string, params, result []byte) error
}

// Conditions hold the arguments of a call against each other: nil, a *condition.Refusal, or
// another error, which is no yes.
type Conditions interface {
	Check(server, tool string, arguments []byte) error
}

// Sizes remembers how large the results of a tool are, and says when one is far beyond.
type Sizes interface {
	Unusual(tool string, n int) bool
}

// SchemaActions say what follows where a value is not what its schema describes: Block or
// Note. The zero value blocks.
type SchemaActions struct{ Arguments, Results Action }

// ProtocolActions say what follows where a part of a message is not what the protocol says
// that it is: Off, Note or Block, from a severity on. The zero value blocks everything.
type ProtocolActions struct {
	In, Back Action
	From     finding.Severity
}

// maxFindings bounds what one message's report lists; a message that has more is told by
// its first ones, and every one of its hits is acted on.
const maxFindings = 100

// minNamed is the length in bytes of a text whose member's name is looked at: a shorter one is
// no secret that anybody could tell.
const minNamed = 8

// A Room inspects. It is safe for use by many goroutines at once.
type Room struct {
	o     Options
	tools tools
	clean clean
	spare sync.Pool
}

// New returns a Room, or an error where a row asks for nothing that can be done.
func New(o Options) (*Room, error) {
	for i, r := range o.Rows {
		if r.Detector == nil || r.Fact == "" || r.On == 0 || r.From == 0 || r.Do < Off || r.Do > Block {
			return nil, fmt.Errorf("inspect: row %d (%s) is incomplete", i, r.Fact)
		}
		if r.Do == Tokenise && (o.Tokens == nil || r.On&In != 0) {
			return nil, fmt.Errorf("inspect: row %d (%s) makes tokens without a vault, or on the way in", i, r.Fact)
		}
	}
	for _, j := range o.Judges {
		d := &j.Detector
		switch {
		case d.Peer == nil || d.Name == "" || d.Timeout <= 0 || j.On == 0 || j.From == 0 || j.Do != Note && j.Do != Block:
			return nil, fmt.Errorf("inspect: the detector %q is incomplete", d.Name)
		case d.Open && (j.Do == Block || d.Mutates):
			return nil, fmt.Errorf("inspect: the detector %q may refuse or change messages, and so may not fail open", d.Name)
		}
	}
	o.Rows = slices.DeleteFunc(slices.Clone(o.Rows), func(r Row) bool { return r.Do == Off })
	o.Results.Open = true
	r := &Room{o: o, tools: tools{from: o.Definitions, sinks: o.Sinks.Of, input: o.Arguments, output: o.Results}}
	r.spare.New = func() any { return new(look) }
	return r, nil
}

// Inspect reports what c holds. An error is no yes.
func (r *Room) Inspect(ctx context.Context, c Content) (Report, error) {
	k := r.spare.Get().(*look) //nolint:forcetypeassert // it holds nothing else
	defer func() { k.clear(); r.spare.Put(k) }()
	k.r, k.c, k.surface = r, &c, c.surface()
	k.judged = slices.ContainsFunc(r.o.Judges, func(j Judge) bool { return j.about(k.surface, c.Target) })
	if r.o.Spotlight != nil && k.surface == Data && c.Kind == Result {
		k.spot = r.o.Spotlight(c.Bound.Principal)
	}
	if k.restore() {
		return k.rep, nil
	}
	sum, remember, known := k.known()
	if known {
		return Report{}, nil
	}
	k.official()
	k.size()
	k.signed()
	t, err := r.tools.of(ctx, &c)
	if err == nil && t != nil && t.err != nil {
		return k.unusable(), nil
	}
	if err == nil {
		err = k.shape(t)
	}
	if err != nil {
		return Report{}, err
	}
	k.sinks(t)
	if err := k.fulfil(); err != nil {
		return Report{}, err
	}
	if k.rep.Refused != "" {
		return k.rep, nil
	}
	if c.Vetted {
		return k.rep, nil
	}
	c.Stream.begin()
	k.remember()
	k.walker.Walk(c.Text, k.leaf)
	k.meta()
	if err := k.ask(ctx); err != nil {
		return Report{}, err
	}
	k.rep.Cuts = merge(k.rep.Cuts)
	if remember && k.rep.nothing() {
		r.clean.add(sum)
	}
	return k.rep, nil
}

// unusable refuses what is of a definition that nothing can be held against, whatever else is
// configured. Why it cannot is the server's words, and is shown to nobody.
func (k *look) unusable() Report {
	const why = "the schema that was approved for it cannot be used; ask the server's owner to mend it"
	k.learn("schema")
	k.rep.Refused = why
	k.say("schema/unusable", finding.High, "", Block, why)
	return k.rep
}

// A look is one inspection under way.
type look struct {
	r       *Room
	c       *Content
	surface Surface
	walker  leaf.Walker
	hits    []finding.Hit
	rep     Report

	spot       Spotlight
	word       string // of this message's marks
	judged     bool   // a judge is asked on this surface
	hidden     []span
	shown      []shown
	shownBytes int

	tokens   []token.Span // in the leaf at hand
	held     []held       // of the leaf at hand, and to be replaced by tokens
	restored bool         // the leaf at hand was put back
	given    []given      // into the request that is being answered
}

func (k *look) clear() {
	k.r, k.c, k.rep, k.hits = nil, nil, Report{}, k.hits[:0]
	k.hidden, k.shown, k.shownBytes = k.hidden[:0], nil, 0
	k.spot, k.word = Unmarked, ""
	k.tokens, k.held, k.restored, k.given = k.tokens[:0], k.held[:0], false, nil
}

// leaf shows one text to every detector that looks at such.
func (k *look) leaf(l *leaf.Leaf) bool {
	if len(l.Text) == 0 || opaque(l) {
		return true
	}
	k.recognise(l)
	for i := range k.r.o.Rows {
		row := &k.r.o.Rows[i]
		if row.On&k.surface == 0 {
			continue
		}
		k.hits = row.Detector.Find(k.hits[:0], l.Text)
		if n, ok := row.Detector.(Namer); ok && l.Kind == leaf.String && len(l.Text) >= minNamed && len(l.Path) > 0 {
			k.hits = n.Named(k.hits, string(l.Path[len(l.Path)-1].Name), l.Text)
		}
		for j := range k.hits {
			k.hit(row, &k.hits[j], l)
		}
		k.across(row, l)
	}
	k.mint(l)
	if l.Kind == leaf.String {
		k.c.Stream.said(l.Text)
	}
	k.show(l)
	k.spotlight(l)
	return true
}

// across looks for what the stream began to say before. It cannot be cut, since its beginning
// is gone: where it would be, the message is refused.
func (k *look) across(row *Row, l *leaf.Leaf) {
	whole, from := k.c.Stream.joined(l.Text)
	if whole == nil || l.Kind != leaf.String {
		return
	}
	k.hits = row.Detector.Find(k.hits[:0], whole)
	for j := range k.hits {
		if h := &k.hits[j]; h.Start < from && h.End > from {
			do := row.act(h)
			if do > Note {
				do = Block
			}
			k.found(row, h, l, do)
		}
	}
}

func (r *Row) act(h *finding.Hit) Action {
	if h.Severity < r.From {
		return Note
	}
	return r.Do
}

func (k *look) hit(row *Row, h *finding.Hit, l *leaf.Leaf) {
	do := row.act(h)
	if row.Returned && k.token(h) {
		return
	}
	if row.Returned && k.restored {
		do = Note // its server gave it, and a grant lets it go back
	}
	if l.Kind == leaf.Name && (do == Mask || do == Strip || do == Tokenise) {
		do = Block // a member without its name is another message
	}
	switch do {
	case Mask, Strip:
		k.rep.Cuts = append(k.rep.Cuts, cut(l, h.Start, h.End, h.Rule, do))
	case Tokenise:
		k.held = append(k.held, held{h.Start, h.End, row.Fact, h.Rule})
	case Off, Note, Block:
	}
	if row.Private || do == Mask || do == Strip || do == Tokenise {
		k.hide(h)
	}
	k.found(row, h, l, do)
}

func (k *look) found(row *Row, h *finding.Hit, l *leaf.Leaf, do Action) {
	k.learn(row.Fact)
	if h.Severity >= finding.High {
		k.learn(row.Fact + "." + h.Severity.String())
	}
	if do == Block && k.rep.Refused == "" {
		k.rep.Refused = h.Words
	}
	if len(k.rep.Findings) < maxFindings {
		k.say(h.Rule, h.Severity, place(l), do, h.Words)
	}
}

func (k *look) learn(fact string) {
	if !slices.Contains(k.rep.Facts, fact) {
		k.rep.Facts = append(k.rep.Facts, fact)
	}
}

// parts are what the messages of each kind carry.
var parts = [...]protocol.Part{Request: protocol.Params, Notification: protocol.Params, Result: protocol.Result, Error: protocol.Error}

// official holds the part against the protocol.
func (k *look) official() {
	do := k.r.o.Protocol.In
	if k.c.Back {
		do = k.r.o.Protocol.Back
	}
	if do == Off || k.c.Vetted || int(k.c.Kind) >= len(parts) {
		return
	}
	value := k.c.Text
	if len(value) == 0 {
		value = nil
	}
	for _, f := range protocol.Check(parts[k.c.Kind], k.c.Method, k.c.Modern, value) {
		k.learn("protocol")
		follows := do
		if f.Severity < k.r.o.Protocol.From {
			follows = Note
		}
		if follows != Note {
			follows = Block
			if k.rep.Refused == "" {
				k.rep.Refused = "this is not as the protocol has it: " + cmp.Or(mantlet.Escape(f.At), "the whole") + " " + f.Words
			}
		}
		k.say(f.Rule, f.Severity, mantlet.Escape(f.At), follows, f.Words)
	}
}

// signed holds a result against its signature, before anything is cut from it.
func (k *look) signed() {
	if k.r.o.Signatures == nil || k.surface != Data || k.c.Kind != Result || k.c.Again || k.rep.Refused != "" {
		return
	}
	switch err := k.r.o.Signatures.Verify(k.c.Method, k.c.Asked, k.c.Text); {
	case err == nil:
		k.learn("signed")
	case errors.Is(err, jws.ErrUnsigned) && !k.r.o.Signed:
	default:
		k.learn("unsigned")
		k.rep.Refused = err.Error()
		k.say("result/signature", finding.Critical, "", Block, err.Error())
	}
}

// size holds a result against the limit, and against the results before it.
func (k *look) size() {
	if k.surface != Data || k.c.Kind != Result || k.rep.Refused != "" {
		return
	}
	n := len(k.c.Text)
	if k.r.o.Result > 0 && n > k.r.o.Result {
		k.learn("size")
		k.rep.Refused = fmt.Sprintf("the result has %d bytes, and %d are allowed here; ask for less at once", n, k.r.o.Result)
		k.rep.Findings = append(k.rep.Findings, Finding{Rule: "output/size", Severity: finding.High, Action: Block, Words: "it is larger than is allowed"})
		return
	}
	if k.r.o.Sizes != nil && k.r.o.Sizes.Unusual(k.c.Target.String(), n) {
		k.learn("size.unusual")
		k.rep.Findings = append(k.rep.Findings, Finding{Rule: "output/unusual-size", Severity: finding.Medium, Action: Note, Words: "it is far larger than the results of this tool before"})
	}
}

// shape holds the arguments or the structured result of a tool against what was approved.
func (k *look) shape(t *tool) error {
	if t == nil || k.c.Method != "tools/call" || k.c.Kind == Error || k.rep.Refused != "" {
		return nil
	}
	judge, name, do := t.input, "arguments", k.r.o.Schemas.Arguments
	if k.c.Back {
		judge, name, do = t.output, "structuredContent", k.r.o.Schemas.Results
	}
	value := k.c.Value
	if judge == nil || value == nil && k.c.Back {
		return nil
	}
	if value == nil {
		value = []byte("{}")
	}
	err := judge.Check(value)
	if err == nil {
		return nil
	}
	refusal, ok := errors.AsType[*schema.Refusal](err)
	if !ok {
		return err
	}
	k.mismatch(refusal, name, do)
	return nil
}

// fulfil holds the arguments of a call against the conditions of its tool.
func (k *look) fulfil() error {
	if k.r.o.Conditions == nil || k.c.Back || k.c.Method != "tools/call" || k.rep.Refused != "" {
		return nil
	}
	err := k.r.o.Conditions.Check(string(k.c.Target.Server), k.c.Target.Name, k.c.Value)
	refusal, ok := errors.AsType[*condition.Refusal](err)
	if !ok {
		return err
	}
	k.learn("condition")
	k.rep.Refused = refusal.Words
	k.say("condition/"+refusal.ID, finding.High, "/arguments", Block, "the arguments do not fulfil it")
	return nil
}

func (k *look) mismatch(r *schema.Refusal, name string, do Action) {
	k.learn("schema")
	if do != Note {
		do = Block
		k.rep.Refused = "the " + name + " do not fit the schema: " + r.Error()
	}
	for _, one := range r.Issues {
		k.rep.Findings = append(k.rep.Findings, Finding{Rule: "schema/" + name, Severity: finding.High, At: "/" + name + one.At, Action: do, Words: one.Words})
	}
}

// maxPlace is how much of a pointer is told: its names are the message's, and may be long.
const maxPlace = 120

// place is where a leaf stands. A name in which something was found is not told.
func place(l *leaf.Leaf) string {
	p := l.Path
	if l.Kind == leaf.Name {
		p = p[:max(0, len(p)-1)]
	}
	at := p.String()
	if len(at) > maxPlace {
		at = strings.ToValidUTF8(at[:maxPlace], "") + "..."
	}
	return mantlet.Escape(at)
}

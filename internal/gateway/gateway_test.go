package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/policy"
	"github.com/mantlet-mcp/mantlet/internal/quota"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// building is every room at once, with a switch to break each of them.
type building struct {
	mu       sync.Mutex
	log      []string
	broken   string // the room to break
	panics   bool
	beginErr error
	endErr   error
	chatter  []string // what the server says before its reply
	result   string
	report   func(c inspect.Content) inspect.Report
	deny     map[string]bool // names that policy refuses
	verdict  policy.Verdict
	judged   []string // arguments that policy was asked about
	records  []string
	send     func(ctx context.Context, c upstream.Call, emit upstream.Emit) (upstream.Reply, error)
}

func (b *building) visit(room string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log = append(b.log, room)
	if b.broken != room {
		return nil
	}
	if b.panics {
		panic("broken " + room)
	}
	return errors.New("secret detail: broken " + room)
}

func (b *building) Take(context.Context, quota.Draw) (func(), error) {
	return func() { _ = b.visit("release") }, b.visit("quota")
}

func (b *building) Lookup(_ context.Context, t mantlet.Target, _ mantlet.PrincipalKey) (trust.Entry, error) {
	return trust.Entry{Target: t, State: trust.Approved}, b.visit("trust")
}

func (b *building) Observe(context.Context, mantlet.ServerID, trust.Observation) ([]trust.Change, error) {
	return nil, b.visit("observe")
}

func (b *building) Decide(_ context.Context, q policy.Query) policy.Decision {
	b.mu.Lock()
	b.judged = append(b.judged, string(q.Arguments))
	b.mu.Unlock()
	if b.visit("policy") != nil || b.deny[q.Target.Name] {
		return policy.Decision{}
	}
	if b.verdict != policy.Deny {
		return policy.Decision{Verdict: b.verdict, Ask: &mantlet.Ask{State: "s"}}
	}
	return policy.Decision{Verdict: policy.Allow}
}

func (b *building) Filter(_ context.Context, _ policy.Query, all []mantlet.Target) []mantlet.Target {
	_ = b.visit("filter")
	return slices.DeleteFunc(slices.Clone(all), func(t mantlet.Target) bool { return b.deny[t.Name] })
}

func (b *building) Inspect(_ context.Context, c inspect.Content) (inspect.Report, error) {
	name := "inspect-in"
	if c.Back {
		name = "inspect-back"
	}
	err := b.visit(name)
	if b.report != nil {
		return b.report(c), err
	}
	return inspect.Report{}, err
}

func (b *building) Send(ctx context.Context, c upstream.Call, emit upstream.Emit) (upstream.Reply, error) {
	if err := b.visit("upstream"); err != nil {
		return upstream.Reply{}, err
	}
	if b.send != nil {
		return b.send(ctx, c, emit)
	}
	for _, text := range b.chatter {
		if err := emit(upstream.Event{Message: decode(text)}); err != nil {
			return upstream.Reply{}, err
		}
	}
	result := b.result
	if result == "" {
		result = `{"content":[]}`
	}
	m, err := wire.NewResult(c.Message.ID, []byte(result))
	return upstream.Reply{Message: m}, err
}

func (b *building) Begin(_ context.Context, in audit.Intent) (audit.Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = append(b.records, "begin "+in.Exchange+" "+in.Method)
	return &record{b, in.Exchange}, b.beginErr
}

type record struct {
	b  *building
	id string
}

func (r *record) Message(_ context.Context, m audit.Message) error {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	r.b.records = append(r.b.records, "message "+m.Method+" "+m.Note)
	return nil
}

func (r *record) End(_ context.Context, o audit.Outcome) error {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	r.b.log = append(r.b.log, "recorded")
	r.b.records = append(r.b.records, "end "+r.id+" "+o.Verdict.String())
	return r.b.endErr
}

func decode(text string) *wire.Message {
	m, err := wire.Decode([]byte(text), wire.DefaultLimits())
	if err != nil {
		panic(err)
	}
	return m
}

func gateway(t testing.TB, b *building, joined ...mantlet.ServerID) *Gateway {
	t.Helper()
	g, err := New(Rooms{Audit: b, Quota: b, Trust: b, Policy: b, Inspect: b, Upstream: b, Meter: Unmetered{}, Tracer: Untraced{}},
		Options{Limits: wire.DefaultLimits(), Joined: joined, Cursors: plain{}, Namespaces: []string{"vendor/"}, MemberWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// plain seals nothing.
type plain struct{}

func (plain) SealCursor(_ mantlet.PrincipalKey, p []byte) (string, error) { return string(p), nil }
func (plain) OpenCursor(_ mantlet.PrincipalKey, c string) ([]byte, error) { return []byte(c), nil }

var ann = mantlet.Principal{Issuer: "idp", Subject: "ann", Client: "cursor"}

func exchange(text string) *Exchange {
	return &Exchange{
		ID: "x1", Server: "files", Op: upstream.OpDeliver, Request: decode(text),
		Caller: Caller{Principal: ann, Conversation: mantlet.Conversation{Principal: ann.Key()}, Revision: wire.Rev20251125},
	}
}

func call() *Exchange {
	return exchange(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{"path":"a"}}}`)
}

func TestAToolCallVisitsEveryRoomInOrder(t *testing.T) {
	b := &building{}
	if _, err := gateway(t, b).Serve(t.Context(), call()); err != nil {
		t.Fatal(err)
	}
	want := []string{"quota", "trust", "policy", "inspect-in", "upstream", "inspect-back", "release", "recorded"}
	if !slices.Equal(b.log, want) {
		t.Errorf("visited %v, want %v", b.log, want)
	}
}

func TestABrokenRoomRefuses(t *testing.T) {
	for _, room := range []string{"quota", "trust", "policy", "inspect-in", "upstream", "inspect-back"} {
		for _, panics := range []bool{false, true} {
			b := &building{broken: room, panics: panics}
			reply, err := gateway(t, b).Serve(t.Context(), call())
			f, ok := errors.AsType[*mantlet.Fault](err)
			if !ok || reply.Message != nil {
				t.Fatalf("%s (panic %v): reply %v, err %v; want a Fault and no reply", room, panics, reply, err)
			}
			if where := "gateway_test.go:"; panics && !strings.Contains(err.Error(), where) {
				t.Errorf("%s: nobody can tell where the panic was: %v", room, err)
			}
			if strings.Contains(f.Public, "secret detail") {
				t.Errorf("%s: the caller is shown %q", room, f.Public)
			}
			if room != "upstream" && room != "inspect-back" && slices.Contains(b.log, "upstream") {
				t.Errorf("%s broken, yet the server was reached: %v", room, b.log)
			}
			if !slices.Contains(b.log, "recorded") {
				t.Errorf("%s broken and not recorded", room)
			}
		}
	}
}

func TestNothingHappensUnrecorded(t *testing.T) {
	b := &building{beginErr: errors.New("disk full")}
	if _, err := gateway(t, b).Serve(t.Context(), call()); err == nil || len(b.log) != 0 {
		t.Errorf("err %v, visited %v; want an error and no visits", err, b.log)
	}
	b = &building{endErr: errors.New("disk full")}
	if reply, err := gateway(t, b).Serve(t.Context(), call()); err == nil || reply.Message != nil {
		t.Errorf("reply %v, err %v; want the reply withheld", reply, err)
	}
}

func TestEveryRoomIsRequired(t *testing.T) {
	b := &building{}
	if _, err := New(Rooms{Audit: b, Quota: b, Trust: b, Inspect: b, Upstream: b, Meter: Unmetered{}, Tracer: Untraced{}}, Options{}); err == nil || !strings.Contains(err.Error(), "Policy") {
		t.Errorf("New without a policy: %v", err)
	}
}

func TestAHalfMadeExchangeIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Exchange){
		"no id":           func(x *Exchange) { x.ID = "" },
		"nobody":          func(x *Exchange) { x.Caller.Principal = mantlet.Principal{} },
		"no conversation": func(x *Exchange) { x.Caller.Conversation = mantlet.Conversation{} },
		"no server":       func(x *Exchange) { x.Server = "" },
		"no operation":    func(x *Exchange) { x.Op = upstream.OpNone },
		"no message":      func(x *Exchange) { x.Request = nil },
		"a stray message": func(x *Exchange) { x.Op = upstream.OpListen },
	} {
		b, x := &building{}, call()
		spoil(x)
		if _, err := gateway(t, b).Serve(t.Context(), x); err == nil || len(b.log)+len(b.records) > 0 {
			t.Errorf("%s: err %v, visited %v", name, err, b.log)
		}
	}
}

// A method added to the wire table without deciding who governs it fails here.
// Replies to every method are inspected: instructions, descriptions and errors
// reach the model just as results do.
func TestEveryMethodIsGoverned(t *testing.T) {
	g := gateway(t, &building{})
	for _, m := range wire.Methods {
		in := rows(g.in, Pass{Direction: In, Op: upstream.OpDeliver, Kind: m.Kind, Method: m.Method})
		for _, room := range []string{"quota", "known", "policy", "inspect"} {
			if !slices.Contains(in, room) {
				t.Errorf("%s is not governed by %s: %v", m.Method, room, in)
			}
		}
		if m.NameField != "" && m.Kind == wire.Request && !slices.Contains(in, "trust") {
			t.Errorf("%s names something that trust does not see", m.Method)
		}
		for _, kind := range []wire.Kind{wire.Result, wire.Error} {
			back := rows(g.back, Pass{Direction: Back, Op: upstream.OpDeliver, Kind: kind, InReplyTo: m.Method})
			if !slices.Contains(back, "inspect") || (m.List && kind == wire.Result && (!slices.Contains(back, "shape") || !slices.Contains(back, "trust"))) {
				t.Errorf("a %s to %s meets only %v", kind, m.Method, back)
			}
		}
	}
	for _, op := range []upstream.Op{upstream.OpListen, upstream.OpResume, upstream.OpClose} {
		if in := rows(g.in, Pass{Direction: In, Op: op}); !slices.Contains(in, "policy") || !slices.Contains(in, "quota") {
			t.Errorf("session %s meets only %v", op, in)
		}
	}
}

// Questions that nobody answered are not in the way once their request is over; until
// then they are, and one of a request that is over may be answered late.
func TestOpenQuestionsAreBounded(t *testing.T) {
	s := &joinedSession{}
	s.began("1", "a")
	var late wire.ID
	for i := range maxQuestions {
		own, err := s.ask(question{server: "a", id: "7", call: "1"})
		if err != nil {
			t.Fatalf("question %d: %v", i, err)
		}
		late = own
	}
	if _, err := s.ask(question{server: "a", id: "7", call: "1"}); err == nil {
		t.Error("more questions are open than may be")
	}
	s.ended("1")
	if server, id, ok := s.answered(late); !ok || server != "a" || id != "7" {
		t.Error("an answer that comes late is not taken")
	}
	s.began("2", "b")
	for range 2 {
		if _, err := s.ask(question{server: "b", id: "8", call: "2"}); err != nil {
			t.Errorf("the questions of a request that is over are in the way of others': %v", err)
		}
	}
	if len(s.questions) != 2 {
		t.Errorf("%d are remembered", len(s.questions))
	}
}

// A stream that is resumed is a legacy one, whose client can have declared no
// answers to input requests: what asks for some is refused there as anywhere.
func TestAResumedStreamAsksNothingInAResult(t *testing.T) {
	result := `{"jsonrpc":"2.0","id":1,"result":{"resultType":%q,"inputRequests":{"a":{"method":"elicitation/create","params":{"message":"your password"}}}}}`
	for kind, want := range map[string]mantlet.FaultKind{"input_required": mantlet.Unsafe, "complete": 0} {
		b := &building{send: func(_ context.Context, _ upstream.Call, emit upstream.Emit) (upstream.Reply, error) {
			return upstream.Reply{Streamed: true}, emit(upstream.Event{Message: decode(fmt.Sprintf(result, kind))})
		}}
		x := call()
		x.Op, x.Request, x.Replays = upstream.OpResume, nil, "tools/call"
		heard := 0
		x.Emit = func(upstream.Event) error { heard++; return nil }
		_, err := gateway(t, b).Serve(t.Context(), x)
		f := mantlet.AsFault("", err)
		if refused := want != 0; refused != (f != nil) || refused && (f.Kind != want || heard != 0) || !refused && heard != 1 {
			t.Errorf("%s: %v, heard %d", kind, err, heard)
		}
	}
}

func rows(c Chain, p Pass) (out []string) {
	for _, s := range c {
		if s.On(p) {
			out = append(out, s.Name)
		}
	}
	return out
}

func TestWhatIsSaidBeforeTheReplyIsJudgedToo(t *testing.T) {
	progress := `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}`
	b := &building{chatter: []string{progress}}
	x := call()
	var heard []string
	x.Emit = func(e upstream.Event) error { heard = append(heard, string(e.Message.Bytes())); return nil }
	if _, err := gateway(t, b).Serve(t.Context(), x); err != nil || !slices.Equal(heard, []string{progress}) {
		t.Fatalf("err %v, heard %v", err, heard)
	}
	if !slices.Contains(b.records, "message notifications/progress ") {
		t.Errorf("what was said is not recorded: %v", b.records)
	}
	b, x = &building{chatter: []string{progress}}, call()
	if _, err := gateway(t, b).Serve(t.Context(), x); err != nil || !slices.Contains(b.records, "message notifications/progress dropped: the caller hears the reply alone") {
		t.Errorf("err %v; what nobody hears is recorded as if somebody did: %v", err, b.records)
	}
	b = &building{chatter: []string{progress}, broken: "inspect-back"}
	x = call()
	x.Emit = func(upstream.Event) error { t.Error("a refused message was emitted"); return nil }
	if _, err := gateway(t, b).Serve(t.Context(), x); err == nil {
		t.Error("a refused message did not end the call")
	}
}

func TestWhatAServerMayNotSayIsDropped(t *testing.T) {
	question := `{"jsonrpc":"2.0","id":9,"method":"sampling/createMessage","params":{}}`
	tools := `{"jsonrpc":"2.0","id":9,"method":"sampling/createMessage","params":{"tools":[]}}`
	for name, c := range map[string]struct {
		said   string
		rev    wire.Revision
		offers wire.Offers
		want   bool
	}{
		"a question, legacy":                 {question, wire.Rev20251125, wire.OffersSampling, true},
		"a question that was not offered":    {question, wire.Rev20251125, wire.OffersForm | wire.OffersRoots, false},
		"the part of one that was not":       {tools, wire.Rev20251125, wire.OffersSampling, false},
		"the part of one that was":           {tools, wire.Rev20251125, wire.OffersSampling | wire.OffersSamplingTools, true},
		"a ping":                             {`{"jsonrpc":"2.0","id":9,"method":"ping"}`, wire.Rev20251125, 0, true},
		"a look at tasks that are not":       {`{"jsonrpc":"2.0","id":9,"method":"tasks/list"}`, wire.Rev20251125, 0, false},
		"a question on a modern stream":      {question, wire.Rev20260728, wire.OffersSampling, false},
		"a client's method":                  {`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"x"}}`, wire.Rev20251125, ^wire.Offers(0), false},
		"a method nobody knows":              {`{"jsonrpc":"2.0","method":"notifications/evil"}`, wire.Rev20251125, 0, false},
		"an allowed namespace":               {`{"jsonrpc":"2.0","method":"vendor/news"}`, wire.Rev20251125, 0, true},
		"a question of an allowed namespace": {`{"jsonrpc":"2.0","id":9,"method":"vendor/ask"}`, wire.Rev20251125, 0, true},
	} {
		b, x, heard := &building{chatter: []string{c.said}}, call(), 0
		x.Caller.Revision, x.Caller.Offers = c.rev, c.offers
		x.Emit = func(upstream.Event) error { heard++; return nil }
		if _, err := gateway(t, b).Serve(t.Context(), x); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if (heard == 1) != c.want {
			t.Errorf("%s: heard %d times", name, heard)
		}
		if !c.want && !strings.Contains(strings.Join(b.records, "\n"), "dropped") {
			t.Errorf("%s: the drop is not recorded: %v", name, b.records)
		}
	}
}

func TestAnEditIsJudgedAgainAndOnlyOnce(t *testing.T) {
	edit := func(times int) func(inspect.Content) inspect.Report {
		n := 0
		return func(c inspect.Content) inspect.Report {
			if n++; c.Back || n > times {
				return inspect.Report{}
			}
			at := strings.Index(string(c.Text), `"a"`)
			return inspect.Report{Cuts: []inspect.Cut{{Start: at, End: at + 3, With: []byte(`"a"`)}}}
		}
	}
	b := &building{report: edit(1)}
	if _, err := gateway(t, b).Serve(t.Context(), call()); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.Join(b.log, " "), "policy"); n != 2 {
		t.Errorf("policy was asked %d times; want again after the edit", n)
	}
	b = &building{report: edit(2)}
	if _, err := gateway(t, b).Serve(t.Context(), call()); err == nil || slices.Contains(b.log, "upstream") {
		t.Errorf("a second edit passed: %v, %v", err, b.log)
	}
	b = &building{report: func(inspect.Content) inspect.Report { return inspect.Report{Facts: []string{"secret"}} }}
	if _, err := gateway(t, b).Serve(t.Context(), call()); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.Join(b.log, " "), "policy"); n != 2 {
		t.Errorf("policy was asked %d times; want again after a new fact", n)
	}
}

// A value that was put back in place of its token is known to the inspector as such, and what it
// learns of the value is told to policy; nothing of it is there in the next call.
func TestPolicyJudgesWhatWasPutBack(t *testing.T) {
	b := &building{}
	b.report = func(c inspect.Content) inspect.Report {
		at := strings.Index(string(c.Text), `"a"`)
		switch {
		case c.Back && len(c.Restored) == 1 && strings.Contains(string(c.Asked), `"b"`):
			return inspect.Report{}
		case c.Back || c.Again != (len(c.Restored) == 1):
			return inspect.Report{Refused: "it is told something else"}
		case c.Again:
			return inspect.Report{Facts: []string{"secret"}}
		}
		return inspect.Report{Facts: []string{"token"}, Cuts: []inspect.Cut{{Start: at, End: at + 3, With: []byte(`"b"`)}}, Restored: []inspect.Restored{{At: "/x", Class: "secret"}}}
	}
	for i := range 2 {
		b.log, b.judged = nil, nil
		if _, err := gateway(t, b).Serve(t.Context(), call()); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(strings.Join(b.log, " "), "policy"); n != 3 {
			t.Errorf("call %d: policy was asked %d times; want once more after what was learned of the value", i, n)
		}
		if !strings.Contains(b.judged[0], `"a"`) || !strings.Contains(b.judged[1], `"b"`) || !strings.Contains(b.judged[2], `"b"`) {
			t.Errorf("call %d: policy judged %q", i, b.judged)
		}
	}
}

func TestAnEditThatBreaksTheMessageIsRefused(t *testing.T) {
	b := &building{report: func(inspect.Content) inspect.Report {
		return inspect.Report{Cuts: []inspect.Cut{{Start: 0, End: 1, With: []byte(`{"name":"other",`)}}}
	}}
	if _, err := gateway(t, b).Serve(t.Context(), call()); err == nil || slices.Contains(b.log, "upstream") {
		t.Errorf("a message with two names went up: %v", err)
	}
}

func TestListsAreShapedByTheSamePolicy(t *testing.T) {
	b := &building{
		deny:   map[string]bool{"rm": true},
		result: `{"tools":[{"name":"ls", "x":1e2},{"name":"rm"},{"name":"cat"}],"cacheScope":"public","ttlMs":5}`,
	}
	reply, err := gateway(t, b).Serve(t.Context(), exchange(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"ls", "x":1e2},{"name":"cat"}],"cacheScope":"private","ttlMs":5}}`
	if got := string(reply.Message.Bytes()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestUnknownMethodsAndNames(t *testing.T) {
	for text, code := range map[string]int{
		`{"jsonrpc":"2.0","id":1,"method":"evil/do"}`:                                 wire.CodeMethodNotFound,
		`{"jsonrpc":"2.0","id":1,"method":"server/discover"}`:                         wire.CodeMethodNotFound,
		`{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage"}`:                  wire.CodeMethodNotFound,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}`:                  wire.CodeInvalidParams,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call"}`:                              wire.CodeInvalidParams,
		`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"name":"a"}}`:    wire.CodeInvalidParams,
		`{"jsonrpc":"2.0","id":1,"method":"vendor/thing","params":{"anything":true}}`: 0,
		`{"jsonrpc":"2.0","method":"notifications/evil","params":{"anything":true}}`:  wire.CodeMethodNotFound,
		`{"jsonrpc":"2.0","id":1,"method":"notifications/initialized"}`:               wire.CodeMethodNotFound,
	} {
		b := &building{}
		_, err := gateway(t, b).Serve(t.Context(), exchange(text))
		f, _ := errors.AsType[*mantlet.Fault](err)
		if (code == 0) != (err == nil) || (f != nil && f.Code != code) {
			t.Errorf("%s: %v; want code %d", text, err, code)
		}
		if code != 0 && slices.Contains(b.log, "upstream") {
			t.Errorf("%s went up", text)
		}
	}
}

func TestADeferredCallIsNoYes(t *testing.T) {
	for _, v := range []policy.Verdict{policy.Confirm, policy.Approve} {
		b := &building{verdict: v}
		_, err := gateway(t, b).Serve(t.Context(), call())
		f, _ := errors.AsType[*mantlet.Fault](err)
		if f == nil || f.Kind != mantlet.Deferred || f.Remedy == nil || slices.Contains(b.log, "upstream") {
			t.Errorf("%v: %v", v, err)
		}
		if !slices.Contains(b.records, "end x1 deferred") {
			t.Errorf("%v: the record says %v", v, b.records)
		}
	}
}

func TestAHaltCutsWhatIsUnderWay(t *testing.T) {
	b, reached := &building{}, make(chan struct{})
	b.send = func(ctx context.Context, _ upstream.Call, _ upstream.Emit) (upstream.Reply, error) {
		close(reached)
		<-ctx.Done()
		return upstream.Reply{}, ctx.Err()
	}
	g := gateway(t, b)
	failed := make(chan error)
	go func() { _, err := g.Serve(context.Background(), call()); failed <- err }()
	<-reached
	why := &mantlet.Fault{Kind: mantlet.Denied, Public: "halted by an operator"}
	if n := g.Halt.Cut(func(u Underway) bool { return u.Principal.Subject == "ann" }, why); n != 1 {
		t.Errorf("cut %d", n)
	}
	if f, _ := errors.AsType[*mantlet.Fault](<-failed); f == nil || f.Public != why.Public {
		t.Errorf("the caller is told %v", f)
	}
	g.Halt.Close(why)
	if _, err := g.Serve(t.Context(), call()); err == nil {
		t.Error("a call began after the halt was closed")
	}
	if err := g.Halt.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestACallThatIsCancelledOrLateIsRefused(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := &building{}
	_, err := gateway(t, b).Serve(ctx, call())
	if f, _ := errors.AsType[*mantlet.Fault](err); f == nil || f.Kind != mantlet.Cancelled || slices.Contains(b.log, "upstream") {
		t.Errorf("%v, %v", err, b.log)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = gateway(t, &building{}).Serve(late, call())
	if f, _ := errors.AsType[*mantlet.Fault](err); f == nil || f.Kind != mantlet.Unavailable {
		t.Errorf("%v", err)
	}
}

func BenchmarkServe(b *testing.B) {
	g, err := New(Rooms{Audit: quiet{}, Quota: quota.Unlimited{}, Trust: trust.Unpinned{}, Policy: policy.AllowAll{}, Inspect: inspect.Nothing{}, Upstream: echo{}, Meter: Unmetered{}, Tracer: Untraced{}},
		Options{Limits: wire.DefaultLimits()})
	if err != nil {
		b.Fatal(err)
	}
	m := decode(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":%q}}}`, strings.Repeat("x", 1000)))
	b.ReportAllocs()
	for b.Loop() {
		x := &Exchange{ID: "x", Server: "s", Op: upstream.OpDeliver, Request: m, Caller: Caller{Principal: ann, Conversation: mantlet.Conversation{Principal: ann.Key()}, Revision: wire.Rev20251125}}
		if _, err := g.Serve(context.Background(), x); err != nil {
			b.Fatal(err)
		}
	}
}

type quiet struct{}

func (quiet) Begin(context.Context, audit.Intent) (audit.Record, error) { return quiet{}, nil }
func (quiet) Message(context.Context, audit.Message) error              { return nil }
func (quiet) End(context.Context, audit.Outcome) error                  { return nil }

type echo struct{}

var echoed = decode(`{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`)

func (echo) Send(context.Context, upstream.Call, upstream.Emit) (upstream.Reply, error) {
	return upstream.Reply{Message: echoed}, nil
}

// Where nothing is traced, the door costs no allocation.
func TestUntracedAllocatesNothing(t *testing.T) {
	x := exchange(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	x.Caller.Trace = wire.ReadTrace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=b")
	var door Tracer = Untraced{}
	if n := testing.AllocsPerRun(100, func() {
		s, trace := door.Begin(x)
		s.Stage("quota", time.Microsecond, nil)
		out, back := s.Call(x)
		back(nil, nil)
		s.End(x, nil)
		if trace != "4bf92f3577b34da6a3ce929d0e0e4736" || out != x.Caller.Trace {
			t.Errorf("%q %+v", trace, out)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whoever gets no list is told what is wrong with it, and whose it is.
func TestAListThatIsTooLongSaysSo(t *testing.T) {
	item := `{"name":"t","inputSchema":{"type":"object"}},`
	b := &building{result: `{"tools":[` + strings.TrimSuffix(strings.Repeat(item, 5001), ",") + `]}`}
	_, err := gateway(t, b).Serve(t.Context(), exchange(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	f, ok := errors.AsType[*mantlet.Fault](err)
	if !ok || !strings.Contains(f.Public, "server files") || !strings.Contains(f.Public, "more than 5000 items") {
		t.Errorf("%v", err)
	}
}

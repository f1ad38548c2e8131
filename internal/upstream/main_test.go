package upstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// The test binary also plays the local MCP server.
func TestMain(m *testing.M) {
	process.Supervise() // does not return in a supervisor
	if len(os.Args) > 2 && os.Args[1] == "role" {
		play(os.Args[2])
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

var (
	ann = mantlet.Principal{Issuer: "https://idp.example", Subject: "ann", Client: "c"}
	bob = mantlet.Principal{Issuer: "https://idp.example", Subject: "bob", Client: "c"}
)

// A bench is one server as the corridor would call it, and what it dropped.
type bench struct {
	t    testing.TB
	all  *Servers
	mu   sync.Mutex
	lost []Dropped
}

func newBench(t testing.TB, spec Spec) *bench {
	t.Helper()
	return newBenchWith(t, spec, Options{})
}

func newBenchWith(t testing.TB, spec Spec, o Options) *bench {
	t.Helper()
	b := &bench{t: t}
	spec.ID = "s"
	if spec.Limits == (wire.Limits{}) {
		spec.Limits = wire.DefaultLimits()
	}
	if spec.Times == (Times{}) {
		spec.Times = Times{Connect: 5 * time.Second, FirstByte: 5 * time.Second, Call: 10 * time.Second, Idle: time.Minute, Stream: time.Minute}
	}
	if spec.Calls == 0 {
		spec.Calls, spec.Queue = 64, 64
	}
	var err error
	o.Log, o.About = slog.New(slog.DiscardHandler), []byte(`{"name":"mantlet","version":"test"}`)
	o.Dropped = func(d Dropped) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lost = append(b.lost, d)
	}
	b.all, err = New([]Spec{spec}, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.all.Close(ctx); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return b
}

func (b *bench) dropped() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.lost)
}

func message(t testing.TB, text string) *wire.Message {
	t.Helper()
	m, err := wire.Decode([]byte(text), wire.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

// legacy is a call of a 2025-11-25 session.
func (b *bench) legacy(who mantlet.Principal, nonce, text string) Call {
	b.t.Helper()
	return Call{Exchange: "x", Principal: who, Server: "s", Op: OpDeliver, Session: Session{Nonce: nonce}, Revision: wire.Rev20251125, Message: message(b.t, text)}
}

// modern is a call of a 2026-07-28 client; params are what follows _meta.
func (b *bench) modern(who mantlet.Principal, method, params string) Call {
	b.t.Helper()
	text := fmt.Sprintf(`{"jsonrpc":"2.0","id":7,"method":%q,"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}%s}}`, method, params)
	return Call{Exchange: "x", Principal: who, Server: "s", Op: OpDeliver, Revision: wire.Rev20260728, Message: message(b.t, text)}
}

// defaultTimes are what the configuration gives a server that sets none.
func defaultTimes() Times {
	return Times{Connect: 10 * time.Second, FirstByte: 60 * time.Second, Call: 5 * time.Minute, Idle: 30 * time.Minute, Stream: 24 * time.Hour}
}

func quietOptions() Options {
	return Options{Log: slog.New(slog.DiscardHandler), About: []byte(`{"name":"mantlet","version":"test"}`)}
}

func silent(Event) error { return nil }

func (b *bench) send(c Call) (Reply, error) {
	return b.all.Send(context.Background(), c, silent)
}

// must sends c and returns the reply's bytes.
func (b *bench) must(c Call) string {
	b.t.Helper()
	r, err := b.send(c)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Message == nil {
		return ""
	}
	return string(r.Message.Bytes())
}

const (
	initialize  = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	welcome     = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"x","version":"1"}}`
	discovered  = `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}`
)

func toolCall(id int, name string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{}}}`, id, name)
}

// wants checks the kind and the words of a fault.
func wants(t testing.TB, err error, kind mantlet.FaultKind, words ...string) {
	t.Helper()
	f, ok := errors.AsType[*mantlet.Fault](err)
	if !ok {
		t.Fatalf("%v is no fault; want %s", err, kind)
	}
	if f.Kind != kind {
		t.Errorf("%v; want kind %s", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(f.Public, w) {
			t.Errorf("%q does not say %q", f.Public, w)
		}
	}
}

// until waits for a condition that another goroutine or process brings about.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("%s: not within 10 seconds", what)
}

// play is a local server over stdio.
func play(role string) {
	in := bufio.NewReader(os.Stdin)
	answer := func(id wire.ID, result string) {
		fmt.Printf(`{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", id, result)
	}
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		m, err := wire.Decode(line, wire.DefaultLimits())
		if err != nil {
			continue
		}
		switch {
		case m.Method == "initialize":
			answer(m.ID, welcome)
		case m.Method == "server/discover" && role == "modern":
			answer(m.ID, discovered)
		case m.Kind == wire.Request:
			playCall(m, in, answer)
		case m.Method == "notifications/cancelled":
			id, _ := m.CancelledID()
			fmt.Fprintf(os.Stdout, `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"x:y","cancelled":%s}}`+"\n", id) // the session's stream hears it
		}
	}
}

func playCall(m *wire.Message, in *bufio.Reader, answer func(wire.ID, string)) {
	switch m.Name {
	case "last words":
		answer(m.ID, fmt.Sprintf(`{"pid":%d}`, os.Getpid()))
		os.Exit(0)
	case "flood": // more than a list may have, in one line
		_, _ = os.Stdout.Write(bytes.Repeat([]byte("x"), 17<<20))
	case "garble":
		answer(m.ID, `null`)
	case "die":
		os.Exit(3)
	case "banner":
		fmt.Println("*** welcome ***")
		answer(m.ID, `{}`)
	case "foreign": // answers to ids that a client might have chosen
		for _, id := range []wire.ID{`1`, `2`, `"m-1"`} {
			answer(id, `{"stolen":true}`)
		}
		answer(m.ID, `{}`)
	case "ask":
		fmt.Println(`{"jsonrpc":"2.0","id":77,"method":"elicitation/create","params":{"message":"who?"}}`)
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		answer(m.ID, fmt.Sprintf(`{"heard":%s}`, strings.TrimSpace(string(line))))
	case "hang":
	default:
		answer(m.ID, fmt.Sprintf(`{"pid":%d,"id":%s}`, os.Getpid(), m.ID))
	}
}

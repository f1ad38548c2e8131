package trace

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A tally is what an exporter says that became of its spans.
type tally struct{ sent, lost atomic.Int64 }

func (t *tally) count(sent, lost int) {
	t.sent.Add(int64(sent))
	t.lost.Add(int64(lost))
}

func start(t *testing.T, url string, o Options) (*Exporter, *tally) {
	t.Helper()
	var n tally
	o.Endpoint, o.Count, o.Version = url, n.count, "1"
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Pause = time.Millisecond
	return Start(o), &n
}

func one() *span {
	now := time.Now()
	return &span{trace: newTraceID(), id: newSpanID(), kind: kindServer, name: "x", begun: now, ended: now}
}

// What a collector answers decides whether a batch is sent again, and what is lost
// is counted, each span once.
func TestWhatACollectorAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answers    []int // the last one goes on
		body       string
		posts      int
		sent, lost int64
	}{
		"taken":               {[]int{200}, "", 1, 3, 0},
		"busy, then taken":    {[]int{503, 429, 200}, "", 3, 3, 0},
		"busy":                {[]int{503}, "", 3, 0, 3},
		"refused":             {[]int{401}, "", 1, 0, 3},
		"elsewhere":           {[]int{307}, "", 1, 0, 3},
		"two of them":         {[]int{200}, "\x0a\x04\x08\x02\x12\x00", 1, 1, 2},
		"more than there are": {[]int{200}, "\x0a\x02\x08\x7f", 1, 0, 3},
		"an answer cut short": {[]int{200}, "\x0a\x7f\x08", 1, 3, 0},
		"words":               {[]int{200}, "{}", 1, 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var posts atomic.Int64
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer k" || r.Header.Get("Content-Type") != "application/x-protobuf" {
					t.Errorf("%v", r.Header)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.answers[min(int(posts.Add(1)), len(c.answers))-1])
				_, _ = io.WriteString(w, c.body)
			}))
			defer s.Close()
			e, n := start(t, s.URL+"/v1/traces", Options{Headers: map[string]string{"Authorization": "Bearer k"}, Every: 20 * time.Millisecond})
			for range 3 {
				e.put(one())
			}
			for deadline := time.Now().Add(10 * time.Second); n.sent.Load()+n.lost.Load() < 3 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			e.Close(t.Context())
			if posts.Load() != int64(c.posts) || n.sent.Load() != c.sent || n.lost.Load() != c.lost {
				t.Errorf("%d posts, %d sent, %d lost", posts.Load(), n.sent.Load(), n.lost.Load())
			}
		})
	}
}

// A collector that hangs fills the queue; then spans are lost and nobody waits.
// Close gives up when it is told to.
func TestAFullQueueLosesAndCounts(t *testing.T) {
	stop, came := make(chan struct{}), make(chan struct{}, 1)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came <- struct{}{}; <-stop }))
	defer s.Close()
	defer close(stop)
	e, n := start(t, s.URL, Options{Every: time.Nanosecond})
	e.put(one())
	<-came
	const more = 100
	for range queued + more { // would never end if put waited
		e.put(one())
	}
	if n.lost.Load() != more {
		t.Errorf("%d are lost", n.lost.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e.Close(ctx)
	e.Close(ctx)
	e.put(one())
	if n.lost.Load() != queued+more+2 || n.sent.Load() != 0 {
		t.Errorf("%d sent, %d lost", n.sent.Load(), n.lost.Load())
	}
}

// Close sends what is queued first.
func TestCloseFlushes(t *testing.T) {
	var got atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		var data collector.TracesData
		if err := proto.Unmarshal(b, &data); err != nil {
			t.Error(err)
		}
		got.Add(int64(len(data.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans())))
	}))
	defer s.Close()
	e, n := start(t, s.URL, Options{Every: time.Hour})
	for range batched + 7 {
		e.put(one())
	}
	e.Close(t.Context())
	if got.Load() != batched+7 || n.sent.Load() != batched+7 {
		t.Errorf("%d came, %d sent", got.Load(), n.sent.Load())
	}
}

// A failure is told once, without the URL, and so is its end.
func TestFailuresAreToldOnceAndWithoutTheURL(t *testing.T) {
	var out lockedBuffer
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	e, n := start(t, s.URL+"/v1?key=hunter2", Options{Log: slog.New(slog.NewTextHandler(&out, nil)), Every: time.Nanosecond})
	for i := range 3 {
		e.put(one())
		for n.lost.Load() <= int64(i) {
			time.Sleep(time.Millisecond)
		}
	}
	e.Close(t.Context())
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "refused") || strings.Contains(text, "hunter2") {
		t.Errorf("%s", text)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Every member of a span is where the protocol says, and the times are.
func TestEncode(t *testing.T) {
	at := time.Unix(1_700_000_000, 5)
	s := &span{
		trace: [16]byte{1}, id: [8]byte{2}, parent: [8]byte{3}, kind: kindClient, name: "n", begun: at, ended: at.Add(time.Second),
		attrs: []attr{{"k", "v"}, {"empty", ""}}, dropped: 9, failed: true, remote: true,
		events: []event{{"quota", at.Add(1), 250, false}, {"policy", at.Add(2), 7, true}},
	}
	var data collector.TracesData
	if err := proto.Unmarshal(encode("v1", []*span{s}), &data); err != nil {
		t.Fatal(err)
	}
	rs := data.GetResourceSpans()[0]
	if a := rs.GetResource().GetAttributes(); len(a) != 2 || a[0].GetKey() != "service.name" || a[0].GetValue().GetStringValue() != "mantlet" || a[1].GetValue().GetStringValue() != "v1" {
		t.Errorf("%v", a)
	}
	if sc := rs.GetScopeSpans()[0].GetScope(); sc.GetName() != "mantlet" || sc.GetVersion() != "v1" {
		t.Errorf("%v", sc)
	}
	got := rs.GetScopeSpans()[0].GetSpans()[0]
	if len(got.ProtoReflect().GetUnknown()) > 0 || !bytes.Equal(got.GetTraceId(), s.trace[:]) || !bytes.Equal(got.GetSpanId(), s.id[:]) || !bytes.Equal(got.GetParentSpanId(), s.parent[:]) ||
		got.GetKind() != collector.Span_SPAN_KIND_CLIENT || got.GetName() != "n" || got.GetStartTimeUnixNano() != uint64(at.UnixNano()) || got.GetEndTimeUnixNano() != uint64(at.UnixNano())+1e9 ||
		got.GetDroppedEventsCount() != 9 || got.GetStatus().GetCode() != collector.Status_STATUS_CODE_ERROR || got.GetFlags() != 0x301 {
		t.Errorf("%v", got)
	}
	if a := got.GetAttributes(); len(a) != 2 || a[0].GetKey() != "k" || a[0].GetValue().GetStringValue() != "v" || a[1].GetValue().GetStringValue() != "" {
		t.Errorf("%v", a)
	}
	ev := got.GetEvents()
	if len(ev) != 2 || ev[0].GetName() != "quota" || ev[0].GetTimeUnixNano() != uint64(at.UnixNano())+1 || ev[0].GetAttributes()[0].GetValue().GetIntValue() != 250 || len(ev[0].GetAttributes()) != 1 || ev[1].GetAttributes()[1].GetValue().GetStringValue() != "refused" {
		t.Errorf("%v", ev)
	}
}

func exchange(tool string) *gateway.Exchange {
	m, err := wire.Decode(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":{}}}`, tool), wire.DefaultLimits())
	if err != nil {
		panic(err)
	}
	who := mantlet.Principal{Issuer: "idp", Subject: "ann", Client: "c"}
	return &gateway.Exchange{ID: "x", Server: "s", Op: upstream.OpDeliver, Request: m, Caller: gateway.Caller{Principal: who, Conversation: mantlet.Conversation{Principal: who.Key()}, Revision: wire.Rev20251125}}
}

// The part that is sampled is the one that was asked for, whatever ids come.
func TestTheDice(t *testing.T) {
	for _, want := range []float64{0, 0.1, 0.5, 1} {
		tr := New(nil, want, nil, nil)
		x := exchange("t")
		x.Caller.Trace = wire.ReadTrace("00-"+strings.Repeat("0", 31)+"1-00f067aa0ba902b7-01", "") // the lowest id there is
		n := 0
		for range 20000 {
			if _, sampled := first(tr.Begin(x)).(*running); sampled {
				n++
			}
		}
		if got := float64(n) / 20000; got < want-0.03 || got > want+0.03 || (want == 0) != (n == 0) {
			t.Errorf("sample %v gives %v", want, got)
		}
	}
}

func first(s gateway.Span, _ string) gateway.Span { return s }

// Ids are never the zeros that stand for none.
func TestIDs(t *testing.T) {
	seen := make(map[[8]byte]bool)
	for range 1000 {
		if id := newSpanID(); binary.BigEndian.Uint64(id[:]) == 0 || seen[id] {
			t.Fatal(id)
		} else {
			seen[id] = true
		}
	}
	if a, b := newTraceID(), newTraceID(); a == b {
		t.Error("the same trace twice")
	}
}

// A stream of hours has no more events than others, and says how many it left out.
func TestEventsAreBounded(t *testing.T) {
	s, _ := New(nil, 1, nil, nil).Begin(exchange("t"))
	r := s.(*running)
	for range maxEvents + 10 {
		r.Stage("quota", 1, nil)
	}
	if len(r.events) != maxEvents || r.dropped != 10 {
		t.Errorf("%d events, %d dropped", len(r.events), r.dropped)
	}
}

// What a traced exchange costs beside its corridor.
func BenchmarkSpans(b *testing.B) {
	e := Start(Options{Endpoint: "http://127.0.0.1:1/", Count: func(int, int) {}, Log: slog.New(slog.DiscardHandler), Every: time.Hour})
	defer e.Close(context.Background())
	t := New(e, 1, []mantlet.ServerID{"s"}, func(mantlet.ServerID) bool { return true })
	x := exchange("t")
	b.ReportAllocs()
	for b.Loop() {
		s, _ := t.Begin(x)
		for range 8 {
			s.Stage("quota", 1, nil)
		}
		_, back := s.Call(x)
		back(nil, nil)
		s.End(x, nil)
	}
}

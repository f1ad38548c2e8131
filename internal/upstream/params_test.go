package upstream

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// listOf is a list of n tools, each with one mirrored argument of that name.
func listOf(t testing.TB, id, n int, header string) []byte {
	t.Helper()
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"t%d","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":%q},"b":{"type":"object","properties":{"c":{"type":"string"}}}}}}`, i, header)
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":{"tools":[%s]}}`, id, b.String())
}

// A list that comes again is not read again; one that changed is, and so is the old one
// when it comes back.
func TestParamsAreLearnedOnceFromEachList(t *testing.T) {
	var p paramCache
	l := wire.DefaultLimits()
	kept := func(header string) *wire.Message {
		m, err := wire.Decode(listOf(t, 1, 2, header), l)
		if err != nil {
			t.Fatal(err)
		}
		m.Keep()
		return m
	}
	learned := func(m *wire.Message, want string) {
		t.Helper()
		p.learn(m, l)
		if got, ok := p.of("t1"); !ok || len(got) != 1 || got[0].Header != want {
			t.Errorf("learned %+v, want %s", got, want)
		}
	}
	old, fresh := kept("Old"), kept("New")
	learned(old, "Old")
	again, ok := old.Again(listOf(t, 2, 2, "Old"))
	if !ok || !p.knows(again) {
		t.Error("the same list is read again")
	}
	learned(again, "Old")
	learned(fresh, "New")
	if p.knows(again) {
		t.Error("a list is known though another came after it")
	}
	learned(again, "Old")
}

// The list is asked for once by all who come at once, and not for each call of a tool
// that is not there.
func TestTheListIsAskedForOnce(t *testing.T) {
	rec := record(t, both)
	b := newBench(t, Spec{Protocol: Modern, HTTP: &HTTPSpec{URL: rec.URL}})
	call := func(tool string) {
		c := b.modern(ann, "tools/call", fmt.Sprintf(`,"name":%q,"arguments":{"region":"eu"}`, tool))
		c.Mirror = true
		_, _ = b.send(c) // what the server says of a tool that is not there is its own
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { call("mirrored") })
	}
	wg.Wait()
	if n, made := rec.count("tools/list"), rec.heads("Mcp-Param-Region", "eu"); n != 1 || made != 20 {
		t.Errorf("%d lists, %d calls with the header", n, made)
	}
	for i := range 20 {
		call(fmt.Sprintf("nowhere-%d", i))
	}
	if n := rec.count("tools/list"); n != 1 {
		t.Errorf("%d lists for tools that are not there", n)
	}
}

// A server whose list cannot be read is called all the same: it checks for itself.
func TestAnUnreadableListStopsNoCall(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, r *http.Request, m *wire.Message) {
		if m != nil && m.Method == "tools/list" {
			sayJSON(w, 200, `{"jsonrpc":"2.0","id":%s,"result":{"tools":7}}`, m.ID)
			return
		}
		both(w, r, m)
	})
	b := newBench(t, Spec{Protocol: Modern, HTTP: &HTTPSpec{URL: rec.URL}})
	c := b.modern(ann, "tools/call", `,"name":"t","arguments":{}`)
	c.Mirror = true
	if r, err := b.send(c); err != nil || r.Message.Kind != wire.Result {
		t.Errorf("%+v, %v", r, err)
	}
}

func BenchmarkLearn(b *testing.B) {
	l := wire.DefaultLimits()
	m, err := wire.Decode(listOf(b, 1, 1000, "H"), l)
	if err != nil {
		b.Fatal(err)
	}
	m.Keep()
	var p paramCache
	b.ReportAllocs()
	for b.Loop() {
		p.learn(m, l)
	}
}

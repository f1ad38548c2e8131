package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A list that did not change is recognised and its buffer used again: each caller gets
// it whole all the same, under its own id, while others are given theirs, and a list
// that does change is never taken for the one before.
func TestListsThatDidNotChange(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	var tools strings.Builder
	for i := range 300 {
		fmt.Fprintf(&tools, `{"name":"t%d","description":%q,"inputSchema":{"type":"object"}},`, i, strings.Repeat("d", 200))
	}
	list := func(id, last string) string {
		return `{"jsonrpc":"2.0","id":` + id + `,"result":{"tools":[` + tools.String() + `{"name":"` + last + `","inputSchema":{}}],"resultType":"complete","ttlMs":0,"cacheScope":"private"}}`
	}
	last := "same"
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, _ *http.Request, body string) {
		name := last
		if strings.Contains(body, "other") {
			name = "else"
		}
		reply(w, list(id(body), name))
	}
	f.mu.Unlock()
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 25 {
				own := fmt.Sprintf(`"%d-%d"`, n, i)
				want := list(own, last)
				if n == 0 && i%5 == 0 { // some lists differ
					own = fmt.Sprintf(`"other-%d"`, i)
					want = list(own, "else")
				}
				if _, got := do(t, g, modern(`{"jsonrpc":"2.0","id":`+own+`,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list")); got != want {
					t.Errorf("%s: %.80s … %s", own, got, got[max(0, len(got)-120):])
				}
			}
		})
	}
	wg.Wait()
}

package trust_test

import (
	"fmt"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
)

func caller(name string) mantlet.PrincipalKey {
	return mantlet.PrincipalKey{Issuer: mantlet.IssuerLocal, Subject: name}
}

// shows has who look at one page of the list.
func (h *house) shows(who, cursor string, complete, own bool, tools ...string) {
	h.t.Helper()
	o := trust.Observation{For: caller(who), Method: "tools/list", Page: cursor, Complete: complete, Own: own}
	for _, raw := range tools {
		o.Items = append(o.Items, trust.Seen{Target: target(nameOf(raw)), Definition: []byte(raw)})
	}
	if _, err := h.Observe(h.t.Context(), server, o); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) wants(who, name string, want trust.State) {
	h.t.Helper()
	e, err := h.Lookup(h.t.Context(), target(name), caller(who))
	if err != nil || e.State != want {
		h.t.Errorf("%s asks for %s: %s, %v; want %s", who, name, e.State, err, want)
	}
}

// reapprove gives the words to a person who approves them.
func (h *house) reapprove(raw string) {
	h.t.Helper()
	d, err := definition.Parse(mantlet.KindTool, []byte(raw))
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.Decide(h.t.Context(), trust.Decision{Target: target(d.Name()), State: trust.Approved, Digest: d.Digest(), By: "ann"}); err != nil {
		h.t.Fatal(err)
	}
}

// A call is bound to the words that its caller was shown: approved anew, they are for those
// who look again, and nobody's model uses a tool that it has read otherwise.
func TestWhatACallerWasShownIsWhatIsCalled(t *testing.T) {
	h := open(t, trust.Options{FirstUse: trust.Scan, Vet: clean})
	old, fresh, other := tool("read", "Reads."), tool("read", "Reads and sends."), tool("find", "Finds.")
	h.shows("ann", "", true, false, old, other)
	h.shows("bob", "", true, false, old, other)
	h.wants("ann", "read", trust.Approved)
	h.shows("ann", "", true, false, fresh, other)
	h.wants("ann", "read", trust.Quarantined)
	h.reapprove(fresh)
	h.wants("ann", "read", trust.Moved)
	h.wants("bob", "read", trust.Moved)
	h.wants("bob", "find", trust.Approved)
	h.wants("eve", "read", trust.Approved) // nobody knows what they were shown
	h.shows("bob", "", true, true, fresh, other)
	h.wants("bob", "read", trust.Moved) // Mantlet has looked, and bob has not
	h.shows("bob", "", true, false, fresh, other)
	h.wants("bob", "read", trust.Approved)
	h.wants("ann", "read", trust.Moved)
}

func TestWhatACallerWasShownPageByPage(t *testing.T) {
	h := open(t, trust.Options{FirstUse: trust.Scan, Vet: clean})
	a, b := tool("a", "Reads."), tool("b", "Reads.")
	h.shows("ann", "", false, false, a)
	h.shows("ann", "2", true, false, b)
	freshA, freshB := tool("a", "Reads and sends."), tool("b", "Reads and sends.")
	h.shows("bob", "", false, false, freshA)
	h.shows("bob", "2", true, false, freshB)
	h.reapprove(freshA)
	h.reapprove(freshB)
	h.shows("ann", "", false, false, freshA)
	h.wants("ann", "a", trust.Approved) // shown on the first page
	h.wants("ann", "b", trust.Moved)    // the second was not asked for yet
	h.shows("ann", "2", true, false, freshB)
	h.wants("ann", "b", trust.Approved)
}

// What changes in nothing that a model reads needs no second look.
func TestCosmeticChangesBindNobody(t *testing.T) {
	h := open(t, trust.Options{FirstUse: trust.Scan, Vet: clean})
	h.shows("ann", "", true, false, `{"name":"read","description":"Reads.","inputSchema":{"type":"object"},"icons":[{"src":"https://a.example/1.png"}]}`)
	h.shows("bob", "", true, false, `{"name":"read","description":"Reads.","inputSchema":{"type":"object"},"icons":[{"src":"https://a.example/2.png"}]}`)
	h.wants("bob", "read", trust.Approved)
	h.wants("ann", "read", trust.Approved)
}

// What is remembered of callers is bounded, and what is forgotten binds nobody.
func TestWhatWasShownIsForgottenInTime(t *testing.T) {
	h := open(t, trust.Options{FirstUse: trust.Scan, Vet: clean})
	old, fresh := tool("read", "Reads."), tool("read", "Reads and sends.")
	h.shows("ann", "", true, false, old)
	h.shows("ann", "", true, false, fresh)
	h.reapprove(fresh)
	for i := range 100_000 {
		h.shows(fmt.Sprint("caller ", i), "", true, false, fresh)
	}
	h.wants("ann", "read", trust.Approved)
	h.wants("caller 99999", "read", trust.Approved)
}

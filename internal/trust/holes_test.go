package trust_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust"
)

// A server that has holes is stopped whole, once; who approves it accepts those holes, until
// others are known; and all of it is in the log.
func TestCondemn(t *testing.T) {
	h := open(t, trust.Options{FirstUse: trust.Scan, Vet: clean})
	a, b := tool("read_a", "Reads a."), tool("read_b", "Reads b.")
	h.list(a, b)
	condemn := func(want int, ids ...string) {
		t.Helper()
		if n, err := h.Condemn(t.Context(), server, ids, "holes "+strings.Join(ids, " ")); err != nil || n != want {
			t.Fatalf("%v: %d stopped, want %d: %v", ids, n, want, err)
		}
	}
	condemn(0)
	if h.state("read_a") != trust.Approved {
		t.Fatal("stopped for nothing")
	}
	condemn(2, "X-2", "X-1", "X-2")
	condemn(0, "X-1", "X-2") // it waits for these already
	if h.state("read_a") != trust.Quarantined || h.state("read_b") != trust.Quarantined {
		t.Fatal("it can be called")
	}
	if got := h.list(a, b); got["read_a"] == "" || got["read_b"] == "" {
		t.Fatal("it is listed", got)
	}
	i := h.Items(server)[0]
	if i.By != "advisories" || !slices.Equal(i.Holes, []string{"X-1", "X-2"}) || len(i.Known) != 0 {
		t.Fatalf("%+v", i)
	}
	h.reopen()
	unseen := trust.Decision{Target: i.Target, State: trust.Approved, Digest: i.Seen, By: "ann", Holes: []string{"X-1"}}
	if err := h.Decide(t.Context(), unseen); !errors.Is(err, trust.ErrHoled) {
		t.Fatal("X-2 is accepted by who has not seen it", err)
	}
	if err := h.approve(a); err != nil {
		t.Fatal(err)
	}
	condemn(0, "X-1") // accepted, of the server
	if h.state("read_a") != trust.Approved || h.state("read_b") != trust.Quarantined {
		t.Fatal("an approval is of what was looked at, and of no more")
	}
	if got := h.Unaccepted(server, []string{"X-1", "X-3"}); !slices.Equal(got, []string{"X-3"}) {
		t.Fatal(got)
	}
	h.reopen()
	condemn(2, "X-1", "X-3")
	if i := h.Items(server)[0]; !slices.Equal(i.Holes, []string{"X-3"}) || !slices.Equal(i.Known, []string{"X-1", "X-2"}) {
		t.Fatalf("%+v", i)
	}
	if err := h.Decide(t.Context(), trust.Decision{Target: target("read_b"), State: trust.Retired, By: "ann"}); err != nil {
		t.Fatal(err)
	}
	if err := h.approve(a); err != nil {
		t.Fatal(err)
	}
	condemn(1, "X-4") // not what is retired
	if err := h.approve(a); err != nil {
		t.Fatal(err)
	}
	h.list(tool("read_a", "Reads a, and sends it away."))
	condemn(1, "X-5")
	if why := h.Items(server)[0].Why; !strings.Contains(why, "it changed after it was approved") || !strings.Contains(why, "X-5") {
		t.Error("one reason hides the other", why)
	}
}

// What the vet found at first sight is accepted by who approves it all the same.
func TestHolesAtFirstSight(t *testing.T) {
	h := open(t, trust.Options{FirstUse: trust.Scan, Vet: func(context.Context, trust.Seen) trust.Verdict {
		return trust.Verdict{Why: "X-1", Holes: []string{"X-1"}}
	}})
	a := tool("read_a", "Reads a.")
	h.list(a)
	if n, err := h.Condemn(t.Context(), server, []string{"X-1"}, "X-1"); n != 0 || err != nil {
		t.Fatal("it waits for that already", n, err)
	}
	if err := h.approve(a); err != nil {
		t.Fatal(err)
	}
	if got := h.Unaccepted(server, []string{"X-1"}); len(got) != 0 {
		t.Fatal(got)
	}
}

// However many holes there are, an entry of the log stays small, and they are not stopped
// for twice.
func TestManyHoles(t *testing.T) {
	h := open(t, trust.Options{FirstUse: trust.Scan, Vet: clean})
	a := tool("read_a", "Reads a.")
	h.list(a)
	var ids []string
	for i := range 5000 {
		ids = append(ids, fmt.Sprintf("GHSA-%04d-%s", i, strings.Repeat("x", 200)))
	}
	for want := 1; want >= 0; want-- {
		if n, err := h.Condemn(t.Context(), server, ids, "many"); n != want || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := h.approve(a); err != nil {
		t.Fatal(err)
	}
	if n, err := h.Condemn(t.Context(), server, append(ids, "ZZZ"), "one more"); n != 1 || err != nil {
		t.Fatal("one more is not noticed", n, err)
	}
	if err := h.Export(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
}

package trust_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
)

func TestDocuments(t *testing.T) {
	h := open(t, trust.Options{})
	file := func(d trust.Document, content string) error {
		_, err := h.File(t.Context(), d, []byte(content))
		return err
	}
	owner := trust.Document{Sort: trust.Dossier, Server: server, By: "ann", Why: "first"}
	for name, bad := range map[string]error{
		"by nobody":       file(trust.Document{Sort: trust.Dossier, Server: server}, "{}"),
		"of no sort":      file(trust.Document{Sort: "note", Server: server, By: "ann"}, "{}"),
		"that is nothing": file(owner, ""),
		"too large":       file(owner, strings.Repeat("x", 16<<20+1)),
	} {
		if bad == nil {
			t.Error("a document was filed", name)
		}
	}
	for _, content := range []string{`{"owner":"a"}`, `{"owner":"b"}`} {
		if err := file(owner, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := file(trust.Document{Sort: trust.Dossier, Server: "mail", Name: "send", By: "bob"}, `{}`); err != nil {
		t.Fatal(err)
	}
	h.reopen()
	d, ok := h.Document(trust.Dossier, server, "")
	content, err := h.Content(t.Context(), d)
	if !ok || err != nil || string(content) != `{"owner":"b"}` || d.By != "ann" || d.Why != "first" || d.At.IsZero() {
		t.Fatalf("%+v %s %v", d, content, err)
	}
	if all, one := h.Documents(trust.Dossier, ""), h.Documents(trust.Dossier, "mail"); len(all) != 2 || len(one) != 1 || one[0].Name != "send" {
		t.Fatal(all, one)
	}
	d.Digest[0]++
	if _, err := h.Content(t.Context(), d); err == nil {
		t.Fatal("what is not there was read")
	}
}

// clock is a time that the test sets.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func TestCampaigns(t *testing.T) {
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	h := open(t, trust.Options{FirstUse: trust.Scan, Vet: clean, Now: c.Now})
	raw := tool("read", "Reads.")
	h.list(raw)
	day := func(n int) { c.now = time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC); h.list(raw) }
	campaign := trust.Campaign{Name: "q1", Until: c.now.AddDate(0, 0, 10), By: "ann"}
	if h.OpenCampaign(t.Context(), trust.Campaign{Name: "late", By: "ann", Until: c.now}, []mantlet.ServerID{server}) == nil ||
		h.OpenCampaign(t.Context(), campaign, nil) == nil {
		t.Fatal("a campaign that is over, or of nothing, was opened")
	}
	day(1)
	if err := h.OpenCampaign(t.Context(), campaign, []mantlet.ServerID{server, "mail"}); err != nil {
		t.Fatal(err)
	}
	day(9)
	h.wants("ann", "read", trust.Approved)
	day(11)
	h.wants("ann", "read", trust.InReview)
	h.reopen()
	day(11)
	h.wants("ann", "read", trust.InReview)
	h.reapprove(raw)
	h.wants("ann", "read", trust.Approved)
	if i := h.Items(server)[0]; !i.Ends.IsZero() || len(h.Campaigns()) != 2 {
		t.Fatal(i, h.Campaigns())
	}
}

// On probation nothing changes unseen, not even an icon.
func TestProbation(t *testing.T) {
	icon := func(n string) string {
		return `{"name":"read","description":"Reads.","inputSchema":{"type":"object"},"icons":[{"src":"https://a.example/` + n + `.png"}]}`
	}
	for _, tt := range []struct {
		days int
		want trust.State
	}{{1, trust.Quarantined}, {15, trust.Approved}} {
		c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		h := open(t, trust.Options{FirstUse: trust.Scan, Vet: clean, Now: c.Now, Trial: 14 * 24 * time.Hour})
		h.list(icon("1"))
		if !h.Items(server)[0].Trial {
			t.Fatal("it is not on probation")
		}
		c.now = c.now.AddDate(0, 0, tt.days)
		h.list(icon("2"))
		h.wants("ann", "read", tt.want)
	}
}

// Where a release is asked for, neither the scan nor one person approves.
func TestNobodyAloneReleases(t *testing.T) {
	h := open(t, trust.Options{FirstUse: trust.Release, Vet: clean})
	raw := tool("read", "Reads.")
	h.list(raw)
	h.wants("ann", "read", trust.InReview)
	d, _ := definition.Parse(mantlet.KindTool, []byte(raw))
	decision := trust.Decision{Target: target("read"), State: trust.Approved, Digest: d.Digest(), By: "ann"}
	if err := h.Decide(t.Context(), decision); !errors.Is(err, trust.ErrAlone) {
		t.Fatal(err)
	}
	decision.Release = true
	if err := h.Decide(t.Context(), decision); err != nil {
		t.Fatal(err)
	}
	h.wants("ann", "read", trust.Approved)
	if err := h.Decide(t.Context(), trust.Decision{Target: target("read"), State: trust.Quarantined, By: "ann", Reject: true, Why: "no purpose"}); err != nil {
		t.Fatal("one person cannot stop", err)
	}
	h.wants("ann", "read", trust.Quarantined)
}

package dlp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

func TestCustom(t *testing.T) {
	c, err := dlp.NewCustom(
		dlp.Dictionary{Name: "projects", Severity: finding.High, Words: []string{"Blue Heron", "ÄPFEL-Projekt", "x-9000"}},
		dlp.Dictionary{Name: "marks", Severity: finding.Medium, Words: []string{"company confidential"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ name, text, want string }{
		{"nothing", "a heron that is blue", ""},
		{"any case", "BLUE heron, and Company Confidential", "custom/projects BLUE heron; custom/marks Company Confidential"},
		{"letters of no ASCII", "das äpfel-projekt", "custom/projects äpfel-projekt"},
		{"part of a word", "blue herons, ax-9000, x-90001", ""},
		{"at both ends", "x-9000 X-9000", "custom/projects x-9000; custom/projects X-9000"},
	} {
		t.Run(x.name, func(t *testing.T) {
			var got []string
			for _, h := range c.Find(nil, []byte(x.text)) {
				got = append(got, h.Rule+" "+x.text[h.Start:h.End])
			}
			if s := strings.Join(got, "; "); s != x.want {
				t.Errorf("%s, want %s", s, x.want)
			}
		})
	}
}

func TestCustomRefuses(t *testing.T) {
	var many []string
	for i := range 100_000 {
		many = append(many, fmt.Sprintf("word number %d of many", i))
	}
	for name, d := range map[string]dlp.Dictionary{
		"no name": {Severity: finding.Low, Words: []string{"abc"}}, "no severity": {Name: "x", Words: []string{"abc"}},
		"a short word": {Name: "x", Severity: finding.Low, Words: []string{"ab"}}, "too many": {Name: "x", Severity: finding.Low, Words: many},
	} {
		if _, err := dlp.NewCustom(d); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	if _, err := dlp.NewCustom(dlp.Dictionary{Name: "x", Severity: finding.Low, Words: many[:5000]}); err != nil {
		t.Errorf("five thousand words are refused: %v", err)
	}
	c, err := dlp.NewCustom()
	if err != nil || c.Find(nil, []byte("anything")) != nil {
		t.Errorf("no dictionary: %v", err)
	}
}

func BenchmarkCustom(b *testing.B) {
	var words []string
	for i := range 5000 {
		words = append(words, fmt.Sprintf("Project %d of %d", i, i*7))
	}
	c, err := dlp.NewCustom(dlp.Dictionary{Name: "x", Severity: finding.Low, Words: words})
	if err != nil {
		b.Fatal(err)
	}
	text := of("clean/prose", 10<<10)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		c.Find(nil, text)
	}
}

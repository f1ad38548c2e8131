package rule

import "testing"

// example is a definition in which text stands where r looks, beside another server's tool.
func example(r Rule, text string) Definition {
	d := describe(text)
	d.Others = []string{"lookup_order"}
	if len(r.parts) > 0 {
		d.Texts[0].Part = r.parts[0]
	}
	return d
}

func describe(text string) Definition {
	return Definition{Server: "s", Kind: "tool", Name: "add_numbers", Texts: []Text{{Field: "description", Value: text}}}
}

// Each rule finds its true examples, and none of its false ones is held back by it.
func TestExamples(t *testing.T) {
	e := New()
	for _, r := range Rules() {
		for _, text := range r.True {
			if f, ok := by(e.Scan(example(r, text)), r.ID); !ok {
				t.Errorf("%s does not find %q", r.ID, text)
			} else if f.Words == "" || f.Excerpt == "" {
				t.Errorf("%s says %+v", r.ID, f)
			}
		}
		for _, text := range r.False {
			if f, ok := by(e.Scan(example(r, text)), r.ID); ok && f.Severity >= min(High, r.Severity) {
				t.Errorf("%s finds %q in %q", r.ID, f.Excerpt, text)
			}
		}
	}
}

func by(found []Finding, id string) (Finding, bool) {
	for _, f := range found {
		if f.Rule == id {
			return f, true
		}
	}
	return Finding{}, false
}

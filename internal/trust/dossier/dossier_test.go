package dossier

import (
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
)

const full = `
owner: payments@example.com
dataClass: internal
labels: [b, a]
effects: [send]
manifest:
  purpose: Sends receipts.
  permissions: The mail server's.
  dataHandling: Keeps nothing.
  interaction: None.
  security: Reviewed.
package: {ecosystem: npm, name: receipts, version: 1.2.3}
`

func TestRead(t *testing.T) {
	d, err := Read([]byte(full))
	if err != nil || len(d.Complete()) != 0 || d.Class() != effect.Internal || d.Package.Name != "receipts" {
		t.Fatalf("%+v %v", d, err)
	}
	again, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Read(again); err != nil || back.Owner != d.Owner || !slices.Equal(back.Labels, d.Labels) {
		t.Fatalf("%+v %v", back, err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no owner":          "dataClass: public",
		"no class":          "owner: a",
		"a class":           "owner: a\ndataClass: secret",
		"an effect":         "owner: a\ndataClass: public\neffects: [fly]",
		"an unknown member": "owner: a\ndataClass: public\nowners: b",
		"a member twice":    "owner: a\ndataClass: public\nowner: b",
		"a long text":       "owner: a\ndataClass: public\nversion: " + strings.Repeat("x", MaxText+1),
		"many labels":       "owner: a\ndataClass: public\nlabels: [" + strings.Repeat("x,", MaxLabels+1) + "]",
		"an ecosystem":      "owner: a\ndataClass: public\npackage: {ecosystem: ftp, name: a, version: '1'}",
		"no version":        "owner: a\ndataClass: public\npackage: {ecosystem: npm, name: a}",
		"too much":          "owner: a # " + strings.Repeat("x", MaxBytes),
		"nothing":           "",
		"two of them":       "owner: a\ndataClass: public\n---\nowner: b\ndataClass: public",
	} {
		if d, err := Read([]byte(text)); err == nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// What is declared adds to what was inferred, and takes nothing away.
func TestDeclaredAdds(t *testing.T) {
	d, _ := Read([]byte(full))
	inferred := effect.Effects{Inferred: effect.Delete}
	if e := d.Add(inferred); !e.All().Has(effect.Delete|effect.Send) || !e.Changes() {
		t.Fatal(e)
	}
	var none Dossier
	if none.Add(inferred).All() != inferred.All() || none.Class() != effect.Unclassified {
		t.Fatal("a dossier that says nothing changed something")
	}
}

func TestAToolsDossierMayBeShort(t *testing.T) {
	server, _ := Read([]byte(full))
	short, err := ReadTool([]byte("dataClass: restricted\nlabels: [c]"))
	if err != nil {
		t.Fatal(err)
	}
	d := short.Or(server)
	if d.DataClass != "restricted" || d.Owner != server.Owner || !slices.Equal(d.Labels, []string{"a", "b", "c"}) || d.Package != server.Package {
		t.Fatalf("%+v", d)
	}
	if missing := short.Complete(); len(missing) != 5 {
		t.Fatal(missing)
	}
}

package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
)

// What --follow prints is what came, once, and no more.
func TestPrintNew(t *testing.T) {
	dir := t.TempDir()
	l, err := audit.Open(audit.Options{Dir: dir, Key: bytes.Repeat([]byte{7}, 32), RotateSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, tail, err := audit.Last(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	o := &options{output: "text"}
	for _, id := range []string{"one", "two"} {
		if _, err := l.Begin(t.Context(), audit.Intent{Exchange: id, Principal: mantlet.Principal{Subject: "ann"}, Method: "tools/list"}); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"  begin ", ""} {
			var out bytes.Buffer
			if err := o.printNew(&out, tail); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); strings.Count(got, "\n") != 1-i || !strings.Contains(got, want) || (i == 0) != strings.Contains(got, id) {
				t.Errorf("%q", got)
			}
		}
	}
}

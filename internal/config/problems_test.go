package config

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the expected problems anew; read the difference")

// Every problem as a person meets it: a file, and all that is said of it.
func TestProblems(t *testing.T) {
	t.Setenv("MANTLET_STATE", "/state")
	const path = "testdata/problems.txtar"
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(a.Files); i += 2 {
		in, want := a.Files[i], &a.Files[i+1]
		name, isFile := strings.CutSuffix(in.Name, ".yaml")
		if !isFile || want.Name != name+".problems" {
			t.Fatalf("%s and %s are no pair", in.Name, want.Name)
		}
		t.Run(name, func(t *testing.T) {
			got := "" // no problem
			if _, err := Parse("/etc/mantlet", in.Data); err != nil {
				if _, ok := errors.AsType[Problems](err); !ok {
					t.Fatalf("%T is not Problems", err)
				}
				got = err.Error() + "\n"
			}
			if *update {
				want.Data = []byte(got)
			} else if got != string(want.Data) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want.Data)
			}
			if strings.Contains(got, "hunter2") {
				t.Errorf("a secret is repeated:\n%s", got)
			}
		})
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil { //nolint:gosec // a test's table
			t.Fatal(err)
		}
	}
}

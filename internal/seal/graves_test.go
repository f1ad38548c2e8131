package seal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What was ended stays ended after a start, for as long as it could open.
func TestGravesOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "graves")
	start := func() *Ring {
		t.Helper()
		r := ring(t)
		if err := r.Remember(path); err != nil {
			t.Fatal(err)
		}
		return r
	}
	opens := func(r *Ring, s string) bool {
		_, err := r.Open(Session, ann, "files", s, time.Now())
		return err == nil
	}
	first := start()
	h := handle("x")
	h.Expires = time.Now().Add(time.Hour)
	ended, _ := first.Seal(Session, h)
	alive, _ := first.Seal(Session, h)
	if err := errors.Join(first.Bury(ended, h.Expires), first.Bury("over", time.Now().Add(-time.Minute))); err != nil {
		t.Fatal(err)
	}
	if ring := ring(t); !opens(ring, ended) {
		t.Fatal("a ring that remembers nothing does not open it either")
	}
	// A line that a kill tore was answered for to nobody, and spoils none that follows.
	f, _ := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	_, err := f.WriteString("0123")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	second := start()
	if opens(second, ended) || !opens(second, alive) {
		t.Error("after a start")
	}
	if err := second.Bury(alive, h.Expires); err != nil {
		t.Fatal(err)
	}
	if third := start(); opens(third, ended) || opens(third, alive) {
		t.Error("after another")
	}
	text, _ := os.ReadFile(path)
	if info, _ := os.Stat(path); strings.Count(string(text), "\n") != 2 || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v:\n%s", info.Mode(), text)
	}
}

// What cannot be written down is not ended, and a file that cannot be read is not taken
// for an empty one.
func TestGravesThatCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	r := ring(t)
	if err := r.Remember(filepath.Join(dir, "sub", "graves")); err == nil {
		t.Error("no directory")
	}
	path := filepath.Join(dir, "graves")
	for _, text := range []string{"nonsense\n", "00 5\n", strings.Repeat("0", 64) + " soon\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := ring(t).Remember(path); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if err := errors.Join(os.Remove(path), r.Remember(path), os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := r.Bury("x", time.Now().Add(time.Hour)); err == nil {
		t.Error("an end that a start would undo was promised")
	}
}

package audit

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Two writers of one chain would break it.
func TestASecondWriterDoesNotOpen(t *testing.T) {
	dir := t.TempDir()
	first := openLog(t, Options{Dir: dir})
	if second, err := Open(Options{Dir: dir, Key: key}); err == nil {
		_ = second.Close()
		t.Fatal("a second one opened the same record")
	}
	end(t, begin(t, first, "x"), Allowed)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	end(t, begin(t, openLog(t, Options{Dir: dir}), "y"), Allowed)
	if r := verify(t, dir); r.Broken != "" || r.Ended["allowed"] != 2 {
		t.Errorf("%+v", r)
	}
}

func keeping(t *testing.T, dir string) *Log {
	t.Helper()
	return openLog(t, Options{Dir: dir, Bodies: &Bodies{Key: [32]byte{1}, Retention: time.Hour}})
}

func bodies(t *testing.T, dir, exchange string) (n int) {
	t.Helper()
	for _, err := range ReadBodies(dir, [32]byte{1}, exchange) {
		if err == nil { // half a line is told, and does not count
			n++
		}
	}
	return n
}

// Who asked for bodies to be kept gets no call without them; what was kept before and
// after can be read.
func TestBodiesThatCannotBeWritten(t *testing.T) {
	l := keeping(t, t.TempDir())
	under := begin(t, l, "before")
	whole, _ := l.bodies.out.(*os.File)
	d := &disk{File: whole, fail: errors.New("I/O error")}
	l.bodies.out = d
	if _, err := l.Begin(context.Background(), intent("during")); !errors.Is(err, d.fail) {
		t.Errorf("a call began: %v", err)
	}
	if err := under.End(context.Background(), Outcome{Verdict: Allowed, Reply: Text{Message: []byte("{}")}}); !errors.Is(err, d.fail) {
		t.Errorf("a reply was let go: %v", err)
	}
	d.fail = nil
	end(t, begin(t, l, "after"), Allowed)
	if n := bodies(t, l.Dir, "before") + 10*bodies(t, l.Dir, "during") + 100*bodies(t, l.Dir, "after"); n != 201 {
		t.Errorf("bodies of before, during and after: %d; want 1, 0 and 2", n)
	}
}

// Half a body, of a process that died while it wrote, does not hide those that come
// after it.
func TestATornBodyHidesNoOther(t *testing.T) {
	dir := t.TempDir()
	l := keeping(t, dir)
	end(t, begin(t, l, "before"), Allowed)
	path := filepath.Join(dir, "bodies-"+l.bodies.day+".jsonl")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err == nil {
		_, err = f.Write(append([]byte(`{"exchange":"torn","sealed":"`), bytes.Repeat([]byte("x"), 200<<10)...))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	end(t, begin(t, keeping(t, dir), "after"), Allowed)
	if n := bodies(t, dir, "before") + 10*bodies(t, dir, "after"); n != 22 {
		t.Errorf("bodies of before and after: %d; want 2 and 2", n)
	}
}

// Refusals that cannot be written are counted, and no call waits for them.
func TestRefusalsThatCannotBeWritten(t *testing.T) {
	l := openLog(t, Options{})
	if err := l.refused.out.Close(); err != nil {
		t.Fatal(err)
	}
	l.Refused(context.Background(), Refusal{Source: "a", Kind: "unidentified"})
	if n := l.RefusedTotal(); n != 1 {
		t.Errorf("%d were counted", n)
	}
	end(t, begin(t, l, "x"), Allowed)
	_ = l.Close() // tries to write them; that the file is closed already is what this is about
	if r := verify(t, l.Dir); r.Broken != "" || r.Ended["allowed"] != 1 {
		t.Errorf("%+v", r)
	}
}

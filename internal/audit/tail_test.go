package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func ids(all []Entry) (out []string) {
	for _, e := range all {
		out = append(out, e.Get("exchange"))
	}
	return out
}

func fresh(t *testing.T, tail *Tail) (out []Entry) {
	t.Helper()
	for e, err := range tail.New() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// However many are asked for, over however many files, they are the last of Entries.
func TestLastIsTheEndOfEntries(t *testing.T) {
	for _, rotate := range []int64{1, 5 << 10, 64 << 20} {
		l := openLog(t, Options{RotateSize: rotate})
		for i := range 150 { // more than one chunk
			in := intent(fmt.Sprint("x", i))
			in.Target.Name = fmt.Sprintf("%0*d", i*7, 0)
			if _, err := l.Begin(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		}
		var all []Entry
		for e, err := range Entries(l.Dir) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e)
		}
		for _, n := range []int{-1, 0, 1, 2, 20, 149, 150, 151, 10000} {
			last, tail, err := Last(l.Dir, n)
			if err != nil {
				t.Fatal(err)
			}
			if want := ids(all[max(len(all)-max(n, 0), 0):]); !slices.Equal(ids(last), want) {
				t.Errorf("rotated at %d, last %d: %d entries %v", rotate, n, len(last), ids(last))
			}
			for i, e := range last {
				if string(e.Raw()) != string(all[len(all)-len(last)+i].Raw()) {
					t.Errorf("entry %d differs", i)
				}
			}
			if more := fresh(t, tail); len(more) != 0 {
				t.Errorf("rotated at %d, last %d: %d more", rotate, n, len(more))
			}
		}
	}
}

// A tail yields each entry once, over rotations, and from an empty record on.
func TestATailFollowsOverRotations(t *testing.T) {
	for _, rotate := range []int64{1, 1500, 64 << 20} {
		dir := t.TempDir()
		_, tail, err := Last(dir, 5)
		if err != nil {
			t.Fatal(err)
		}
		l := openLog(t, Options{Dir: dir, RotateSize: rotate})
		var got, want []string
		for i := range 40 {
			begin(t, l, fmt.Sprint("x", i))
			want = append(want, fmt.Sprint("x", i))
			if i%7 == 0 {
				got = append(got, ids(fresh(t, tail))...)
			}
		}
		got = append(got, ids(fresh(t, tail))...)
		if !slices.Equal(got, want) {
			t.Errorf("rotated at %d: %v", rotate, got)
		}
	}
}

// What is half written is not there yet, and comes once when it is whole; what was
// taken back and written anew is read anew.
func TestALineThatIsBeingWritten(t *testing.T) {
	l := openLog(t, Options{})
	begin(t, l, "x0")
	path := filepath.Join(l.Dir, "audit-0000000001.jsonl")
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	grow := func(b []byte) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(b); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	grow(first[:100])
	last, tail, err := Last(l.Dir, 5)
	if err != nil || len(last) != 1 {
		t.Fatalf("%d entries, %v", len(last), err)
	}
	if n := len(fresh(t, tail)); n != 0 {
		t.Errorf("%d entries of half a line", n)
	}
	grow(first[100:])
	if n := len(fresh(t, tail)); n != 1 {
		t.Errorf("%d entries of a whole line", n)
	}
	if err := os.Truncate(path, int64(len(first))); err != nil {
		t.Fatal(err)
	}
	if n := len(fresh(t, tail)); n != 0 {
		t.Errorf("%d entries of nothing", n)
	}
	grow(first)
	if n := len(fresh(t, tail)); n != 1 {
		t.Errorf("%d entries after a write that was taken back", n)
	}
}

// A line that cannot be read is told, by both.
func TestATailTellsOfABrokenLine(t *testing.T) {
	l := openLog(t, Options{})
	_, tail, err := Last(l.Dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.Dir, "audit-0000000001.jsonl"), []byte("no record\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Last(l.Dir, 1); err == nil {
		t.Error("a broken line was passed over")
	}
	n := 0
	for _, err := range tail.New() {
		if err != nil {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d errors", n)
	}
}

// What the last entries cost does not grow with the record.
func BenchmarkLast(b *testing.B) {
	for _, size := range []int{100, 10000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			l := openLog(b, Options{})
			for i := range size {
				begin(b, l, fmt.Sprint("x", i))
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Last(l.Dir, 20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

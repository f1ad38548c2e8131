package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
)

// chunk is what is read at once, from the end backwards.
const chunk = 64 << 10

// A Tail stands at a place in a record and reads on from there, over rotations. It
// is one reader's own. Its entries have no Line: what came before was not read.
type Tail struct {
	dir  string
	file string // "" before the first
	at   int64  // behind the last complete line that was read
}

// Last returns the newest n entries of the record in dir, oldest first, and a Tail
// that stands behind them. It reads from the end: what it costs grows with n, not
// with the record. A last line that is still being written is not there yet.
func Last(dir string, n int) ([]Entry, *Tail, error) {
	all, err := files(dir)
	if err != nil {
		return nil, nil, err
	}
	t := &Tail{dir: dir}
	var last []Entry
	for i, path := range slices.Backward(all) {
		lines, end, err := lastLines(path, n-len(last))
		if err != nil {
			return nil, nil, err
		}
		if i == len(all)-1 {
			t.file, t.at = path, end
		}
		for _, line := range slices.Backward(lines) {
			e, err := parse(line)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w; run `mantlet audit verify`", path, err)
			}
			e.File = path
			last = append(last, e)
		}
		if len(last) >= n {
			break
		}
	}
	slices.Reverse(last)
	return last, t, nil
}

// lastLines returns up to n complete lines from the end of a file, in its order, and
// where the last one ends.
func lastLines(path string, n int) (lines [][]byte, end int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	var tail []byte // what stands in the file from start on
	start := info.Size()
	for start > 0 && bytes.Count(tail, []byte{'\n'}) <= max(n, 0) {
		size := min(start, max(chunk, int64(len(tail)))) // doubling, so that each byte is copied a few times at most
		start -= size
		more := make([]byte, size, int(size)+len(tail))
		if _, err := f.ReadAt(more, start); err != nil {
			return nil, 0, err
		}
		tail = append(more, tail...)
	}
	tail = tail[:bytes.LastIndexByte(tail, '\n')+1]
	end = start + int64(len(tail))
	lines = slices.Collect(bytes.Lines(tail))
	if start > 0 && len(lines) > 0 {
		lines = lines[1:] // it began before
	}
	return lines[max(len(lines)-max(n, 0), 0):], end, nil
}

// New yields what was written since the Tail was made or New last ended, oldest
// first. It stops before a line that is still being written. A line that cannot be
// read is yielded with an error, and reading goes on behind it.
func (t *Tail) New() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		all, err := files(t.dir) // before reading: the file before a new one is complete
		if err != nil {
			yield(Entry{}, err)
			return
		}
		for _, path := range all {
			if path < t.file {
				continue
			}
			if path > t.file {
				t.file, t.at = path, 0
			}
			if !t.rest(yield) {
				return
			}
		}
	}
}

// rest yields what follows in the Tail's file.
func (t *Tail) rest(yield func(Entry, error) bool) bool {
	f, err := os.Open(t.file)
	if errors.Is(err, fs.ErrNotExist) {
		return true // moved away since it was listed
	}
	if err != nil {
		return yield(Entry{File: t.file}, err)
	}
	defer f.Close() //nolint:errcheck // read only
	if info, err := f.Stat(); err == nil && info.Size() < t.at {
		t.at = info.Size() // a write that failed was taken back
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f, t.at, 1<<62), chunk)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return yield(Entry{File: t.file}, err)
		}
		t.at += int64(len(line))
		e, err := parse(line)
		e.File = t.file
		if !yield(e, err) {
			return false
		}
	}
}

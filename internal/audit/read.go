package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"
)

// An Entry is one line of the record as it is read back.
type Entry struct {
	Hash      string                       `json:"event_hash"`
	ID        string                       `json:"event_id"`
	Type      string                       `json:"event_type"`
	At        time.Time                    `json:"occurred_at"`
	Outcome   string                       `json:"outcome"`
	Previous  string                       `json:"previous_hash"`
	Principal string                       `json:"principal_id"`
	Tool      string                       `json:"tool_name"`
	More      map[string]map[string]string `json:"extensions"`

	File string `json:"-"`
	Line int    `json:"-"`
	raw  []byte
}

// Get is a member of our own extension; "" where there is none.
func (e Entry) Get(name string) string { return e.More[extension][name] }

// Raw is the line as it stands in the file.
func (e Entry) Raw() []byte { return e.raw }

var errLine = errors.New("the line is not a record")

func parse(line []byte) (Entry, error) {
	var e Entry
	if len(line) <= hashEnd || string(line[:hashStart]) != `{"event_hash":"` || line[len(line)-1] != '\n' {
		return e, errLine
	}
	d := json.NewDecoder(strings.NewReader(string(line)))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return e, fmt.Errorf("%w: %w", errLine, err)
	}
	e.raw = line
	return e, nil
}

// Entries yields the record in dir, oldest first. A line that cannot be read is
// yielded with its place and an error, and reading goes on.
func Entries(dir string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		all, err := files(dir)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		for _, path := range all {
			if !entriesOf(path, yield) {
				return
			}
		}
	}
}

func entriesOf(path string, yield func(Entry, error) bool) bool {
	f, err := os.Open(path)
	if err != nil {
		return yield(Entry{File: path}, err)
	}
	defer f.Close() //nolint:errcheck // read only
	r := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return true
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return yield(Entry{File: path, Line: n}, err) // what follows cannot be had either
		}
		e, err := parse(line)
		e.File, e.Line = path, n
		if !yield(e, err) {
			return false
		}
	}
}

// A Query says which entries are wanted. Zero fields want all.
type Query struct {
	Exchange, Principal, Server, Tool, Method, Outcome string
	Digest                                             string // of arguments, a reply or a message: see Digest
	Since, Until                                       time.Time
}

// Match reports whether e is wanted. An exchange's parts match with it.
func (q Query) Match(e Entry) bool {
	want := func(want, got string) bool { return want == "" || want == got }
	exchange := e.Get("exchange")
	return (q.Exchange == "" || exchange == q.Exchange || strings.HasPrefix(exchange, q.Exchange+".")) &&
		want(q.Principal, e.Principal) && want(q.Server, e.Get("server")) && want(q.Tool, e.Tool) &&
		want(q.Method, e.Get("method")) && want(q.Outcome, e.Outcome) && q.digested(e) &&
		(q.Since.IsZero() || !e.At.Before(q.Since)) && (q.Until.IsZero() || e.At.Before(q.Until))
}

func (q Query) digested(e Entry) bool {
	if q.Digest == "" {
		return true
	}
	for _, name := range []string{"arguments_digest", "reply_digest", "digest"} {
		if e.Get(name) == q.Digest {
			return true
		}
	}
	return false
}

// Package strict reads JSON that others wrote, once, from front to back, without keeping
// what nobody asked for.
//
// The question: what do these bytes say, if they say one thing only? The threats: two
// readers that see two documents (a name that stands twice, in another case, invalid
// UTF-8), and documents that cost more than they are worth (depth, length). The first
// error stops everything and stays: who reads looks at Err once, at the end.
package strict

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet"
)

// maxDepth is deeper than any honest SBOM, advisory or server.json.
const maxDepth = 64

// A Reader stands before one value. Names count as they are written: no other case is
// taken for them. null reads as what is not there.
type Reader struct {
	d   *jsontext.Decoder
	err error
}

// New reads from r, which its caller bounds.
func New(r io.Reader) *Reader { return &Reader{d: jsontext.NewDecoder(r)} }

// Reset makes r begin again on other input, with the memory that it has.
func (r *Reader) Reset(in io.Reader) { r.d.Reset(in); r.err = nil }

// Err is the first thing that was wrong.
func (r *Reader) Err() error { return r.err }

// Fail notes err, unless something was wrong before.
func (r *Reader) Fail(err error) {
	if r.err == nil && err != nil {
		r.err = err
	}
}

// Object calls member before each value of an object, which member must read or Skip.
func (r *Reader) Object(member func(name string)) {
	if !r.open('{') {
		return
	}
	for r.err == nil && r.d.PeekKind() != '}' {
		name := r.token().String()
		if r.err == nil {
			member(name)
		}
	}
	r.token()
}

// Array calls element before each value of an array, which element must read or Skip.
func (r *Reader) Array(element func()) {
	if !r.open('[') {
		return
	}
	for r.err == nil && r.d.PeekKind() != ']' {
		element()
	}
	r.token()
}

// Text reads a string.
func (r *Reader) Text() string {
	if !r.want('"') {
		return ""
	}
	return r.token().String()
}

// Texts reads an array of at most limit strings.
func (r *Reader) Texts(limit int) (out []string) {
	r.Array(func() {
		if out = append(out, r.Text()); len(out) > limit {
			r.Fail(fmt.Errorf("a list of more than %d texts", limit))
		}
	})
	return out
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	if k := r.Kind(); k != 't' && k != 'f' {
		r.want('t')
		return false
	}
	return r.token().Kind() == 't'
}

// Int reads a whole number.
func (r *Reader) Int() int {
	if !r.want('0') {
		return 0
	}
	n, err := strconv.Atoi(r.token().String())
	if err != nil {
		r.Fail(errors.New("a number that is not whole"))
	}
	return n
}

// Skip passes over one value, whatever it is.
func (r *Reader) Skip() {
	for depth := r.d.StackDepth(); r.err == nil; {
		r.token()
		if r.d.StackDepth() <= depth {
			return
		}
	}
}

// Kind is that of the value to come: one of " { [ 0 t f n, 0 where there is none.
func (r *Reader) Kind() jsontext.Kind {
	if r.err != nil {
		return 0
	}
	return r.d.PeekKind()
}

// End fails where anything but space follows.
func (r *Reader) End() {
	if r.err != nil {
		return
	}
	if _, err := r.d.ReadToken(); !errors.Is(err, io.EOF) {
		r.Fail(errors.New("something follows the JSON value"))
	}
}

// More reports whether another value follows, as in lines of JSON.
func (r *Reader) More() bool {
	if r.err != nil {
		return false
	}
	if r.d.PeekKind() != 0 {
		return true
	}
	if _, err := r.d.ReadToken(); !errors.Is(err, io.EOF) {
		r.Fail(r.tell(err))
	}
	return false
}

// Raw reads one value as it stands; it lasts until the next call.
func (r *Reader) Raw() []byte {
	if r.err != nil {
		return nil
	}
	v, err := r.d.ReadValue()
	if err != nil {
		r.Fail(r.tell(err))
	}
	return v
}

func (r *Reader) open(k jsontext.Kind) bool {
	if !r.want(k) {
		return false
	}
	r.token()
	return r.err == nil
}

// want reports whether a value of kind k comes; null is passed over, anything else is wrong.
func (r *Reader) want(k jsontext.Kind) bool {
	switch got := r.Kind(); {
	case r.err != nil:
		return false
	case got == k:
		return true
	case got == 'n':
		r.token()
	case got == 0:
		r.token() // it knows why
		r.Fail(io.ErrUnexpectedEOF)
	default:
		r.Fail(fmt.Errorf("at %q stands something other than %s", mantlet.Escape(string(r.d.StackPointer())), words[k]))
	}
	return false
}

var words = map[jsontext.Kind]string{'{': "an object", '[': "a list", '"': "a text", '0': "a number", 't': "true or false"}

func (r *Reader) token() jsontext.Token {
	if r.err != nil {
		return jsontext.Token{}
	}
	t, err := r.d.ReadToken()
	if err != nil {
		r.Fail(r.tell(err))
		return jsontext.Token{}
	}
	if r.d.StackDepth() > maxDepth {
		r.Fail(fmt.Errorf("more than %d levels deep", maxDepth))
	}
	return t
}

// tell keeps the reason of err, which quotes what was read, fit for a terminal.
func (*Reader) tell(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("not readable as JSON (%s)", mantlet.Escape(err.Error()))
}

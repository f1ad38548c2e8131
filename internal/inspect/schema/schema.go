package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Options say how strictly values are judged. The zero value of a number is its default.
type Options struct {
	Open bool // a name that the schema does not know may pass: for results, which may grow

	Bytes  int // of a schema; 256 KiB
	Steps  int // evaluations of schemas for one value; 100,000
	String int // bytes of a string that the schema puts no limit on; 256 KiB
	Items  int // elements of an array that the schema puts no limit on; 10,000
}

func (o Options) filled() Options {
	for _, d := range []struct {
		of *int
		to int
	}{{&o.Bytes, 256 << 10}, {&o.Steps, 100_000}, {&o.String, 256 << 10}, {&o.Items, 10_000}} {
		if *d.of <= 0 {
			*d.of = d.to
		}
	}
	return o
}

// A Schema judges values. It is for many goroutines at once.
type Schema struct {
	raw []byte
	o   Options

	mu   sync.Mutex
	free []*judge // each is for one value at a time
}

// A judge is the schema compiled once, with the counter of its steps.
type judge struct {
	compiled *jsonschema.Schema
	shape    *shape
	steps    int // that are left
}

// Compile reads a schema. It is an error where it is too large or no schema, where it refers
// to anything outside of itself, or where it is so entangled that it cannot be laid out.
func Compile(raw []byte, o Options) (*Schema, error) {
	s := &Schema{raw: bytes.Clone(raw), o: o.filled()}
	if len(raw) > s.o.Bytes {
		return nil, fmt.Errorf("the schema has %d bytes, and %d are allowed", len(raw), s.o.Bytes)
	}
	j, err := s.judge()
	if err != nil {
		return nil, err
	}
	s.free = append(s.free, j)
	return s, nil
}

const here = "mantlet:///schema"

// denied loads nothing, whatever is asked for.
type denied struct{}

func (denied) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %q, and nothing outside of it is loaded", url)
}

func (s *Schema) judge() (j *judge, err error) {
	defer func() {
		if r := recover(); r != nil {
			j, err = nil, fmt.Errorf("the schema cannot be read: %v", r)
		}
	}()
	doc, err := decode(s.raw)
	if err != nil {
		return nil, fmt.Errorf("the schema is no JSON: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(denied{})
	c.AssertFormat()
	register(c)
	if err := c.AddResource(here, doc); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(here)
	if err != nil {
		return nil, fmt.Errorf("this is no schema to judge by: %w", err)
	}
	j = &judge{compiled: compiled}
	j.count(compiled, make(map[*jsonschema.Schema]bool))
	if j.shape, err = laidOut(compiled); err != nil {
		return nil, err
	}
	return j, nil
}

// decode keeps numbers as they were written.
func decode(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("something follows the value")
	}
	return v, nil
}

func (s *Schema) take() (*judge, error) {
	s.mu.Lock()
	n := len(s.free)
	if n == 0 {
		s.mu.Unlock()
		return s.judge()
	}
	defer s.mu.Unlock()
	j := s.free[n-1]
	s.free = s.free[:n-1]
	return j, nil
}

// maxFree is how many compiled forms of one schema are kept.
const maxFree = 16

func (s *Schema) give(j *judge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) < maxFree {
		s.free = append(s.free, j)
	}
}

// Check judges the JSON value doc. It returns nil, a *Refusal, or another error where it
// could not be judged, which is not a yes.
func (s *Schema) Check(doc []byte) error {
	v, err := decode(doc)
	if err != nil {
		return fmt.Errorf("the value is no JSON: %w", err)
	}
	w := walk{o: &s.o}
	j, err := s.take()
	if err != nil {
		return err
	}
	defer s.give(j)
	if w.value(v, j.shape, 0); len(w.found) > 0 { // first, since it bounds what follows
		return &Refusal{Issues: w.found}
	}
	return j.validate(v, s.o.Steps)
}

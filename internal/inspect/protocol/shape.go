package protocol

// A kind is a type of JSON, or a set of them.
type kind uint8

const (
	null kind = 1 << iota
	boolean
	number
	text
	array
	object
	integer // a number without a fraction

	anything = null | boolean | number | text | array | object
)

// A shape is what a value has to be. The zero shape is nothing at all.
type shape struct {
	kind   kind
	fields map[string]field  // of an object
	each   *shape            // of an array, and of an object's members that fields does not name
	among  []string          // what a text may be
	tag    string            // the member that says which of by an object is
	by     map[string]*shape // by the value of tag
	either []*shape          // the first of these whose kind the value has
}

// A field is a member of an object. must says that it is required, in the modern era (m), in the
// legacy one (l), or in both.
type field struct {
	of   *shape
	must era
}

type era uint8

const (
	legacy era = 1 << iota
	modern
	always = legacy | modern
)

var (
	str      = &shape{kind: text}
	num      = &shape{kind: number}
	whole    = &shape{kind: integer}
	yes      = &shape{kind: boolean}
	whatever = &shape{kind: anything}
	obj      = &shape{kind: object}
	id       = &shape{kind: text | integer}
	strings  = list(str)
)

func list(of *shape) *shape { return &shape{kind: array, each: of} }

func dict(of *shape) *shape { return &shape{kind: object, each: of} }

func among(values ...string) *shape { return &shape{kind: text, among: values} }

// a is an object of the members that the pairs name: "name" may be there, "name!" has to be,
// "name!l" in the legacy era alone, "name!m" in the modern one.
func a(pairs ...any) *shape {
	s := &shape{kind: object, fields: make(map[string]field, len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		name, must := pairs[i].(string), era(0) //nolint:forcetypeassert // the tables are this package's
		for suffix, e := range map[string]era{"!": always, "!l": legacy, "!m": modern} {
			if n := len(name) - len(suffix); n > 0 && name[n:] == suffix {
				name, must = name[:n], e
				break
			}
		}
		s.fields[name] = field{pairs[i+1].(*shape), must} //nolint:forcetypeassert // as above
	}
	return s
}

// with is s and more members.
func (s *shape) with(pairs ...any) *shape {
	more := a(pairs...)
	for name, f := range s.fields {
		if _, own := more.fields[name]; !own {
			more.fields[name] = f
		}
	}
	return more
}

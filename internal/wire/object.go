package wire

// An object is an object of a message that a view reads. The zero object has nothing.
// What is absent, and what has another type than the protocol gives it, reads as the
// zero value: a view says what could be read, and the schema says what had to be.
type object struct {
	m  *Message
	at Span
}

func (m *Message) params() object { return object{m, m.Params} }
func (m *Message) result() object { return object{m, m.Result} }

func (o object) span(name string) Span {
	one, _ := o.m.child(o.at, name)
	return one.value
}

func (o object) string(name string) string {
	s, _ := o.m.String(o.span(name))
	return s
}

func (o object) bool(name string) bool { return string(o.m.At(o.span(name))) == "true" }

func (o object) int(name string) int64 {
	n, _ := o.m.Int(o.span(name))
	return n
}

func (o object) object(name string) object { return object{o.m, o.span(name)} }

// each yields the objects of the array name.
func (o object) each(name string, yield func(object)) {
	for at := range o.m.Elements(o.span(name)) {
		yield(object{o.m, at})
	}
}

// strings are those of the array name.
func (o object) strings(name string) (out []string) {
	for at := range o.m.Elements(o.span(name)) {
		if s, ok := o.m.String(at); ok {
			out = append(out, s)
		}
	}
	return out
}

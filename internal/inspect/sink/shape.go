package sink

// A shape is which bytes stand in a text: what no rule needs to look at costs one look-up a byte.
type shape uint32

const (
	semicolon shape = 1 << iota
	pipe
	ampersand
	dollar
	parenthesis
	backtick
	newline
	angle
	percent
	quote
	backslash
	brace
	hash
	star
	equals
	null
	control
	foreign // not ASCII
	blank
	slash
	dot
	colon
	dash
	at
	tilde
	square
	cross // x: of 0x2e
	comma
)

var shapes = func() (t [256]shape) {
	for c := range 0x20 {
		t[c] = control
	}
	for c := 0x80; c < 0x100; c++ {
		t[c] = foreign
	}
	for set, s := range map[string]shape{
		";": semicolon, "|": pipe, "&": ampersand, "$": dollar, "()": parenthesis, "`": backtick, "\r\n": newline, "<>": angle,
		"%": percent, `'"`: quote, `\`: backslash, "{}": brace, "#": hash, "*": star, "=": equals, "\x00": null, "\x7f": control,
		" ": blank, "/": slash, ".": dot, ":": colon, "-": dash, "@": at, "~": tilde, "[]": square, "xX": cross, ",": comma,
	} {
		for i := range len(set) {
			t[set[i]] = s
		}
	}
	t['\t'] = blank
	return t
}()

func shapeOf(text []byte) (s shape) {
	for _, c := range text {
		s |= shapes[c]
	}
	return s
}

func (s shape) has(one shape) bool { return s&one != 0 }

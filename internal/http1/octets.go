package http1

// What a byte may stand in (RFC 9110, sections 5.5 and 5.6.2).
const (
	inToken = 1 << iota
	inText  // a field's value or a reason: HTAB, SP, VCHAR, obs-text
)

var octets = func() (t [256]byte) {
	for c := range 256 {
		if c == '\t' || c >= ' ' && c != 0x7f {
			t[c] |= inText
		}
		if letter := c | 0x20; letter >= 'a' && letter <= 'z' || c >= '0' && c <= '9' {
			t[c] |= inToken
		}
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] |= inToken
	}
	return t
}()

// Token reports whether s is one (RFC 9110, section 5.6.2).
func Token[T string | []byte](s T) bool { return len(s) > 0 && all(s, inToken) }

// Text reports whether s may be a field's value or a reason (RFC 9110, section 5.5).
func Text[T string | []byte](s T) bool { return all(s, inText) }

func all[T string | []byte](s T, class byte) bool {
	for i := range len(s) {
		if octets[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

// Visible reports whether s is something with no space, no control character, ASCII.
func Visible[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return len(s) > 0
}

// Fold compares with a lower-case word by ASCII's capitals alone: U+212A is no k.
func Fold[T string | []byte](s T, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// Trim takes SP and HTAB off both ends (OWS, RFC 9110, section 5.6.3).
func Trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

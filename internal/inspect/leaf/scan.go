package leaf

import "bytes"

func escapes(raw []byte) bool { return bytes.IndexByte(raw, '\\') >= 0 }

// afterString is the place after the string that begins at i.
func afterString(b []byte, i int) int {
	for from := i + 1; ; {
		n := bytes.IndexByte(b[from:], '"')
		if n < 0 {
			return len(b)
		}
		from += n + 1
		if !escaped(b[i+1 : from-1]) {
			return from
		}
	}
}

// escaped reports whether what follows b is: b ends with an odd number of backslashes.
func escaped(b []byte) bool {
	n := 0
	for n < len(b) && b[len(b)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func afterNumber(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return i
		}
	}
	return i
}

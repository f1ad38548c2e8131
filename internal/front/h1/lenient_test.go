package h1

import (
	"bytes"
	"strings"
)

// lenient reads a request as a good-natured server does, and is there to show that an
// attack works on one: lines end at LF, odd spaces, signs and bytes are passed over, the
// last length counts, a length beats a coding, and any target and version will do.
func lenient(b []byte) (body string, ok bool) {
	length, chunked := -1, false
	line := func() string {
		l, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		return strings.TrimRight(string(l), "\r")
	}
	first := line()
	for first == "" && len(b) > 0 {
		first = line()
	}
	if len(strings.Fields(first)) < 2 {
		return "", false
	}
	for l := line(); l != ""; l = line() {
		for part := range strings.SplitSeq(l, "\r") {
			name, value, _ := strings.Cut(part, ":")
			switch strings.ToLower(strings.Trim(name, " \t\x00\x01\x7f")) {
			case "content-length":
				length = number(value, 10)
			case "transfer-encoding":
				chunked = strings.Contains(strings.ReplaceAll(strings.ToLower(value), "\u212a", "k"), "chunked")
			}
		}
	}
	switch {
	case length >= 0 && length <= len(b):
		return string(b[:length]), true
	case !chunked:
		return "", length < 0
	}
	for {
		n := number(line(), 16)
		if n <= 0 || n > len(b) {
			return body, n == 0
		}
		body, b = body+string(b[:n]), b[n:]
		if b = bytes.TrimPrefix(b, []byte("\r")); len(b) > 0 {
			b = b[1:] // whatever ends the chunk
		}
	}
}

// number reads the first number of s and lets it overflow.
func number(s string, base uint64) int {
	s = strings.TrimPrefix(strings.ToLower(strings.TrimLeft(s, " \t+-\v")), "0x")
	var n uint64
	for _, c := range []byte(s) {
		d := uint64(strings.IndexByte("0123456789abcdef", c)) //nolint:gosec // -1 is larger than any base
		if d >= base {
			break
		}
		n = n*base + d
	}
	return int(n) //nolint:gosec // that it overflows is the point
}

package token

import (
	"errors"
	"fmt"

	"github.com/mantlet-mcp/mantlet"
)

// minDigits is how many digits a token of digits has at least.
const minDigits = 9

// shaped is the value of e with other digits in their places, by FF1. Its tweak is what the
// token is bound to.
func (v *Vault) shaped(bound mantlet.Conversation, e *entry) (string, error) {
	f, err := NewFF1(v.format, 10)
	if err != nil {
		return "", err
	}
	numerals := make([]byte, 0, len(e.value))
	for _, c := range e.value {
		switch {
		case c >= '0' && c <= '9':
			numerals = append(numerals, c-'0')
		case c != ' ' && c != '-':
			return "", errors.New("the value is not of digits, spaces and hyphens alone")
		}
	}
	if len(numerals) < minDigits {
		return "", fmt.Errorf("the value has %d digits; a token of digits has %d, so that no other number is one by chance", len(numerals), minDigits)
	}
	tweak := v.mac(bound, e, nil)
	out, err := f.Encrypt(tweak[:], numerals)
	if err != nil {
		return "", err
	}
	text := []byte(string(e.value))
	at := 0
	for i, c := range text {
		if c >= '0' && c <= '9' {
			text[i] = '0' + out[at]
			at++
		}
	}
	return string(text), nil
}

// digitsOf is text without its spaces and hyphens.
func digitsOf(text string) string {
	out := make([]byte, 0, len(text))
	for i := range len(text) {
		if text[i] != ' ' && text[i] != '-' {
			out = append(out, text[i])
		}
	}
	return string(out)
}

// digitRun is the next run of nine digits and more, with single spaces and hyphens between
// them; from is negative where there is none.
func digitRun(text []byte, at int) (from, to int) {
	for at < len(text) {
		if !isDigit(text[at]) {
			at++
			continue
		}
		from, n := at, 0
		for at < len(text) {
			if isDigit(text[at]) {
				n++
				at++
				to = at
				continue
			}
			if (text[at] == ' ' || text[at] == '-') && at+1 < len(text) && isDigit(text[at+1]) {
				at++
				continue
			}
			break
		}
		if n >= minDigits && n <= maxNumerals {
			return from, to
		}
	}
	return -1, -1
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

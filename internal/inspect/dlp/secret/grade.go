package secret

import (
	"bytes"
	"math"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// placeholders are words that no random text holds, and what stands in a secret's place does.
var placeholders = sync.OnceValue(func() *literal.Set {
	return literal.New([]string{"example", "placeholder", "changeme", "change_me", "change-me", "your", "xxxx", "****", "....",
		"dummy", "sample", "redacted", "insert", "replace", "todo", "fixme", "notreal", "fake", "mytoken", "my_token", "my-token", "mysecret",
		"my_secret", "my-secret", "mypassword", "my_password", "secret_", "lorem", "here", "foobar"}, true)
})

// rows are what a person types who makes a secret up.
var rows = sync.OnceValue(func() *literal.Set {
	return literal.New([]string{"abcdef", "12345678", "01234567", "00000000", "11111111", "aaaaaa", "deadbeef", "qwerty"}, true)
})

// placeholder reports whether a token stands in a secret's place. One of few different letters
// does.
func placeholder(token []byte) bool {
	return placeholders().Any(token) || varied(token) < min(8, len(token)/3+1)
}

// filler reports whether a token was made up by a person.
func filler(token []byte) bool { return placeholder(token) || rows().Any(token) }

// invented reports whether a token is one that a person made up, and no placeholder: in tests
// and in documentation, and in what somebody has typed for good.
func invented(token []byte) bool {
	return len(token) >= 16 && !placeholder(token) && rows().Any(token) && varied(token) >= 10 && hasDigit(token)
}

// varied is how many different bytes token has.
func varied(token []byte) (n int) {
	var seen [4]uint64
	for _, c := range token {
		if bit := uint64(1) << (c & 63); seen[c>>6]&bit == 0 {
			seen[c>>6] |= bit
			n++
		}
	}
	return n
}

// entropy is Shannon's, in bits a byte; 0 to 8.
func entropy(token []byte) (bits float64) {
	var counts [256]uint16
	for _, c := range token {
		counts[c]++
	}
	for i, c := range token {
		if n := counts[c]; n > 0 && bytes.IndexByte(token[:i], c) < 0 {
			p := float64(n) / float64(len(token))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

// kinds counts which of lower, upper, digit and other stand in token, and how often it changes
// between them.
func kinds(token []byte) (n, turns int) {
	var seen [4]bool
	last := -1
	for _, c := range token {
		k := 3
		switch {
		case c >= 'a' && c <= 'z':
			k = 0
		case c >= 'A' && c <= 'Z':
			k = 1
		case c >= '0' && c <= '9':
			k = 2
		}
		if !seen[k] {
			seen[k] = true
			n++
		}
		if last >= 0 && k != last {
			turns++
		}
		last = k
	}
	return n, turns
}

// random reports whether a token of 16 bytes and more was made by a machine: letters and
// digits that change often, and no word.
func random(token []byte) bool {
	if len(token) < 16 || filler(token) || wordy(token) {
		return false
	}
	digits := 0
	for _, c := range token {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	_, turns := kinds(token)
	if digits < 2 || digits == len(token) || turns*5 < len(token) {
		return false
	}
	return entropy(token) >= min(3.6, 0.85*math.Log2(float64(len(token)))) || hexadecimal(token) && entropy(token) >= 3
}

// assorted reports whether a token of a known form is not a word: capitals, small letters and
// digits change every few bytes.
func assorted(token []byte) bool {
	n, turns := kinds(token)
	return n >= 2 && turns*9 >= len(token) && !wordy(token) && entropy(token) >= min(3, 0.7*math.Log2(float64(len(token))))
}

// wordy reports whether a token is words with marks between them: unique_access_token_48962.
func wordy(token []byte) bool {
	if !bytes.ContainsAny(token, "_-.") {
		return false
	}
	in, run := 0, 0
	for _, c := range token {
		if c >= 'a' && c <= 'z' {
			run++
			continue
		}
		if run >= 5 {
			in += run
		}
		run = 0
	}
	if run >= 5 {
		in += run
	}
	return in*10 > len(token)*6
}

func hexadecimal(token []byte) bool { return span(token, 0, len(token), hexAny) == len(token) }

// published are keys that documentation shows: real in form, and nobody's.
var published = map[string]bool{
	"AKIAIOSFODNN7EXAMPLE": true, "AKIAI44QH8DHBEXAMPLE": true, "ASIAIOSFODNN7EXAMPLE": true,
	"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": true, "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY": true,
	// the development storage of Azure, the same on every machine
	"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==": true,
	"C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==": true,
	"sk_test_4eC39HqLyjWDarjtT1zdp7dc": true, "sk_test_BQokikJOvBiI2HlWgH4olfQ2": true,
	"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": true,
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ": true,
}

// example reports whether documentation shows token.
func example(token []byte) bool {
	return published[string(token)] || bytes.HasSuffix(token, []byte("EXAMPLE")) || bytes.HasSuffix(token, []byte("EXAMPLEKEY"))
}

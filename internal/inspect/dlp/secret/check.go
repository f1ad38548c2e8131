package secret

import (
	"bytes"
	b64 "encoding/base64"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/checksum"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// sum reports whether the six letters at the end of body are its checksum.
func sum(body []byte) bool {
	n := len(body) - 6
	return n > 0 && checksum.Base62(body[:n]) == [6]byte(body[n:])
}

// age: bech32 (BIP 173) of X25519's 32 bytes.
func age(text []byte, from, to int) (int, finding.Severity) {
	if checksum.Bech(text[from:to]) == checksum.Bech32 {
		return to, crit
	}
	return to, low
}

// azureSecret: the fourth letter is a digit.
func azureSecret(text []byte, from, to int) (int, finding.Severity) {
	if sets[text[from+3]]&digit != 0 {
		return to, high
	}
	return to, 0
}

// openai: a key begins with sk-.
func openai(text []byte, from, to int) (int, finding.Severity) {
	if bytes.Contains(text[from:to], []byte("sk-")) {
		return to, high
	}
	return to, medium
}

// sas: a signature beside the version, the permissions or the end that it signs.
func sas(text []byte, from, to int) (int, finding.Severity) {
	around := text[max(0, from-300):min(len(text), to+100)]
	for _, p := range []string{"sv=", "se=", "sp="} {
		if bytes.Contains(around, []byte(p)) {
			return to, high
		}
	}
	return to, 0
}

// maxKey is how far the end of a private key is looked for, in bytes.
const maxKey = 16 << 10

// pem: the first line of a private key (RFC 7468, RFC 4880), with letters of the key behind
// it: documentation names the line alone. Line ends may be written out, as in JSON.
func pem(text []byte, _, to int) (int, finding.Severity) {
	head := text[to:min(len(text), to+50)]
	n := bytes.Index(head, []byte("PRIVATE KEY"))
	if n < 0 || n > 30 || bytes.IndexByte(head[:n], '-') >= 0 {
		return to, 0
	}
	at := to + n + len("PRIVATE KEY")
	if bytes.HasPrefix(text[at:], []byte(" BLOCK")) {
		at += len(" BLOCK")
	}
	if !bytes.HasPrefix(text[at:], []byte("-----")) {
		return to, 0
	}
	at += len("-----")
	body := keyBody(text[at:min(len(text), at+200)])
	run := span(body, 0, 80, base64)
	if run >= 24 && varied(body[:run]) >= 12 && !bytes.Contains(body[:run], []byte("xxxx")) || headed(body) {
		return keyEnd(text, at), crit
	}
	return at, low
}

// keyBody leaves out line ends, also those written out, and marks of lines joined by a program.
func keyBody(b []byte) []byte {
	for len(b) > 0 {
		switch {
		case b[0] <= ' ', b[0] == '"', b[0] == '\'', b[0] == '+', b[0] == ',':
			b = b[1:]
		case b[0] == '\\' && len(b) > 1:
			b = b[2:]
		default:
			return b
		}
	}
	return b
}

func headed(body []byte) bool {
	for _, h := range []string{"Proc-Type:", "DEK-Info:", "Version:", "Comment:"} {
		if bytes.HasPrefix(body, []byte(h)) {
			return true
		}
	}
	return false
}

// keyEnd is the end of the key whose first line ends at from.
func keyEnd(text []byte, from int) int {
	rest := text[from:min(len(text), from+maxKey)]
	n := bytes.Index(rest, []byte("-----END"))
	if n < 0 {
		return from + len(rest)
	}
	end := n + len("-----END")
	if m := bytes.Index(rest[end:min(len(rest), end+60)], []byte("-----")); m >= 0 {
		end += m + len("-----")
	}
	return from + end
}

// jwt: a header that is JSON and names an algorithm (RFC 7519, RFC 7515).
func jwt(text []byte, from, to int) (int, finding.Severity) {
	token := text[from:to]
	dot := bytes.IndexByte(token, '.')
	if dot < 0 || !header(token[:dot]) {
		return to, 0
	}
	end := span(text, to, to+maxKey, word)
	long := end - to + len(token)
	if end < len(text) && text[end] == '.' {
		signed := span(text, end+1, end+1+1024, word)
		if shown := published[string(text[from:end])]; shown {
			return signed, low
		}
		if signed-end > 20 {
			return signed, high
		}
	}
	if long > 300 { // what follows is in the next piece
		return end, high
	}
	return end, medium // unsigned, or cut short
}

// jwe: five parts, the first of which names an algorithm and an encryption (RFC 7516). What it
// holds cannot be read, but may be what a session is kept by.
func jwe(text []byte, from, to int) (int, finding.Severity) {
	h := text[from : to-1]
	var buf [300]byte
	n, _ := b64.RawURLEncoding.Decode(buf[:], h[:min(len(h), 400)])
	if !bytes.Contains(buf[:n], []byte(`"enc"`)) {
		return to, 0
	}
	end := to
	for range 4 {
		end = span(text, end, end+maxKey, word)
		if end == len(text) || text[end] != '.' {
			break
		}
		end++
	}
	return end, medium
}

func header(h []byte) bool {
	var buf [300]byte
	n, err := b64.RawURLEncoding.Decode(buf[:], h[:min(len(h), 400)])
	return err == nil && n > 8 && bytes.Contains(buf[:n], []byte(`"alg"`))
}

// otp: the seed of one-time passwords (the Key URI format).
func otp(text []byte, _, to int) (int, finding.Severity) {
	end := span(text, to, to+300, quoted)
	n := bytes.Index(text[to:end], []byte("secret="))
	if n < 0 {
		return to, 0
	}
	seed := text[to+n+len("secret=") : end]
	seed = seed[:span(seed, 0, 128, alnum)]
	if len(seed) < 16 || filler(seed) || bytes.Equal(seed, []byte("JBSWY3DPEHPK3PXP")) {
		return end, low
	}
	return end, high
}

// urlPassword: a password before the host (RFC 3986, section 3.2.1).
func urlPassword(text []byte, _, to int) (int, finding.Severity) {
	end := span(text, to, to+250, quoted)
	part := text[to:end]
	if slash := bytes.IndexByte(part, '/'); slash >= 0 {
		part = part[:slash]
	}
	at := bytes.LastIndexByte(part, '@')
	if at < 0 || at+2 > len(part) || sets[part[at+1]]&alnum == 0 && part[at+1] != '[' {
		return to, 0
	}
	user, password, ok := bytes.Cut(part[:at], []byte(":"))
	if !ok || bytes.ContainsAny(part[:at], "/?#(){}[]$|\\") || len(password) < 3 {
		return to, 0
	}
	host := part[at+1:]
	end = to + at
	switch {
	case filler(password) && len(password) > 3 || plain(password), bytes.Contains(password, user) && len(user) > 2:
		return end, low
	case bytes.HasPrefix(host, []byte("localhost")), bytes.HasPrefix(host, []byte("127.")), bytes.HasPrefix(host, []byte("example.")):
		return end, low
	}
	if n, turns := kinds(password); len(password) >= 8 && n >= 2 && turns >= 2 {
		return end, medium
	}
	return end, low
}

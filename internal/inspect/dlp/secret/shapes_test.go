package secret_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// A source makes the same secrets in each run.
type source struct{ *rand.Rand }

func newSource(seed uint64) *source { return &source{rand.New(rand.NewPCG(seed, 11))} }

const (
	digits = "0123456789"
	hexes  = "0123456789abcdef"
	lowers = "abcdefghijklmnopqrstuvwxyz" + digits
	uppers = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
	alnums = uppers + "abcdefghijklmnopqrstuvwxyz"
	words  = alnums + "_-"
	b32    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

func (s *source) of(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.IntN(len(alphabet))]
	}
	return string(b)
}

func (s *source) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.IntN(256))
	}
	return b
}

func (s *source) b64(n int) string { return base64.StdEncoding.EncodeToString(s.bytes(n)) }

func (s *source) uuid() string {
	return s.of(hexes, 8) + "-" + s.of(hexes, 4) + "-4" + s.of(hexes, 3) + "-" + s.of("89ab", 1) + s.of(hexes, 3) + "-" + s.of(hexes, 12)
}

var sayings = []string{"Here it is: ", "config:\n  ", "the value follows\n", "see ", "I used ", "{\"v\": \"", "curl -H ", "(", "a=1&b=", "- "}

func (s *source) prose() string { return sayings[s.IntN(len(sayings))] }

// github has 30 random letters and the sum of them.
func (s *source) github(prefix string) string {
	body := s.of(alnums, 30)
	sum, out := crc32.ChecksumIEEE([]byte(body)), make([]byte, 6)
	for i := 5; i >= 0; i-- {
		out[i] = (digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")[sum%62]
		sum /= 62
	}
	return prefix + body + string(out)
}

// age is bech32 of 32 bytes, written here once more, and not with the code that is tested.
func (s *source) age() string {
	const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	hrp := "age-secret-key-"
	var values []int
	for range 52 {
		values = append(values, s.IntN(32))
	}
	var expanded []int
	for _, c := range hrp {
		expanded = append(expanded, int(c)>>5)
	}
	expanded = append(expanded, 0)
	for _, c := range hrp {
		expanded = append(expanded, int(c)&31)
	}
	gen := []int{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	chk := 1
	for _, v := range append(append(expanded, values...), 0, 0, 0, 0, 0, 0) {
		top := chk >> 25
		chk = chk&0x1ffffff<<5 ^ v
		for i, g := range gen {
			if top>>i&1 == 1 {
				chk ^= g
			}
		}
	}
	chk ^= 1
	for i := range 6 {
		values = append(values, chk>>(5*(5-i))&31)
	}
	out := hrp + "1"
	for _, v := range values {
		out += string(letters[v])
	}
	return strings.ToUpper(out)
}

func (s *source) jwt() string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT","kid":"`+s.of(alnums, 12)+`"}`)) + "." +
		e.EncodeToString(fmt.Appendf(nil, `{"sub":"%s","exp":%d}`, s.of(lowers, 12), 1700000000+s.IntN(1e8))) + "." + e.EncodeToString(s.bytes(256))
}

func (s *source) pem(kind string) string {
	body := s.b64(1200)
	var lines bytes.Buffer
	for len(body) > 64 {
		lines.WriteString(body[:64] + "\n")
		body = body[64:]
	}
	return "-----BEGIN " + kind + "-----\n" + lines.String() + body + "\n-----END " + kind + "-----"
}

// phrase is n words whose last bits are the sum of the others (BIP 39), by whole numbers.
func (s *source) phrase(n int) string {
	raw, err := os.ReadFile("bip39.txt")
	if err != nil {
		panic(err)
	}
	list := strings.Fields(string(raw))
	entropy := s.bytes(n * 4 / 3)
	sum := sha256.Sum256(entropy)
	bits := new(big.Int).SetBytes(append(bytes.Clone(entropy), sum[0]))
	bits.Rsh(bits, uint(8-n/3))
	var out []string
	for range n {
		out = append(out, list[new(big.Int).And(bits, big.NewInt(2047)).Int64()])
		bits.Rsh(bits, 11)
	}
	slices.Reverse(out)
	return strings.Join(out, " ")
}

// A shape is a kind of secret, as who issues it documents it.
type shape struct {
	name, before, after string
	least               finding.Severity
	make                func(*source) string
}

func shapes() []shape {
	const crit, high, medium = finding.Critical, finding.High, finding.Medium
	fixed := func(prefix, alphabet string, n int) func(*source) string {
		return func(s *source) string { return prefix + s.of(alphabet, n) }
	}
	return []shape{
		{"github", "", "", crit, func(s *source) string { return s.github([]string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}[s.IntN(5)]) }},
		{"github fine-grained", "", "", high, func(s *source) string { return "github_pat_" + s.of(alnums, 22) + "_" + s.of(alnums, 59) }},
		{"gitlab", "", "", high, fixed("glpat-", words, 20)},
		{"gitlab routable", "", "", high, func(s *source) string {
			return "glpat-" + s.of(words, 27) + "." + s.of(lowers, 2) + "." + s.of(lowers, 9)
		}},
		{"aws key id", "", "", medium, fixed("AKIA", b32, 16)},
		{"aws pair", "", "", crit, func(s *source) string { return "ASIA" + s.of(b32, 16) + "\n" + s.of(alnums+"/+", 40) }},
		{"google", "", "", high, fixed("AIza", words, 35)},
		{"google oauth", "", "", high, fixed("GOCSPX-", words, 28)},
		{"azure storage", "DefaultEndpointsProtocol=https;AccountName=a;", ";EndpointSuffix=core.windows.net", high, func(s *source) string { return "AccountKey=" + s.b64(64) }},
		{"azure client", "", "", high, func(s *source) string { return s.of(alnums, 3) + s.of(digits, 1) + "Q~" + s.of(alnums+"~._-", 34) }},
		{"azure sas", "https://a.blob.core.windows.net/c/f?sv=2022-11-02&sp=r&se=2026-01-01", "", high, func(s *source) string {
			return "&sig=" + strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(s.b64(32))
		}},
		{"slack bot", "", "", high, func(s *source) string {
			return "xoxb-" + s.of(digits, 12) + "-" + s.of(digits, 13) + "-" + s.of(alnums, 24)
		}},
		{"slack hook", "https://", "", high, func(s *source) string {
			return "hooks.slack.com/services/T" + s.of(uppers, 10) + "/B" + s.of(uppers, 10) + "/" + s.of(alnums, 24)
		}},
		{"stripe", "", "", high, fixed("sk_live_", alnums, 24)},
		{"twilio", "", "", high, fixed("SK", hexes, 32)},
		{"sendgrid", "", "", high, func(s *source) string { return "SG." + s.of(words, 22) + "." + s.of(words, 43) }},
		{"npm", "", "", crit, func(s *source) string { return s.github("npm_") }},
		{"pypi", "", "", high, fixed("pypi-AgEIcHlwaS5vcmc", words, 150)},
		{"docker", "", "", high, fixed("dckr_pat_", words, 27)},
		{"digitalocean", "", "", high, fixed("dop_v1_", hexes, 64)},
		{"openai", "", "", high, func(s *source) string { return "sk-proj-" + s.of(words, 74) + "T3BlbkFJ" + s.of(words, 74) }},
		{"anthropic", "", "", high, func(s *source) string { return "sk-ant-api03-" + s.of(words, 93) + "AA" }},
		{"hugging face", "", "", high, fixed("hf_", alnums[:52]+"abcdefghijkl", 34)},
		{"databricks", "", "", high, fixed("dapi", hexes, 32)},
		{"grafana", "", "", high, func(s *source) string { return "glsa_" + s.of(alnums, 32) + "_" + s.of(hexes, 8) }},
		{"new relic", "", "", high, fixed("NRAK-", uppers, 27)},
		{"shopify", "", "", high, fixed("shpat_", hexes, 32)},
		{"square", "", "", high, fixed("sq0csp-", words, 43)},
		{"telegram", "", "", high, func(s *source) string { return s.of("123456789", 1) + s.of(digits, 9) + ":AA" + s.of(words, 33) }},
		{"discord", "DISCORD_TOKEN=", "", high, func(s *source) string {
			return base64.RawURLEncoding.EncodeToString([]byte("1"+s.of(digits, 17))) + "." + s.of(alnums, 6) + "." + s.of(words, 38)
		}},
		{"mailchimp", "", "", high, func(s *source) string { return s.of(hexes, 32) + "-us" + s.of("123456789", 1) }},
		{"atlassian", "", "", high, func(s *source) string { return "ATATT3xFfGF0" + s.of(words, 171) + "=" + s.of(uppers[26:]+"ABCDEF", 8) }},
		{"linear", "", "", high, fixed("lin_api_", alnums, 40)},
		{"notion", "", "", high, func(s *source) string { return "ntn_" + s.of(digits, 11) + s.of(alnums, 35) }},
		{"vault", "", "", high, fixed("hvs.", words, 91)},
		{"terraform", "", "", high, func(s *source) string { return s.of(alnums, 14) + ".atlasv1." + s.of(words, 67) }},
		{"age", "", "", crit, func(s *source) string { return s.age() }},
		{"rsa", "", "", crit, func(s *source) string { return s.pem("RSA PRIVATE KEY") }},
		{"openssh in JSON", "\"", "\"", crit, func(s *source) string { return strings.ReplaceAll(s.pem("OPENSSH PRIVATE KEY"), "\n", `\n`) }},
		{"jwt", "", "", high, func(s *source) string { return s.jwt() }},
		{"a url", "https://svc:", "@api.acme.io/", medium, func(s *source) string { return s.of(alnums, 16) }},
		{"datadog", "DATADOG_API_KEY=", "", medium, fixed("", hexes, 32)},
		{"okta", "okta.token: \"", "\"", medium, func(s *source) string { return "00" + s.of(words, 40) }},
		{"heroku", "HEROKU_API_KEY = ", "", medium, func(s *source) string { return s.uuid() }},
		{"a token by its name", "\"accessToken\": \"", "\"", medium, fixed("", alnums, 32)},
		{"a password by its name", "password: ", "\n", medium, func(s *source) string { return s.of(alnums, 8) + "7x!R" + s.of(alnums, 4) }},
		{"an aws secret by its name", "aws_secret_access_key = ", "", medium, fixed("", alnums+"/+", 40)},
		{"a phrase of 12", "", "", crit, func(s *source) string { return s.phrase(12) }},
		{"a phrase of 24", "", "", crit, func(s *source) string { return s.phrase(24) }},
		{"otp", "otpauth://totp/Acme:joe?", "&issuer=Acme", high, func(s *source) string { return "secret=" + s.of(b32, 32) }},
	}
}

// negatives are what is random in honest texts.
func negatives() map[string]func(*source) string {
	digest := func(n int) func(*source) string {
		return func(s *source) string { return "sha: " + hex.EncodeToString(s.bytes(n)) + " of the file\n" }
	}
	return map[string]func(*source) string{
		"uuids":  func(s *source) string { return "id: " + s.uuid() + "\nrequest " + s.uuid() },
		"md5":    digest(16),
		"sha1":   digest(20),
		"sha256": digest(32),
		"commits": func(s *source) string {
			return "commit " + s.of(hexes, 40) + "\nMerge: " + s.of(hexes, 7) + " " + s.of(hexes, 7)
		},
		"an image": func(s *source) string { return "data:image/png;base64," + s.b64(3000) },
		"package-lock": func(s *source) string {
			return `"integrity": "sha512-` + s.b64(64) + `", "resolved": "https://registry.npmjs.org/a/-/a-1.2.3.tgz"`
		},
		"go.sum": func(s *source) string {
			return "github.com/a/b v1.2.3 h1:" + s.b64(32) + "\ngithub.com/a/b v1.2.3/go.mod h1:" + s.b64(32)
		},
		"cargo": func(s *source) string { return "checksum = \"" + s.of(hexes, 64) + "\"" },
		"minified": func(s *source) string {
			return "!function(e,t){var n=e." + s.of(alnums, 3) + ";t.token=n.getToken(),n.password=t.value,e.key=" + s.of(digits, 8) + "}"
		},
		"hex dump":     func(s *source) string { return hex.Dump(s.bytes(300)) },
		"isbn":         func(s *source) string { return "ISBN 978-0-306-40615-7, order number " + s.of(digits, 12) },
		"versions":     func(s *source) string { return "v" + s.of(digits, 1) + ".12.3-beta.1+" + s.of(hexes, 8) },
		"urls":         func(s *source) string { return "https://example.com/a/" + s.of(alnums, 22) + "?v=" + s.of(alnums, 11) },
		"fingerprints": func(s *source) string { return "SHA256:" + s.b64(32)[:43] + " me@host (ED25519)" },
		"public keys":  func(s *source) string { return "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + s.b64(32) },
		"certificates": func(s *source) string { return s.pem("CERTIFICATE") },
		"templates": func(*source) string {
			return "password: ${DB_PASSWORD}\ntoken: <your-token>\napi_key={{ api_key }}\nsecret = os.environ['SECRET_KEY']"
		},
		"placeholders": func(*source) string {
			return "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx sk-your-api-key-here AKIAIOSFODNN7EXAMPLE hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		},
		"token counts": func(s *source) string {
			return "max_tokens: 4096, token_count=" + s.of(digits, 6) + ", tokenizer: cl100k_base"
		},
		"ids of rows": func(s *source) string {
			return `{"id":"` + s.of(lowers, 25) + `","objectId":"` + s.of(hexes, 24) + `"}`
		},
		"cache keys":  func(s *source) string { return "cache_key: user:" + s.of(hexes, 32) + ":profile" },
		"etags":       func(s *source) string { return `ETag: "` + s.of(hexes, 32) + `"` },
		"page tokens": func(s *source) string { return "build " + s.of(digits, 10) + "." + s.of(hexes, 8) },
		"base64 words": func(*source) string {
			return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("the quick brown fox ", 20)))
		},
		"a word list": func(*source) string {
			return strings.Repeat("abandon ability able about above absent absorb abstract absurd abuse access accident ", 10)
		},
		"signed data":   func(s *source) string { return "signature: " + s.b64(256) },
		"docker digest": func(s *source) string { return "image: nginx@sha256:" + s.of(hexes, 64) },
	}
}

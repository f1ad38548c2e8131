package secret

import (
	"bytes"
	b64 "encoding/base64"
	"strings"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// A name is a word that says what the value behind it is.
type name struct {
	rule, words string
	shape       part // of the value; the zero part is any
	kind        kind
}

type kind uint8

const (
	password kind = iota + 1 // chosen by a person
	token                    // made by a machine
	vendor                   // made by a known one, of a known form
	bearer                   // "Bearer x"
	basic                    // "Basic x"
)

// general are names of secrets, whoever issued them.
var general = map[kind]string{
	password: "password passwd passphrase pwd",
	token: "secret token apikey api_key api-key access_key accesskey access-key private_key privatekey private-key auth_key authkey " +
		"encryption_key signing_key master_key masterkey account_key credential",
	bearer: "bearer",
	basic:  "basic",
}

// vendors are issuers whose keys have no sign of their own: name, set and length of the value.
const vendors = "adafruit w32 airtable a17 algolia l32 amplitude h32 asana a32 bitbucket w64 bittrex a32 cloudflare w40 cloudflare h37 " +
	"codecov l32 cohere a40 coinbase w64 confluent a16 confluent a64 contentful w43 datadog l40 datadog l32 discord h64 droneci a32 " +
	"dropbox l15 etsy l24 fastly w32 finnhub a20 freshbooks h64 gitea h40 gitter w40 heroku g36 hubspot g36 intercom x60 jenkins h34 " +
	"kraken s86 kucoin g36 kucoin h24 linkedin a16 linode h64 looker l24 mailgun g50 mattermost l26 meraki h40 messagebird l25 " +
	"mistral a32 mixpanel h32 moralis a64 netlify w43 newsapi h32 nytimes w32 okta w42 opsgenie g36 pagerduty w20 rapidapi w50 rollbar h32 " +
	"segment a32 sendbird h40 sentry h64 shodan a32 snyk g36 splunk g36 squarespace g36 sumologic a64 travis a22 trello a32 " +
	"twilio h32 twitch l30 twitter a50 vercel a24 virustotal h64 vultr u36 wandb h40 wiz a64 wireguard s44 yandex w40 zendesk l40 " +
	"aws_secret s40 secret_access_key s40 secretaccesskey s40 openweather h32 alchemy w32 infura h32 etherscan u34 cloudinary w27 " +
	"deepl g39 mapquest a32 ipinfo h14 onesignal a48 pusher h20 zoom w32 calendly w43 monday x120 stability a48 azure_openai h32"

// namedWords are the names by their words.
func namedWords() map[string][]name {
	all := make(map[string][]name)
	for k, words := range general {
		rule := map[kind]string{password: "secret/named-password", token: "secret/named-token", bearer: "secret/bearer", basic: "secret/basic-auth"}[k]
		for w := range strings.FieldsSeq(words) {
			all[w] = append(all[w], name{rule: rule, words: "it gives a value that is named as a secret; take it out", kind: k})
		}
	}
	fields := strings.Fields(vendors)
	for i := 0; i < len(fields); i += 2 {
		w, form := fields[i], fields[i+1]
		issuer := strings.NewReplacer("secret_access_key", "aws-secret", "secretaccesskey", "aws-secret", "_", "-").Replace(w)
		p := parseRun(form[:1] + ":" + form[1:])
		all[w] = append(all[w], name{rule: "secret/" + issuer + "-key", shape: p, kind: vendor,
			words: "it holds what looks like a key of " + issuer + "; take it out, and replace it where it was issued"})
	}
	return all
}

// value finds what is assigned to the identifier whose word ends at end.
func value(r *reader, start, end int) (from, to int, ok bool) {
	text := r.text
	at := end
	if at < len(text) && sets[text[at]]&alnum != 0 && text[at] >= 'a' && text[at] <= 'z' && (text[at] != 's' || at+1 < len(text) && sets[text[at+1]]&alnum != 0) {
		return 0, 0, false // "tokenizer"
	}
	at = r.span(at, at+24, word)
	at = skip(text, at, "\"'`]\\")
	at = skip(text, at, " \t")
	op := operator(text, at)
	if op == 0 {
		if flag := back(text, start, start-24, word); at == end || at >= len(text) || text[at-1] != ' ' || !bytes.HasPrefix(text[flag:], []byte("--")) {
			return 0, 0, false
		}
	}
	at = skip(text, at+op, " \t")
	at = skip(text, at, "\"'`\\")
	to = r.span(at, at+maxValue, quoted)
	for to > at && strings.IndexByte(")]}.\\:&|", text[to-1]) >= 0 {
		to--
	}
	return at, to, to-at >= 6
}

// maxValue is how long a value is at most that is looked at, in bytes.
const maxValue = 200

// skip passes over what is in cut from at on, four bytes at most.
func skip(text []byte, at int, cut string) int {
	for limit := min(len(text), at+4); at < limit && strings.IndexByte(cut, text[at]) >= 0; {
		at++
	}
	return at
}

// operator is the length of what assigns at text[at:]; 0 where nothing does.
func operator(text []byte, at int) int {
	rest := text[at:min(len(text), at+4)]
	for _, op := range [...]string{":=", "=>", "==", "->", "=", ":", ">", "is ", "was "} {
		if bytes.HasPrefix(rest, []byte(op)) {
			return len(op)
		}
	}
	return 0
}

// judge grades what stands at text[from:to] behind n.
func (n *name) judge(v []byte) finding.Severity {
	switch n.kind { //nolint:exhaustive // the others are for authorization
	case vendor:
		if len(v) >= n.shape.least && len(v) <= n.shape.most && span(v, 0, len(v), n.shape.of) == len(v) && !filler(v) && (assorted(v) || n.shape.of == hexDash) {
			return medium
		}
		return 0
	case password:
		return chosen(v)
	case token:
		return made(v)
	}
	return 0
}

// dictionary are words of which people make placeholders, and programs names.
var dictionary = sync.OnceValue(func() *literal.Set {
	return literal.New([]string{"password", "passwd", "secret", "token", "example", "test", "demo", "user", "admin", "root", "null",
		"none", "true", "false", "undefined", "string", "default", "value", "config", "process.env", "environ", "getenv", "env.", "os.",
		"settings", "input", "param", "args", "self.", "this.", "require", "optional", "field", "credential", "postgres", "mysql", "redis",
		"rabbit", "guest", "mongo", "api_key", "apikey", "key", "localhost", "http", "file", "path", "name", "hash", "type", "const", "var"}, true)
})

// plain reports whether v is words of the dictionary, and hardly a letter more.
func plain(v []byte) bool {
	var buf [16]literal.Match
	left, last := 0, 0
	for _, c := range v {
		if c|0x20 >= 'a' && c|0x20 <= 'z' {
			left++
		}
	}
	words := dictionary()
	found := words.Scan(buf[:0], v)
	for _, m := range found {
		start := max(last, m.End-words.Len(m.Word))
		left, last = left-max(0, m.End-start), max(last, m.End)
	}
	return len(found) > 0 && left < 4
}

// made grades a value that is named as a token.
func made(v []byte) finding.Severity {
	if len(v) >= 16 && len(v) < maxValue && !program(v) && (invented(v) || wordy(v) && hasDigit(v) && !placeholder(v)) {
		return low
	}
	if len(v) < 16 || program(v) || filler(v) || !random(v) || len(v) == maxValue {
		return 0
	}
	if uuid(v) {
		return low
	}
	if bytes.IndexByte(v, '.') >= 0 && discord(v) {
		return high
	}
	if span(v, 0, len(v), dotted|base64) != len(v) || plain(v) && len(v) < 32 {
		return low
	}
	return medium
}

// chosen grades a value that is named as a password.
func chosen(v []byte) finding.Severity {
	if len(v) < 6 || len(v) > 100 || program(v) || filler(v) {
		return 0
	}
	if random(v) && !plain(v) {
		return medium
	}
	n, turns := kinds(v)
	switch {
	case plain(v) || n < 2:
		return 0
	case wordy(v):
		return low
	case len(v) >= 8 && n >= 3 && turns >= 2:
		return medium
	case sets[v[0]]&alnum != 0 && turns >= 1 && hasDigit(v):
		return low
	}
	return 0
}

func hasDigit(v []byte) bool { return bytes.ContainsAny(v, "0123456789") }

// program reports whether v is an expression, a template or a path, and no value.
func program(v []byte) bool {
	if bytes.ContainsAny(v, "(){}[]\\|*") || v[0] == '$' || v[0] == '%' || v[0] == '@' || v[0] == '/' || v[0] == '-' || v[0] == '.' {
		return true
	}
	return bytes.Contains(v, []byte("://")) || bytes.Contains(v, []byte("...")) || bytes.Contains(v, []byte("::"))
}

// uuid reports whether v is one (RFC 9562): an identifier more often than a key.
func uuid(v []byte) bool {
	return len(v) == 36 && v[8] == '-' && v[13] == '-' && v[18] == '-' && v[23] == '-' && span(v, 0, 36, hexAny|hexDash) == 36
}

// discord reports whether v is a bot's token: its number in base64, a time, and 27 letters and
// more that authenticate them.
func discord(v []byte) bool {
	id, rest, _ := bytes.Cut(v, []byte("."))
	at, mac, ok := bytes.Cut(rest, []byte("."))
	var buf [24]byte
	if !ok || len(id) < 23 || len(id) > 28 || len(at) != 6 || len(mac) < 27 || len(mac) > 40 {
		return false
	}
	n, err := b64.RawURLEncoding.Decode(buf[:], id)
	return err == nil && span(buf[:n], 0, n, digit) == n
}

// authorization grades what stands behind a scheme (RFC 6750, RFC 7617).
func authorization(k kind, v []byte) finding.Severity {
	if k == bearer {
		if len(v) < 20 {
			return 0
		}
		return made(v)
	}
	var buf [maxValue]byte
	n, err := b64.StdEncoding.Decode(buf[:], v)
	if err != nil {
		n, err = b64.RawStdEncoding.Decode(buf[:], v)
	}
	user, pass, ok := bytes.Cut(buf[:max(n, 0)], []byte(":"))
	if err != nil || !ok || len(pass) < 4 || !printable(user) || !printable(pass) {
		return 0
	}
	if filler(pass) || plain(pass) {
		return low
	}
	return medium
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

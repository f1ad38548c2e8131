package secret_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/secret"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// found says what d finds in text: rule, severity and the part of the text.
func found(d *secret.Detector, text string) string {
	var out []string
	for _, h := range d.Find(nil, []byte(text)) {
		out = append(out, fmt.Sprintf("%s %s %s", strings.TrimPrefix(h.Rule, "secret/"), h.Severity, text[h.Start:h.End]))
	}
	return strings.Join(out, "; ")
}

func TestFind(t *testing.T) {
	d := secret.New()
	body := "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "The token is kept in a secret place; its password is long.", ""},
		{"github", "use ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18 here", "github-token low ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"},
		{"in a longer run", "xAKIAQYLPMN5HFIQR7BBBC", ""},
		{"aws", "AKIAQYLPMN5HFIQR7BBB", "aws-key-id medium AKIAQYLPMN5HFIQR7BBB"},
		{"aws pair", "AKIAQYLPMN5HFIQR7BBB:q3Tz8vLw1Xr6PnBd0KsHf5JmYc2UaGe9Ri7oW4Vt", "aws-key-id high AKIAQYLPMN5HFIQR7BBB; aws-secret-key critical q3Tz8vLw1Xr6PnBd0KsHf5JmYc2UaGe9Ri7oW4Vt"},
		{"aws example", "AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws-key-id low AKIAIOSFODNN7EXAMPLE"},
		{"a private key", "a\n-----BEGIN RSA PRIVATE KEY-----\n" + body + "\n-----END RSA PRIVATE KEY-----\nb", "private-key critical -----BEGIN RSA PRIVATE KEY-----\n" + body + "\n-----END RSA PRIVATE KEY-----"},
		{"in JSON", `"-----BEGIN PRIVATE KEY-----\n` + body + `\n-----END PRIVATE KEY-----\n"`, `private-key critical -----BEGIN PRIVATE KEY-----\n` + body + `\n-----END PRIVATE KEY-----`},
		{"pgp", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: x\n\n" + body, "private-key critical -----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: x\n\n" + body},
		{"its first line alone", "a file that begins with -----BEGIN PRIVATE KEY-----", "private-key low -----BEGIN PRIVATE KEY-----"},
		{"a public key", "-----BEGIN PUBLIC KEY-----\n" + body, ""},
		{"jwt.io's", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c", "jwt low eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"},
		{"a url", "postgres://svc:kX9-vv3Qq2Lz@db.acme.io/x", "url-password medium ://svc:kX9-vv3Qq2Lz"},
		{"a url of documentation", "postgres://user:password@localhost/x", "url-password low ://user:password"},
		{"a url with a port", "http://host:8080/a@b", ""},
		{"named", `password = "kX9-vv3Qq2Lz"`, "named-password medium kX9-vv3Qq2Lz"},
		{"named in JSON", `{"api_key": "q3Tz8vLw1Xr6PnBd0KsHf5Jm"}`, "named-token medium q3Tz8vLw1Xr6PnBd0KsHf5Jm"},
		{"escaped", `{\"api_key\": \"q3Tz8vLw1Xr6PnBd0KsHf5Jm\"}`, "named-token medium q3Tz8vLw1Xr6PnBd0KsHf5Jm"},
		{"a connection", "Server=db;User Id=sa;Password=Xk92!vvQz77;", "named-password medium Xk92!vvQz77"},
		{"an option", "tool --password kX9-vv3Qq2Lz run", "named-password medium kX9-vv3Qq2Lz"},
		{"XML", "<Password>kX9-vv3Qq2Lz</Password>", "named-password medium kX9-vv3Qq2Lz"},
		{"said", "the password is kX9-vv3Qq2Lz.", "named-password medium kX9-vv3Qq2Lz"},
		{"an expression", "password = getpass.getpass()", ""},
		{"a variable", "token: ${{ secrets.GITHUB_TOKEN }} api_key=$API_KEY", ""},
		{"a placeholder", "api_key = your_api_key_goes_here_1234", ""},
		{"a vendor", "CLOUDFLARE_API_TOKEN=q3Tz8vLw1Xr6PnBd0KsHf5JmYc2UaGe9Ri7oW4Vt", "cloudflare-key medium q3Tz8vLw1Xr6PnBd0KsHf5JmYc2UaGe9Ri7oW4Vt"},
		{"bearer", "Authorization: Bearer q3Tz8vLw1Xr6PnBd0KsHf5Jm", "bearer medium q3Tz8vLw1Xr6PnBd0KsHf5Jm"},
		{"basic", "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("svc:kX9vv3Qq2Lz")), "basic-auth medium c3ZjOmtYOXZ2M1FxMkx6"},
		{"otp", "otpauth://totp/A:b?secret=GEZDGNBVGY3TQOJQGEZDGNBV&issuer=A", "otp-seed high otpauth://totp/A:b?secret=GEZDGNBVGY3TQOJQGEZDGNBV&issuer=A"},
		// BIP 39's own vectors
		{"a phrase", "my seed: legal winner thank year wave sausage worth useful legal winner thank yellow. Bye", "seed-phrase critical legal winner thank year wave sausage worth useful legal winner thank yellow"},
		{"another", "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic", "seed-phrase critical ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic"},
		{"a numbered phrase", "1. letter\n2. advice\n3. cage\n4. absurd\n5. amount\n6. doctor\n7. acoustic\n8. avoid\n9. letter\n10. advice\n11. cage\n12. above", "seed-phrase critical letter\n2. advice\n3. cage\n4. absurd\n5. amount\n6. doctor\n7. acoustic\n8. avoid\n9. letter\n10. advice\n11. cage\n12. above"},
		{"a phrase that does not add up", "legal winner thank year wave sausage worth useful legal winner thank legal", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(d, c.text); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// Words says nothing of what was found.
func TestWordsHoldNoSecret(t *testing.T) {
	d := secret.New()
	for _, s := range shapes() {
		text := s.make(newSource(7))
		for _, h := range d.Find(nil, []byte(text)) {
			if strings.Contains(h.Words, text[h.Start:h.End]) || h.Words == "" || h.Rule == "" {
				t.Errorf("%+v", h)
			}
		}
	}
}

func TestNamed(t *testing.T) {
	d := secret.New()
	for _, c := range []struct{ name, value, want string }{
		{"password", "kX9-vv3Qq2Lz", "secret/named-password"},
		{"db_password", "kX9-vv3Qq2Lz", "secret/named-password"},
		{"apiKey", "q3Tz8vLw1Xr6PnBd0KsHf5Jm", "secret/named-token"},
		{"city", "q3Tz8vLw1Xr6PnBd0KsHf5Jm", ""},
		{"password", "a sentence about 1 Password", ""},
		{"token", "", ""},
	} {
		got := ""
		for _, h := range d.Named(nil, c.name, []byte(c.value)) {
			got += h.Rule
		}
		if got != c.want {
			t.Errorf("%s: %s: %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

// What was issued at random is found; figures are printed. None of these shapes was used to
// tune a rule; each was written from what its issuer documents.
func TestRecall(t *testing.T) {
	d := secret.New()
	const each = 50
	all, hit, atHigh := 0, 0, 0
	for _, s := range shapes() {
		src, n, n2 := newSource(1), 0, 0
		for range each {
			token := s.make(src)
			text := src.prose() + s.before + token + s.after + []string{" ", "\n", "\"", ", ", ")", ""}[src.IntN(6)]
			at := strings.Index(text, token)
			for _, h := range d.Find(nil, []byte(text)) {
				if h.Start <= at+len(token)/2 && h.End >= at+len(token)/2 && h.Severity >= s.least {
					n++
					if h.Severity >= finding.High {
						n2++
					}
					break
				}
			}
		}
		all, hit, atHigh = all+each, hit+n, atHigh+n2
		if n < each*94/100 {
			t.Errorf("%s: %d of %d", s.name, n, each)
		}
	}
	t.Logf("recall: %d shapes, %d of %d found (%.2f %%), %d of them at high or above", len(shapes()), hit, all, 100*float64(hit)/float64(all), atHigh)
	if hit*1000 < all*995 {
		t.Error("the floor is 99.5 %")
	}
}

// What looks like a secret and is none.
func TestHardNegatives(t *testing.T) {
	d := secret.New()
	src := newSource(3)
	byRule, docs, mediums := map[string]int{}, 0, 0
	for name, write := range negatives() {
		for range 50 {
			docs++
			text := write(src)
			for _, h := range d.Find(nil, []byte(text)) {
				byRule[h.Rule+" "+h.Severity.String()]++
				if h.Severity >= finding.High {
					t.Errorf("%s: %s %s in %q", name, h.Rule, h.Severity, text[h.Start:h.End])
				}
				if h.Severity == finding.Medium {
					mediums++
				}
			}
		}
	}
	t.Logf("hard negatives: %d documents, false alarms by rule: %v", docs, byRule)
	if mediums*100 > docs {
		t.Errorf("%d at medium; the limit is 1 %%", mediums)
	}
}

// The room reads the last 512 bytes of one message again with the first 512 of the next: a
// secret that is split at any byte is found in the first piece, in the second or in both
// together.
func TestSplitAtEveryByte(t *testing.T) {
	d := secret.New()
	for _, s := range shapes() {
		src := newSource(5)
		token := s.before + s.make(src) + s.after
		text := strings.Repeat("some words before ", 60) + token + strings.Repeat(" some words behind", 60)
		start := strings.Index(text, token)
		if secretIn(d, text) < s.least {
			continue // TestRecall counts those
		}
		for cut := start + 1; cut < start+len(token); cut++ {
			one, two := text[:cut], text[cut:]
			both := one[max(0, len(one)-secret.Reach):] + two[:min(len(two), secret.Reach)]
			if secretIn(d, both) < s.least && secretIn(d, one) < s.least && secretIn(d, two) < s.least {
				t.Errorf("%s split at byte %d of %d is not found", s.name, cut-start, len(token))
				break
			}
		}
	}
}

func secretIn(d *secret.Detector, text string) finding.Severity {
	return finding.Worst(d.Find(nil, []byte(text)))
}

func FuzzFind(f *testing.F) {
	for _, s := range shapes() {
		f.Add([]byte(s.before + s.make(newSource(9)) + s.after))
	}
	for _, s := range []string{"-----BEGIN", "-----BEGIN PRIVATE KEY-----", "eyJ.eyJ.", "://a:b@", "password=", "bearer ", "Q~", ":AA", "otpauth://secret=", "--pwd x", "basic ====================", strings.Repeat("abandon ", 40)} {
		f.Add([]byte(s))
	}
	d := secret.New()
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, h := range d.Find(nil, text) {
			if h.Start < 0 || h.End <= h.Start || h.End > len(text) || h.Severity == 0 {
				t.Fatalf("%+v in %q", h, text)
			}
		}
	})
}

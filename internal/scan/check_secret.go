package scan

import (
	"fmt"
	"maps"
	"math"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
)

// shapes are how tokens of well-known issuers begin, with the least length of the whole.
// A beginning is public: at most four characters of it are shown.
var shapes = []struct {
	begin string
	least int
	whose string
}{
	{"ghp_", 30, "GitHub"}, {"gho_", 30, "GitHub"}, {"ghu_", 30, "GitHub"}, {"ghs_", 30, "GitHub"}, {"github_pat_", 40, "GitHub"},
	{"glpat-", 20, "GitLab"}, {"sk-ant-", 30, "Anthropic"}, {"sk-", 30, "OpenAI or its kin"}, {"sk_live_", 20, "Stripe"}, {"rk_live_", 20, "Stripe"},
	{"xoxb-", 20, "Slack"}, {"xoxp-", 20, "Slack"}, {"xoxa-", 20, "Slack"}, {"xapp-", 20, "Slack"}, {"AKIA", 20, "AWS"}, {"ASIA", 20, "AWS"},
	{"AIza", 35, "Google"}, {"ya29.", 30, "Google"}, {"npm_", 30, "npm"}, {"pypi-", 30, "PyPI"}, {"hf_", 30, "Hugging Face"}, {"ntn_", 30, "Notion"},
	{"secret_", 40, "Notion"}, {"lin_api_", 30, "Linear"}, {"SG.", 40, "SendGrid"}, {"shpat_", 30, "Shopify"}, {"dop_v1_", 40, "DigitalOcean"},
	{"sbp_", 30, "Supabase"}, {"tvly-", 20, "Tavily"}, {"fc-", 30, "Firecrawl"}, {"eyJ", 40, "a signed token"}, {"-----BEGIN", 20, "a private key"}, {"mtl_", 20, "Mantlet"},
}

// secrets looks at every value of an entry. A value is never repeated.
func (g *group) secrets(s *served) {
	e := s.Entry
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		g.value(s, "env/"+pointer.Replace(name), name, e.Env[name])
	}
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		g.value(s, "headers/"+pointer.Replace(name), name, strings.TrimPrefix(strings.TrimPrefix(e.Headers[name], "Bearer "), "Basic "))
	}
	for i, a := range e.Args {
		name, value, ok := strings.Cut(a, "=")
		if !ok || !argumentName(name) {
			name, value = "", a
			if i > 0 && strings.HasPrefix(e.Args[i-1], "-") {
				name = e.Args[i-1]
			}
		}
		if h, v, header := strings.Cut(value, ":"); header && credential(h) {
			name, value = h, strings.TrimPrefix(strings.TrimSpace(v), "Bearer ")
		}
		if before, _, ok := strings.Cut(a, "://"); ok {
			g.inURL(s, arg(i), a[strings.LastIndexByte(before, '=')+1:])
			continue
		}
		g.value(s, arg(i), name, value)
	}
	g.inURL(s, "url", e.URL)
}

// argumentName reports what may stand before "=" as a name: --api-key, API_KEY.
func argumentName(s string) bool {
	return s != "" && len(s) < 60 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789_-.") == ""
}

func (g *group) inURL(s *served, field, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return
	}
	if password, ok := u.User.Password(); ok && !placeholder(password) {
		g.addServer(s, Finding{Rule: checkSecret, Field: field, Excerpt: "a password before the host of a URL"})
	}
	query := u.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		g.value(s, field, name, query.Get(name))
	}
	for step := range strings.SplitSeq(u.Path, "/") {
		g.value(s, field, "the path of a URL", step)
	}
}

// value reports what looks like a secret, by its shape or by its name.
func (g *group) value(s *served, field, name, value string) {
	value = strings.TrimSpace(value)
	if value == "" || placeholder(value) {
		return
	}
	what := cut(mantlet.Escape(strings.TrimLeft(name, "-")))
	if what == "" {
		what = "an argument"
	}
	for _, shape := range shapes {
		if strings.HasPrefix(value, shape.begin) && len(value) >= shape.least {
			g.addServer(s, Finding{Rule: checkSecret, Field: field, Excerpt: fmt.Sprintf("%s: %s… (%s)", what, shape.begin[:min(len(shape.begin), 4)], shape.whose)})
			return
		}
	}
	switch {
	case credential(name) && len(value) >= 6 && !strings.ContainsAny(value, " /"):
		g.addServer(s, Finding{Rule: checkSecret, Severity: rule.Medium, Field: field, Excerpt: what})
	case random(value):
		g.addServer(s, Finding{Rule: checkSecret, Severity: rule.Medium, Field: field, Excerpt: what + ": it looks random"})
	}
}

// credential reports a name under which secrets are kept.
func credential(name string) bool {
	all := words(snake(name))
	for i, w := range all {
		switch w {
		case "password", "passwd", "pwd", "secret", "token", "apikey", "pat", "credential", "credentials", "authorization", "passphrase":
			return !slices.Contains(all, "file") && !slices.Contains(all, "path") && !slices.Contains(all, "max") && !slices.Contains(all, "url")
		case "key":
			if i > 0 && slices.Contains([]string{"api", "access", "secret", "private", "auth", "service", "role"}, all[i-1]) {
				return !slices.Contains(all, "id") && !slices.Contains(all, "file") && !slices.Contains(all, "path")
			}
		}
	}
	return false
}

// placeholder reports a value that its client fills in, or that stands for one.
func placeholder(v string) bool {
	low := strings.ToLower(v)
	switch {
	case strings.Contains(v, "${"), strings.HasPrefix(v, "$"), strings.HasPrefix(v, "<"), strings.HasPrefix(v, "%") && strings.HasSuffix(v, "%"), strings.HasPrefix(v, "{{"):
		return true
	case strings.HasPrefix(low, "file:"), strings.HasPrefix(low, "env:"), strings.HasPrefix(low, "op://"), strings.HasPrefix(low, "keychain:"):
		return true
	}
	for _, w := range []string{"your", "example", "placeholder", "changeme", "change-me", "xxxx", "****", "....", "insert", "replace", "todo", "dummy"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return low == "true" || low == "false"
}

// random reports a value of at least 24 characters of those that keys are made of, with
// letters and digits mixed, of at least 3.8 bits a character (Shannon). Paths, packages,
// identifiers of UUID form and digests of images are none.
func random(v string) bool {
	if len(v) < 24 || len(v) > 512 || strings.HasPrefix(v, "sha256:") || strings.ContainsAny(v, "/@:.\\ ,=") && !strings.HasSuffix(v, "=") {
		return false
	}
	if len(v) == 36 && strings.Count(v, "-") == 4 || strings.Trim(v, "0123456789abcdefABCDEF") == "" && len(v) == 40 {
		return false // a UUID, a commit
	}
	count := make(map[byte]int)
	digits := 0
	for i := range len(v) {
		c := v[i]
		count[c]++
		if c >= '0' && c <= '9' {
			digits++
		} else if (c|0x20 < 'a' || c|0x20 > 'z') && !strings.ContainsRune("_-+=/", rune(c)) {
			return false
		}
	}
	return digits >= 3 && entropy(count, len(v)) >= 3.8
}

func entropy(count map[byte]int, n int) (bits float64) {
	for _, c := range count {
		p := float64(c) / float64(n)
		bits -= p * math.Log2(p)
	}
	return bits
}

// address looks at a URL: whether it goes over a network in the clear, and whether there
// are credentials.
func (g *group) address(s *served) {
	u, ok := s.Entry.address()
	if !ok {
		return
	}
	if loopback(u.Hostname()) {
		return
	}
	if u.Scheme == "http" || u.Scheme == "ws" {
		g.addServer(s, Finding{Rule: checkPlain, Field: "url", Excerpt: cut(mantlet.Escape(u.Scheme + "://" + u.Host))})
	}
	if len(s.Entry.Headers) == 0 && !s.Entry.Auth && u.User == nil && !slices.ContainsFunc(slices.Collect(maps.Keys(u.Query())), credential) {
		g.addServer(s, Finding{
			Rule: checkNoAuth, Severity: rule.Low, Field: "url", Excerpt: cut(mantlet.Escape(u.Host)),
			Words: "the entry holds no credentials; unless its client signs in, the server answers anybody: run mantlet scan URL to see",
		})
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

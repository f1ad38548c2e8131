package netguard

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseLearned(t *testing.T) {
	for s, ok := range map[string]bool{
		"https://a.example": true, "https://a.example/x?y=z": true, "HTTPS://A.example:443/": true, "http://127.0.0.1:8080/": true, "https://[2606:4700::1111]/": true,
		"": false, "/x": false, "a.example": false, "//a.example/": false, "https:a.example": false, "https:/a.example": false, "https:///a.example": false, "https://": false, "https:////a.example": false,
		"ftp://a.example": false, "file:///etc/passwd": false, "javascript:alert(1)": false, "data:,x": false, "unix:///run/x": false,
		"https://u@a.example": false, "https://u:p@a.example": false, "https://@a.example": false, "https://a.example:": false, "https://a.example:0": false, "https://a.example:0443": false, "https://a.example:65536": false,
		"https://a.example:4 43": false, "https://a.example\\@b.example": false, "https://a.example#@b.example": false, "https://a%2eexample": false, "https://a.example\t": false, " https://a.example": false,
		"https://a.example/\r\nX: y": false, "https://ä.example": false, "https://a.example/é": false, "https://[::1": false, "https://::1/": false, "https://[127.0.0.1]/": false, "https://[v1.a]/": false, "https://[::1%25lo]/": false,
		"https://a.example/" + strings.Repeat("x", maxURL): false,
	} {
		l, err := ParseLearned(s)
		if (err == nil) != ok || err != nil && (!errors.Is(err, ErrRefused) || l != (Learned{})) {
			t.Errorf("%q: %v, %v", s, l, err)
		}
	}
}

// The text of a learned URL does not come out, so that no other client can have it.
func TestALearnedURLDoesNotShow(t *testing.T) {
	l, err := ParseLearned("https://a.example/secret?token=1")
	if err != nil {
		t.Fatal(err)
	}
	j, _ := json.Marshal(l) //nolint:staticcheck // that nothing comes out is what is tested
	for _, text := range []string{l.String(), fmt.Sprintf("%v %+v %#v %s", l, l, l, l), string(j)} {
		if strings.Contains(text, "secret") || strings.Contains(text, "token") {
			t.Errorf("it shows: %s", text)
		}
		if _, err := http.NewRequest(http.MethodGet, text, nil); err == nil {
			if u, _ := url.Parse(text); u.Host != "" {
				t.Errorf("%q can be dialled", text)
			}
		}
	}
}

func TestOwns(t *testing.T) {
	for _, c := range []struct {
		configured, reference, want string // "" is refused
	}{
		{"https://a.example/sse", "/messages?sessionId=1", "https://a.example/messages?sessionId=1"},
		{"https://a.example/x/sse", "messages", "https://a.example/x/messages"},
		{"https://a.example/x/sse?k=1", "?sessionId=1", "https://a.example/x/sse?sessionId=1"},
		{"https://a.example/x/sse", "../m", "https://a.example/m"},
		{"https://a.example/sse", "https://a.example/m", "https://a.example/m"},
		{"https://a.example/sse", "https://A.EXAMPLE:443/m", "https://A.EXAMPLE:443/m"},
		{"http://localhost:3001/sse", "/message?url=http://x.example/", "http://localhost:3001/message?url=http://x.example/"},
		{"http://127.0.0.1:80/sse", "http://127.0.0.1/m", "http://127.0.0.1/m"},
		{"https://[::1]:8443/sse", "https://[::1]:8443/m", "https://[::1]:8443/m"},
		{"https://a.example/sse", "https://b.example/m", ""},
		{"https://a.example/sse", "//b.example/m", ""},
		{"https://a.example/sse", "///b.example/m", ""},
		{"https://a.example/sse", "\\\\b.example\\m", ""},
		{"https://a.example/sse", "/\\b.example/m", ""},
		{"https://a.example/sse", "http://a.example/m", ""},
		{"http://a.example/sse", "https://a.example/m", ""},
		{"https://a.example/sse", "https://a.example:8443/m", ""},
		{"https://a.example/sse", "https://a.example.b.example/m", ""},
		{"https://a.example/sse", "https://a.example@b.example/m", ""},
		{"https://a.example/sse", "https://u:p@a.example/m", ""},
		{"https://a.example/sse", "https://a.example./m", ""},
		{"http://127.0.0.1:3001/sse", "http://127.1:3001/m", ""},
		{"http://127.0.0.1:3001/sse", "http://localhost:3001/m", ""},
		{"http://127.0.0.1:3001/sse", "http://[::ffff:127.0.0.1]:3001/m", ""},
		{"https://a.example/sse", "javascript:alert(1)", ""},
		{"https://a.example/sse", "https:m", ""},
		{"https://a.example/sse", "", ""},
		{"https://a.example/sse", "/m\r\nHost: b.example", ""},
	} {
		base, err := ParseConfigured(c.configured)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		l, err := base.Resolve(c.reference)
		if err == nil {
			var own Configured
			if own, err = base.Owns(l); err == nil {
				got = own.URL().String()
			}
		}
		if got != c.want {
			t.Errorf("%s at %s: %q, want %q (%v)", c.reference, c.configured, got, c.want, err)
		}
	}
}

// corpus is where a file of web-platform-tests/url is: below MANTLET_CORPORA, or
// below shared/data beside the project's directory.
func corpus(name string) string {
	root := os.Getenv("MANTLET_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	return filepath.Join(root, "protocol", "url", name)
}

func corpora(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(corpus(name))
	if err != nil {
		t.Skipf("%s is not there; set MANTLET_CORPORA to the directory of the corpora", corpus(name))
	}
	return b
}

// A wpt is one case of web-platform-tests/url: what a browser reads.
type wpt struct {
	Input    string  `json:"input"`
	Base     *string `json:"base"`
	Failure  bool    `json:"failure"`
	Protocol string  `json:"protocol"`
	Hostname string  `json:"hostname"`
	Port     string  `json:"port"`
}

func urls(t testing.TB) (out []wpt) {
	t.Helper()
	var raw []json.RawMessage
	if err := json.Unmarshal(corpora(t, "urltestdata.json"), &raw); err != nil {
		t.Fatal(err)
	}
	for _, r := range raw {
		var w wpt
		if json.Unmarshal(r, &w) == nil && w.Input != "" { // comments are strings
			out = append(out, w)
		}
	}
	return out
}

// What Mantlet would dial is what a browser would: of two readings of one text one
// could be judged and the other dialled.
func TestURLsAreReadAsBrowsersReadThem(t *testing.T) {
	g := guard(t, func(o *Options) { o.PlainHTTP, o.Allow = true, []string{"0.0.0.0/0", "::/0"} })
	taken, all := 0, urls(t)
	for _, w := range all {
		l, err := ParseLearned(w.Input)
		if err != nil || g.Check(l) != nil || strings.Contains(w.Input, "xn--") {
			continue // Punycode is the resolver's matter: no name in it is an address
		}
		taken++
		same := w.Hostname == strings.ToLower(l.named.Hostname())
		if a, err := netip.ParseAddr(l.named.Hostname()); err == nil {
			b, err := netip.ParseAddr(strings.Trim(w.Hostname, "[]"))
			same = err == nil && a == b
		}
		if w.Failure || w.Protocol != l.named.Scheme+":" || !same {
			t.Errorf("%q: browsers read %s//%s (failure %t), Mantlet %s", w.Input, w.Protocol, w.Hostname, w.Failure, l.named.Host)
		}
	}
	t.Logf("%d cases, %d of them may be dialled and are read alike", len(all), taken)
	if taken < 10 {
		t.Errorf("only %d were compared", taken)
	}
}

// No host that is not ASCII is taken, and none that is means another in IDNA.
func TestIDNA(t *testing.T) {
	g := guard(t, nil)
	var cases []json.RawMessage
	if err := json.Unmarshal(corpora(t, "IdnaTestV2.json"), &cases); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, raw := range cases {
		var c struct {
			Input  string  `json:"input"`
			Output *string `json:"output"`
		}
		if json.Unmarshal(raw, &c) != nil { // a comment
			continue
		}
		l, err := ParseLearned("https://" + c.Input + "/")
		if err != nil || g.Check(l) != nil || strings.Contains(strings.ToLower(c.Input), "xn--") {
			continue
		}
		taken++
		if c.Output == nil || *c.Output != strings.ToLower(c.Input) {
			t.Errorf("%q is taken, and stands for something else", c.Input)
		}
	}
	t.Logf("%d names, %d taken as they are", len(cases), taken)
}

// Whatever is taken has one reading, and it is not an address that is refused.
func FuzzParseLearned(f *testing.F) {
	for _, s := range []string{"https://a.example/x", "https://127.0.0.1/", "https://0x7f.1/", "https://[::ffff:7f00:1]/", "https://a@b/", "https:\\\\a.example", "https://2130706433/", "https://[fe80::1%25lo]/", "https://ⓛocalhost/"} {
		f.Add(s)
	}
	if _, err := os.Stat(corpus("urltestdata.json")); err == nil {
		for _, w := range urls(f) {
			f.Add(w.Input)
		}
	} else {
		f.Logf("%s is not there: its own seeds alone", corpus("urltestdata.json"))
	}
	g, err := New(Options{Bytes: 1, Time: 1})
	if err != nil {
		f.Fatal(err)
	}
	base, err := ParseConfigured("https://a.example/sse")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if l, err := base.Resolve(s); err == nil {
			if own, err := base.Owns(l); err == nil && port(own.URL()) != "443" || err == nil && !strings.EqualFold(own.URL().Hostname(), "a.example") {
				t.Fatalf("%q leads away: %s", s, own.URL())
			}
		}
		l, err := ParseLearned(s)
		if err != nil || g.Check(l) != nil {
			return
		}
		u, err := url.Parse(l.named.String())
		if err != nil || *u != l.named && u.String() != l.named.String() {
			t.Fatalf("%q is read again as %v, %v", s, u, err)
		}
		a, name, err := readHost(u.Hostname())
		if err != nil || name == "" && !Public(a) || name != "" && (local(name) || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "") || u.Scheme != "https" || u.User != nil || port(u) != "443" {
			t.Fatalf("%q is taken: %s", s, l.named.String())
		}
		if odd, ok := aton(u.Hostname()); ok && odd.String() != u.Hostname() {
			t.Fatalf("%q is %s to a C library", s, odd)
		}
	})
}

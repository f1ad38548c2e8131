package sink_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

// spellings are ways to write an IPv4 address that some parser, resolver or translator takes to it.
func spellings(a netip.Addr) map[string]string {
	b := a.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	hi, lo := n>>16, n&0xffff
	return map[string]string{
		"dotted": a.String(), "trailing dot": a.String() + ".", "decimal": fmt.Sprint(n), "hex": fmt.Sprintf("0x%08x", n), "HEX": fmt.Sprintf("0X%X", n), "octal": fmt.Sprintf("0%o", n), "long octal": fmt.Sprintf("0000%o", n),
		"dotted hex": fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3]), "dotted octal": fmt.Sprintf("0%o.0%o.0%o.0%o", b[0], b[1], b[2], b[3]), "long dotted octal": fmt.Sprintf("000%o.000%o.000%o.000%o", b[0], b[1], b[2], b[3]), "padded hex": fmt.Sprintf("0x%08x.0x%04x.0x%x.0x%x", b[0], b[1], b[2], b[3]),
		"two parts": fmt.Sprintf("%d.%d", b[0], n&0xffffff), "three parts": fmt.Sprintf("%d.%d.%d", b[0], b[1], lo), "padded": fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3]), "hex and rest": fmt.Sprintf("0x%x.%d", b[0], n&0xffffff),
		"mixed": fmt.Sprintf("%d.0x%x.0%o", b[0], b[1], lo), "overflown": fmt.Sprintf("%d.%d.%d.%d", int(b[0])+256, int(b[1])+256, int(b[2])+256, int(b[3])+256),
		"escaped dots": strings.ReplaceAll(a.String(), ".", "%2e"), "twice escaped": strings.ReplaceAll(a.String(), ".", "%252e"), "escaped digit": fmt.Sprintf("%%3%d", b[0]/100) + a.String()[1:], "all escaped": percentAll(a.String()),
		"full width dots": strings.ReplaceAll(a.String(), ".", "\uff0e"), "ideographic": strings.ReplaceAll(a.String(), ".", "\u3002"), "half width": strings.ReplaceAll(a.String(), ".", "\uff61"), "full width digits": fullWidth(a.String()), "soft hyphen": "\u00ad" + a.String(), "zero width": a.String()[:2] + "\u200b" + a.String()[2:], "circled": circled(a.String()),
		"mapped": "[::ffff:" + a.String() + "]", "mapped hex": fmt.Sprintf("[::ffff:%x:%x]", hi, lo), "mapped long": fmt.Sprintf("[0:0:0:0:0:FFFF:%X:%X]", hi, lo), "mapped zeros": fmt.Sprintf("[0000:0000:0000:0000:0000:ffff:%04x:%04x]", hi, lo),
		"translated": fmt.Sprintf("[::ffff:0:%x:%x]", hi, lo), "compatible": fmt.Sprintf("[::%x:%x]", hi, lo), "6to4": fmt.Sprintf("[2002:%x:%x::1]", hi, lo), "NAT64": fmt.Sprintf("[64:ff9b::%x:%x]", hi, lo), "NAT64 dotted": "[64:ff9b::" + a.String() + "]", "NAT64 local": fmt.Sprintf("[64:ff9b:1::%x:%x]", hi, lo),
		"Teredo": fmt.Sprintf("[2001:0:0:0:0:0:%x:%x]", hi^0xffff, lo^0xffff), "ISATAP": fmt.Sprintf("[2606:4700::5efe:%x:%x]", hi, lo), "mapped zone": "[::ffff:" + a.String() + "%25lo]",
		"user": "example.com@" + a.String(), "user trick": "example.com:443@" + a.String(), "two users": "a@example.com@" + a.String(), "backslash": a.String() + "\\@example.com", "tab": a.String()[:1] + "\t" + a.String()[1:], "newline": a.String()[:1] + "\n" + a.String()[1:],
		"fragment trick": a.String() + "#@example.com", "query trick": a.String() + "?@example.com", "port and user": "example.com:80@" + a.String() + ":81", "vertical tab": a.String()[:1] + "\x0b" + a.String()[1:], "two dots at the end": a.String() + "..", "upper mapped": fmt.Sprintf("[::FFFF:%X:%X]", hi, lo), "octal with a port": fmt.Sprintf("0%o:8080", n), "word joiner": a.String()[:1] + "\u2060" + a.String()[1:], "mapped with a port": "[::ffff:" + a.String() + "]:8080", "thrice escaped": strings.ReplaceAll(a.String(), ".", "%25252e"),
		"nip.io": a.String() + ".nip.io", "sslip.io": strings.ReplaceAll(a.String(), ".", "-") + ".sslip.io", "with a port": a.String() + ":8080", "decimal with a port": fmt.Sprint(n) + ":80", "entity": strings.ReplaceAll(a.String(), ".", "&#46;"), "unicode escape": strings.ReplaceAll(a.String(), ".", "%u002e"),
	}
}

func percentAll(s string) (out string) {
	for i := range len(s) {
		out += fmt.Sprintf("%%%02x", s[i])
	}
	return out
}

func fullWidth(s string) (out string) {
	for _, r := range s {
		out += string(r - '!' + 0xff01)
	}
	return out
}

func circled(s string) (out string) {
	for _, r := range s {
		switch {
		case r == '0':
			r = '\u24ea'
		case r >= '1' && r <= '9':
			r = r - '1' + '\u2460'
		}
		out += string(r)
	}
	return out
}

// An inner address is refused in every spelling; that of a public one is not, for its spelling alone,
// where it is written as one.
func TestAddressesInEverySpelling(t *testing.T) {
	p := planOf(t, "fetch", "", sink.Options{}, "url")
	n := 0
	for _, address := range []string{"127.0.0.1", "169.254.169.254", "10.0.0.5", "192.168.1.1", "172.16.3.4", "100.64.0.1"} {
		for name, host := range spellings(netip.MustParseAddr(address)) {
			for _, form := range []string{"http://%s/latest/meta-data", "https://%s/", "//%s/x", "HTTP:/\\%s/"} {
				u := fmt.Sprintf(form, host)
				n++
				if hits := p.Check(arguments(t, "url", u)); worst(hits) < finding.High {
					t.Errorf("%s %q: %s", name, u, rules(hits))
				}
			}
		}
	}
	if len(spellings(netip.MustParseAddr("127.0.0.1"))) < 60 {
		t.Error("there are fewer than 60 spellings")
	}
	t.Logf("%d spellings of an address, %d addresses in all", len(spellings(netip.MustParseAddr("127.0.0.1"))), n)
	for _, host := range []string{"8.8.8.8", "8.8.8.8:53", "[2606:4700::1111]", "example.com", "EXAMPLE.com.", "b\u00fccher.example", "xn--bcher-kva.example", "a-b.example.co.uk:8443"} {
		if hits := p.Check(arguments(t, "url", "https://"+host+"/x")); hits != nil {
			t.Errorf("%s: %s", host, rules(hits))
		}
	}
}

func TestURLs(t *testing.T) {
	free := sink.Options{}
	for _, c := range []struct {
		name, url, want string
		o               sink.Options
	}{
		{"script", "javascript:alert(1)", "url-scheme=high", free},
		{"script in disguise", "java\nscript:alert(1)", "line-break=high url-scheme=high", free},
		{"a file", "file:///etc/passwd", "url-scheme=high", free},
		{"gopher", "gopher://example.com:70/_x", "url-scheme=high", free},
		{"intent (G-07)", "intent://scan/#Intent;scheme=zxing;end", "url-scheme=high", free},
		{"content (G-07)", "content://com.android.contacts/x", "url-scheme=high", free},
		{"markup in data", "data:text/html,<script>alert(1)</script>", "url-scheme=high markup=low", free},
		{"a picture in data", "data:image/png;base64,AAAA", "", free},
		{"a protocol handler", "ms-msdt:/id PCWDiagnostic", "url-scheme=high", free},
		{"localhost", "http://localhost:3000/", "url-inner=high", free},
		{"localhost that is listed", "http://localhost:3000/", "", sink.Options{Policy: sink.Policy{Inner: []string{"localhost"}}}},
		{"a range that is listed", "http://10.1.2.3/", "", sink.Options{Policy: sink.Policy{Inner: []string{"10.0.0.0/8"}}}},
		{"listed, in another spelling", "http://0x0a010203/", "url-disguised=high", sink.Options{Policy: sink.Policy{Inner: []string{"10.0.0.0/8"}}}},
		{"a cluster", "http://kubernetes.default.svc/api", "url-metadata=critical", free},
		{"an inner name", "https://vault.corp/v1", "url-inner=high", free},
		{"one word", "http://printer/", "url-inner=medium", free},
		{"metadata", "http://169.254.169.254/latest/", "url-metadata=critical", free},
		{"metadata by name", "http://metadata.google.internal./x", "url-metadata=critical", free},
		{"metadata by version six", "http://[fd00:ec2::254]/", "url-metadata=critical", free},
		{"loopback by version six", "http://[::1]:8080/", "url-inner=high", free},
		{"any", "http://0/", "url-disguised=high", free},
		{"without a scheme", "127.0.0.1:9200/_cat", "url-inner=high", free},
		{"sent on", "https://example.com/go?to=http%3A%2F%2F169.254.169.254%2F", "url-redirect=high", free},
		{"sent on to localhost", "https://example.com/?u=http://localhost/", "url-redirect=medium", free},
		{"sent on to a script", "https://example.com/?next=javascript:alert(1)", "url-redirect=high", free},
		{"sent on to the web", "https://example.com/?next=https%3A%2F%2Fexample.org%2F", "", free},
		{"a password", "https://user:secret@example.com/", "url-user=medium", free},
		{"a host for a user", "https://example.com@evil.example/", "url-confusing=high", free},
		{"a line break", "http://example.com/%0d%0aHost:x", "line-break=high", free},
		{"a host that is allowed", "https://api.example.com/x", "", sink.Options{Policy: sink.Policy{Hosts: []string{"*.example.com"}}}},
		{"one that is not", "https://example.org/", "url-unlisted=high", sink.Options{Policy: sink.Policy{Hosts: []string{"*.example.com"}}}},
		{"one that ends alike", "https://badexample.com/", "url-unlisted=high", sink.Options{Policy: sink.Policy{Hosts: []string{"*.example.com"}}}},
		{"an empty list", "https://example.org/", "url-unlisted=high", sink.Options{Policy: sink.Policy{Hosts: []string{}}}},
		{"a scheme that is not listed", "http://example.org/", "url-scheme=high", sink.Options{Policy: sink.Policy{Schemes: []string{"https"}}}},
		{"a port that is not", "https://example.org:22/", "url-port=high", sink.Options{Policy: sink.Policy{Ports: []uint16{443}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, "fetch", "", c.o, "url")
			if got := rules(p.Check(arguments(t, "url", c.url))); got != c.want {
				t.Errorf("%q: %s, want %s", c.url, got, c.want)
			}
		})
	}
}

// What looks like an address is judged as one, wherever it stands and no prose is asked for.
func TestAddressesAnywhere(t *testing.T) {
	p := planOf(t, "go", "", sink.Options{}, "item")
	if got := rules(p.Check(arguments(t, "item", "http://169.254.169.254/"))); got != "url-metadata=critical" {
		t.Error(got)
	}
	if got := rules(p.Check(arguments(t, "item", []any{map[string]any{"callback": map[string]any{"webhook_url": "http://127.1/"}}}))); got != "url-disguised=high" {
		t.Error(got)
	}
	p = planOf(t, "ping", "", sink.Options{}, "host")
	for host, want := range map[string]string{"example.com": "", "169.254.169.254": "url-metadata=critical", "0x7f.1": "url-disguised=high", "-oProxyCommand=x": "flag=high", "example.com;id": "metacharacter=high", "10.0.0.0/8": "url-inner=medium"} {
		if got := rules(p.Check(arguments(t, "host", host))); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

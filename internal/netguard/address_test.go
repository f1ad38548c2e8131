package netguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		// public
		"8.8.8.8": true, publicIP: true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.0": true, "172.15.255.255": true, "172.32.0.0": true,
		"169.253.255.255": true, "169.255.0.0": true, "192.167.255.255": true, "198.17.255.255": true, "198.20.0.0": true, "223.255.255.255": true,
		"11.0.0.0": true, "9.255.255.255": true, "126.255.255.255": true, "128.0.0.0": true, "168.63.129.15": true,
		"2606:4700::1111": true, "2a00:1450:4001::200e": true, "2001:4860:4860::8888": true, "2001:200::1": true, "3ffe::1": true,
		// IPv4 that is not
		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "10.255.255.255": false, "100.64.0.0": false, "100.100.100.200": false, "100.127.255.255": false,
		"127.0.0.1": false, "127.255.255.254": false, "169.254.0.0": false, "169.254.169.254": false, "169.254.170.2": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.0.0.1": false, "192.0.0.192": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.0.1": false, "192.168.255.255": false,
		"198.18.0.1": false, "198.19.255.255": false, "198.51.100.7": false, "203.0.113.7": false, "224.0.0.1": false, "239.255.255.255": false,
		"240.0.0.1": false, "255.255.255.255": false, "168.63.129.16": false,
		// IPv6 that is not
		"::": false, "::1": false, "::ffff:8.8.8.8": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false, "::ffff:0:127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::808:808": false, "64:ff9b:1::1": false, "100::1": false,
		"2001::1": false, "2001:0:53aa:64c:0:fbff:80ff:fffe": false, "2001:2::1": false, "2001:10::1": false, "2001:20::1": false, "2001:db8::1": false,
		"2002:7f00:1::1": false, "2002:808:808::1": false, "3fff::1": false, "4000::1": false, "5f00::1": false,
		"fc00::1": false, "fd00:ec2::254": false, "fdff::1": false, "fe80::1": false, "fe80::1%eth0": false, "2606:4700::1111%eth0": false, "fec0::1": false,
		"ff02::1": false, "ff0e::1": false, "2606:4700::5efe:7f00:1": false, "2606:4700::200:5efe:7f00:1": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: public is %t", text, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// spellings are ways to write an IPv4 address that some parser or resolver reads,
// or that a translator or tunnel delivers to it.
func spellings(a netip.Addr) map[string]string {
	b := a.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	hi, lo := n>>16, n&0xffff
	return map[string]string{
		"dotted": a.String(), "trailing dot": a.String() + ".", "decimal": fmt.Sprint(n), "hex": fmt.Sprintf("0x%08x", n), "HEX": fmt.Sprintf("0X%X", n), "octal": fmt.Sprintf("0%o", n),
		"dotted hex": fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3]), "dotted octal": fmt.Sprintf("0%o.0%o.0%o.0%o", b[0], b[1], b[2], b[3]),
		"two parts": fmt.Sprintf("%d.%d", b[0], n&0xffffff), "three parts": fmt.Sprintf("%d.%d.%d", b[0], b[1], lo), "padded": fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3]),
		"mixed": fmt.Sprintf("%d.0x%x.0%o", b[0], b[1], lo), "escaped": strings.ReplaceAll(a.String(), ".", "%2e"), "escaped digit": fmt.Sprintf("%%3%d", b[0]%10) + a.String(),
		"full width": strings.ReplaceAll(a.String(), ".", "\uff0e"), "ideographic": strings.ReplaceAll(a.String(), ".", "\u3002"), "soft hyphen": "\u00ad" + a.String(),
		"mapped": "[::ffff:" + a.String() + "]", "mapped hex": fmt.Sprintf("[::ffff:%x:%x]", hi, lo), "mapped long": fmt.Sprintf("[0:0:0:0:0:FFFF:%X:%X]", hi, lo),
		"translated": fmt.Sprintf("[::ffff:0:%x:%x]", hi, lo), "compatible": fmt.Sprintf("[::%x:%x]", hi, lo), "6to4": fmt.Sprintf("[2002:%x:%x::1]", hi, lo),
		"NAT64": fmt.Sprintf("[64:ff9b::%x:%x]", hi, lo), "NAT64 local": fmt.Sprintf("[64:ff9b:1::%x:%x]", hi, lo), "Teredo": fmt.Sprintf("[2001:0:0:0:0:0:%x:%x]", hi^0xffff, lo^0xffff),
		"ISATAP": fmt.Sprintf("[2606:4700::5efe:%x:%x]", hi, lo), "zone": "[fe80::1%25" + a.String() + "]", "mapped zone": "[::ffff:" + a.String() + "%25lo]",
		"bracketed": "[" + a.String() + "]", "user": "example.com@" + a.String(), "user trick": "example.com:443@" + a.String(), "backslash": a.String() + "\\.example.com",
		"tab": a.String()[:1] + "\t" + a.String()[1:],
	}
}

// Property: an address of a refused range is refused in every spelling, both where
// the URL is judged and where it is dialled, and nothing is ever dialled.
func TestRefusedRangesInEverySpelling(t *testing.T) {
	g := guard(t, func(o *Options) { o.PlainHTTP = true })
	dialled := grounded(g)
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(refused4).Draw(t, "range")
		b, r := p.Addr().As4(), rapid.Uint32().Draw(t, "host")
		mask := net.CIDRMask(p.Bits(), 32)
		for i := range b {
			b[i] = b[i]&mask[i] | byte(r>>(8*i))&^mask[i]
		}
		for name, host := range spellings(netip.AddrFrom4(b)) {
			for _, scheme := range []string{"https://", "http://"} {
				l, err := ParseLearned(scheme + host + "/x")
				if err == nil {
					err = g.Check(l)
				}
				if !errors.Is(err, ErrRefused) {
					t.Fatalf("%s %s%s: %v", name, scheme, host, err)
				}
			}
			if _, err := g.DialContext(context.Background(), "tcp", strings.Trim(host, "[]")+":443"); err == nil || len(*dialled) > 0 {
				t.Fatalf("%s %s was dialled: %v", name, host, *dialled)
			}
		}
	})
}

// The same for IPv6, as a literal and as a name's answer.
func TestRefusedIPv6Ranges(t *testing.T) {
	names := &answers{of: map[string][][]netip.Addr{}}
	g := guard(t, func(o *Options) { o.Resolver = names })
	dialled := grounded(g)
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(append(prefixes("::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"), refused6...)).Draw(t, "range")
		b := p.Addr().As16()
		mask := net.CIDRMask(p.Bits(), 128)
		for i := range b {
			b[i] = b[i]&mask[i] | rapid.Byte().Draw(t, "byte")&^mask[i]
		}
		a := netip.AddrFrom16(b)
		if Public(a) {
			t.Fatalf("%s of %s is public", a, p)
		}
		for _, host := range []string{a.String(), a.StringExpanded(), strings.ToUpper(a.String())} {
			if l, err := ParseLearned("https://[" + host + "]/"); err == nil && g.Check(l) == nil {
				t.Fatalf("%s is taken", host)
			}
		}
		if a.Is4In6() && Public(a.Unmap()) {
			return // as an answer it stands for a public address
		}
		names.of["x.example"] = [][]netip.Addr{{netip.MustParseAddr(publicIP), a}}
		if _, err := g.DialContext(context.Background(), "tcp", "x.example:443"); !errors.Is(err, ErrRefused) || len(*dialled) > 0 {
			t.Fatalf("%s: %v, dialled %v", a, err, *dialled)
		}
	})
}

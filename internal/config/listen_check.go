package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func (c *checker) listen(l Listen) {
	if _, _, err := net.SplitHostPort(l.Address); err != nil {
		c.add("listen.address", "%q is not host:port; write it like 127.0.0.1:7332", l.Address)
	} else if !loopback(l.Address) && l.TLS.CertFile == "" && len(l.TrustedProxies) == 0 && c.sure("listen.tls", "listen.trustedProxies") {
		c.add("listen.address", "%s can be reached from other machines, in the clear; set listen.tls, or listen.trustedProxies if a proxy in front speaks TLS", l.Address)
	}
	if (l.TLS.CertFile == "") != (l.TLS.KeyFile == "") && c.sure("listen.tls") {
		c.add("listen.tls", "needs both certFile and keyFile")
	}
	for i, p := range l.TrustedProxies {
		c.proxyNetwork(index("listen.trustedProxies", i), p)
	}
	for i, h := range l.AllowedHosts {
		if !isHost(h) {
			c.add(index("listen.allowedHosts", i), "is neither host nor host:port; name each host that is served, without wildcards")
		}
	}
	for i, o := range l.AllowedOrigins {
		if why := badOrigin(o); why != "" {
			c.add(index("listen.allowedOrigins", i), "%s", why)
		}
	}
}

// proxyNetwork holds the networks whose X-Forwarded-For is believed to what
// somebody can own: a short prefix lets strangers write their own address.
func (c *checker) proxyNetwork(at, text string) {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		c.add(at, "%q is not a network; write it like 10.0.0.0/8", text)
	case p.Addr().Is4In6():
		c.add(at, "%s is an IPv4 network written as IPv6; write it as IPv4", p)
	case p.Addr().Is4() && p.Bits() < 8, p.Addr().Is6() && p.Bits() < 16:
		c.add(at, "%s is believed far too widely; name the proxies' own networks, at least /8 for IPv4 and /16 for IPv6", p)
	case p != p.Masked():
		c.add(at, "%s holds an address and not a network; write %s, or the address with /%d", p, p.Masked(), p.Addr().BitLen())
	}
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$`)

// isHost is true of what the front compares Host headers with: a name or an address,
// with or without a port.
func isHost(s string) bool {
	if name(s) {
		return true
	}
	host, port, err := net.SplitHostPort(s)
	return err == nil && name(host) && isPort(port)
}

func name(s string) bool {
	ip, err := netip.ParseAddr(s)
	return len(s) <= 253 && (hostName.MatchString(s) || (err == nil && ip.Zone() == ""))
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && s[0] != '0'
}

// webSchemes are those whose origins have the form scheme://host. The ones beside
// http and https belong to editors' and browsers' own pages.
var webSchemes = []string{"http", "https", "vscode-webview", "chrome-extension", "moz-extension", "safari-web-extension"}

// badOrigin says why s is not an origin as browsers write it (RFC 6454, section
// 6.1); the front compares the bytes. The value is not repeated: it may be a URL
// with a password.
func badOrigin(s string) string {
	if s == "*" || s == "null" {
		return "would let every page call; name the origins that may, like https://app.example"
	}
	const form = "is not an origin; write it as browsers do, like https://app.example or http://localhost:3000, in lower case and without a path"
	u, err := url.Parse(s)
	if err != nil || s != u.Scheme+"://"+u.Host || s != strings.ToLower(s) || !slices.Contains(webSchemes, u.Scheme) {
		return form
	}
	host, port := u.Hostname(), u.Port()
	bare, known := host, hostName.MatchString(host)
	if strings.HasPrefix(u.Host, "[") {
		ip, err := netip.ParseAddr(host)
		bare, known = "["+host+"]", err == nil && ip.Is6()
	}
	switch {
	case !known:
		return form
	case u.Host == bare:
		return ""
	}
	return badPort(u.Scheme, port)
}

func badPort(scheme, port string) string {
	switch {
	case !isPort(port):
		return "has no usable port; write 1 to 65535"
	case scheme == "http" && port == "80", scheme == "https" && port == "443":
		return "names the port that browsers leave out; leave it out too"
	}
	return ""
}

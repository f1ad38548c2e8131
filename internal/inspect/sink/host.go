package sink

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/mantlet-mcp/mantlet/internal/netguard"
)

// A verdict is what a host is.
type verdict uint8

const (
	public    verdict = iota
	inner             // an address or a name of this machine or network
	metadata          // where a cloud tells its machines their secrets
	disguised         // an inner address in a spelling that is not its own
	noHost            // neither a name nor an address
)

// A host is a name or an address, read as the most lenient reader would.
type host struct {
	name    string // in lower case; of an address its canonical form
	addr    netip.Addr
	verdict verdict
}

// maxHost is how long a host may be, in bytes (RFC 1035 has 253).
const maxHost = 300

// readHost reads the host of a URL, or one alone.
func readHost(text []byte) (h host) {
	text = bytes.Trim(text, " \t")
	if len(text) == 0 || len(text) > maxHost {
		return host{verdict: noHost}
	}
	plain, tidy := true, true
	for _, c := range text {
		plain = plain && c < 0x80
		tidy = tidy && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-')
	}
	if tidy && text[len(text)-1] != '.' {
		h.name = asString(text) // as most are: nothing is made
		if !h.four(text) {
			h.named()
		}
		return h
	}
	name := string(text)
	if !plain {
		name = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".", "\u200b", "", "\u00ad", "", "\u2060", "", "\ufeff", "").Replace(norm.NFKC.String(name))
	}
	bracketed := strings.HasPrefix(name, "[")
	name = strings.ToLower(strings.TrimRight(strings.Trim(name, "[]"), "."))
	h.name = name
	switch {
	case name == "":
		h.verdict = noHost
	case strings.Contains(name, ":"):
		h.six(bracketed)
	case !h.four(text):
		h.named()
	}
	return h
}

// six reads an IPv6 address, and the IPv4 address within it.
func (h *host) six(bracketed bool) {
	a, err := netip.ParseAddr(strings.Replace(h.name, "%25", "%", 1))
	if err != nil {
		h.verdict = noHost
		return
	}
	h.addr = a.WithZone("")
	switch {
	case h.addr.Is4In6():
		h.addr = h.addr.Unmap()
		if !netguard.Public(h.addr) {
			h.verdict = disguised
		}
	case netguard.Public(h.addr):
	case h.addr == netip.MustParseAddr("fd00:ec2::254"), h.addr == netip.MustParseAddr("fd20:ce::254"):
		h.verdict = metadata
	default:
		h.verdict = inner
		if !h.addr.IsLoopback() && !h.addr.IsPrivate() && !h.addr.IsLinkLocalUnicast() && !h.addr.IsUnspecified() {
			h.verdict = disguised // translated, tunnelled, compatible
		}
	}
	if a.Zone() != "" && h.verdict == public || !bracketed && h.verdict == disguised && a.Is6() && !a.Is4In6() {
		h.verdict = inner
	}
}

// four reads an IPv4 address in the spellings of inet_aton(3) and of browsers: one to four parts,
// decimal, octal or hexadecimal. It reports whether the name is one.
func (h *host) four(text []byte) bool {
	if !numeric(h.name[strings.LastIndexByte(h.name, '.')+1:]) {
		return false
	}
	parts := strings.Split(h.name, ".")
	if len(parts) > 4 {
		return false
	}
	canonical := len(parts) == 4 && string(text) == h.name
	var read [3]uint64 // by base, by tens alone, and by the low bits of each part
	for i, p := range parts {
		if !numeric(p) {
			return false
		}
		width := uint(8)
		if i == len(parts)-1 {
			width = uint(8 * (4 - i)) //nolint:gosec // 1 to 4
		}
		based, tens := number(p)
		canonical = canonical && (len(p) == 1 || p[0] != '0') && based < 256
		read[0] = read[0]<<width | min(based, 1<<width-1)
		read[1] = read[1]<<width | min(tens, 1<<width-1)
		read[2] = read[2]<<width | based&(1<<width-1)
	}
	for i, v := range read {
		a := netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}) //nolint:gosec // byte by byte
		if i == 0 || !netguard.Public(a) && netguard.Public(h.addr) {
			h.addr = a
		}
	}
	h.judge(canonical)
	return true
}

func (h *host) judge(canonical bool) {
	switch {
	case netguard.Public(h.addr):
	case !canonical:
		h.verdict = disguised
	case h.addr == netip.AddrFrom4([4]byte{169, 254, 169, 254}), h.addr == netip.AddrFrom4([4]byte{169, 254, 170, 2}), h.addr == netip.AddrFrom4([4]byte{100, 100, 100, 200}), h.addr == netip.AddrFrom4([4]byte{168, 63, 129, 16}), h.addr == netip.AddrFrom4([4]byte{192, 0, 0, 192}):
		h.verdict = metadata
	default:
		h.verdict = inner
	}
	h.name = h.addr.String()
}

func numeric(s string) bool {
	if hexadecimal, ok := strings.CutPrefix(s, "0x"); ok {
		return strings.Trim(hexadecimal, "0123456789abcdef") == ""
	}
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// number reads a part in its base, and as if it had none. What is too large is the largest.
func number(s string) (based, tens uint64) {
	base := uint64(10)
	digits := s
	switch {
	case strings.HasPrefix(s, "0x"):
		base, digits = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base = 8
	}
	const limit = 1 << 40
	for i := range len(digits) {
		d, _ := hex([]byte{digits[i]})
		based = min(based*base+uint64(d), limit) //nolint:gosec // 0 to 15
		tens = min(tens*10+uint64(d), limit)     //nolint:gosec // 0 to 15
	}
	if base == 16 {
		tens = based
	}
	return based, tens
}

// Names that are never public (RFC 6761, 6762, 8375, and .internal as ICANN set it aside), names of
// clouds' own services, and names that answer with the address that they hold.
var (
	localNames    = []string{"localhost", "localdomain", "local", "internal", "home.arpa", "lan", "intranet", "corp", "consul", "svc"}
	metadataNames = []string{"metadata.google.internal", "metadata", "metadata.goog", "instance-data", "instance-data.ec2.internal", "metadata.tencentyun.com", "metadata.packet.net", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "host.docker.internal", "gateway.docker.internal"}
	answering     = []string{"nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com", "traefik.me", "rbndr.us", "localh.st", "local.gd", "spoofed.burpcollaborator.net", "1u.ms"}
)

// named judges a host's name.
func (h *host) named() {
	for i := range len(h.name) {
		if c := h.name[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`"<>\^{|}#?@/%`+"`", c) >= 0 {
			h.verdict = noHost
			return
		}
	}
	last := h.name[strings.LastIndexByte(h.name, '.')+1:]
	switch {
	case is(metadataNames, h.name):
		h.verdict = metadata
	case endsIn(answering, h.name):
		h.verdict = disguised
	case is(localNames, last) || strings.HasSuffix(h.name, ".home.arpa"):
		h.verdict = inner
	case last == h.name:
		h.verdict = inner // a resolver completes it
	}
}

func is(list []string, name string) bool {
	return slices.Contains(list, name)
}

func endsIn(list []string, name string) bool {
	for _, one := range list {
		if name == one || strings.HasSuffix(name, one) && name[len(name)-len(one)-1] == '.' {
			return true
		}
	}
	return false
}

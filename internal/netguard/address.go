package netguard

import "net/netip"

// refused4 are IPv4 ranges that are not the public internet: IANA's special-purpose
// registry (RFC 6890), multicast (RFC 5771), class E, and the one public address at
// which a cloud serves its machines.
var refused4 = prefixes(
	"0.0.0.0/8",          // this network, RFC 791
	"10.0.0.0/8",         // private, RFC 1918
	"100.64.0.0/10",      // carrier-grade NAT, RFC 6598
	"127.0.0.0/8",        // loopback, RFC 1122
	"168.63.129.16/32",   // Azure's host agent
	"169.254.0.0/16",     // link-local, RFC 3927: metadata services
	"172.16.0.0/12",      // private, RFC 1918
	"192.0.0.0/24",       // IETF protocol assignments, RFC 6890
	"192.0.2.0/24",       // documentation, RFC 5737
	"192.88.99.0/24",     // 6to4 relay anycast, RFC 7526
	"192.168.0.0/16",     // private, RFC 1918
	"198.18.0.0/15",      // benchmarking, RFC 2544
	"198.51.100.0/24",    // documentation, RFC 5737
	"203.0.113.0/24",     // documentation, RFC 5737
	"224.0.0.0/4",        // multicast, RFC 5771
	"240.0.0.0/4",        // reserved, RFC 1112
	"255.255.255.255/32", // broadcast, RFC 919
)

// global6 is all that IANA gave out as global unicast. What lies outside, loopback,
// ULA, link-local, site-local, multicast, IPv4-mapped and both NAT64 prefixes among
// it, is refused without being named.
var global6 = netip.MustParsePrefix("2000::/3")

// refused6 are the ranges within global6 that are something else.
var refused6 = prefixes(
	"2001::/23",     // IETF protocol assignments, RFC 2928: Teredo, ORCHID, benchmarking
	"2001:db8::/32", // documentation, RFC 3849
	"2002::/16",     // 6to4, RFC 3056: an IPv4 address inside
	"3fff::/20",     // documentation, RFC 9637
)

func prefixes(all ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(all))
	for i, s := range all {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public reports whether a is an address of the public internet. An IPv4-mapped
// address and one with a zone are not, whatever they stand for.
func Public(a netip.Addr) bool {
	switch {
	case !a.IsValid(), a.Zone() != "", a.Is4In6():
		return false
	case a.Is4():
		return !within(refused4, a)
	}
	return global6.Contains(a) && !within(refused6, a) && !isatap(a)
}

func within(all []netip.Prefix, a netip.Addr) bool {
	for _, p := range all {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// isatap: an interface identifier that holds an IPv4 address (RFC 5214, 6.1).
func isatap(a netip.Addr) bool {
	b := a.As16()
	return b[8]&^3 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

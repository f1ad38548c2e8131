// Package netguard goes to addresses that a peer named, and to none that a peer
// should not be able to name.
//
// The question: may Mantlet connect there because somebody else said so? The
// threats: SSRF and exfiltration by URL (E01-E03, S17, A18), a name
// that resolves to a public address while it is judged and to loopback while it is
// dialled (rebinding, A10), a redirect into the network, an address in a spelling
// that the judge reads otherwise than the dialler. The control: C001, its egress
// half. It trusts what an administrator wrote down and nothing else: a
// Configured and a Learned are different types, and only Configured.Owns makes one
// of the other. When anything is in doubt (a name without an answer, one address of
// many that is not public, a spelling that is not canonical) the answer is no.
//
// What no judge of addresses can see: NAT64 and tunnels with prefixes of a
// network's own. Those are for a firewall; docs name them.
package netguard

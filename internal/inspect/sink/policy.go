package sink

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// A Policy is what an administrator allows beyond what is refused of itself. In each list nil
// sets nothing, and an empty one that is not nil allows nothing.
type Policy struct {
	Roots   []string   // absolute directories; a path lies in one of them. A relative one is taken to
	Schemes []string   // of addresses, in lower case; nil is http and https, and what is no danger
	Hosts   []string   // exact, or "*.example.com" for all below
	Ports   []uint16   // of addresses that name one
	Inner   []string   // hosts, addresses and ranges that are not public and may be named all the same
	Domains []string   // of recipients, or whole addresses
	SQL     Statements // the most that a statement may do; zero is what the place's kind says
	Least   *float64   // amount
	Most    *float64
}

// Statements is what a statement does, in rising order.
type Statements uint8

// What statements do.
const (
	Reads Statements = iota + 1
	Writes
	Defines // tables, rights, sessions, files: anything else
)

// A policy is a Policy, made ready.
type policy struct {
	Policy

	roots  []string // cleaned, in both a Unix's and a Windows' form, without the last slash
	inner  []netip.Prefix
	inside []string // names among Inner
}

func (p *Policy) ready() (*policy, error) {
	r := &policy{Policy: *p}
	for _, root := range p.Roots {
		c := cleaned(nil, []byte(root))
		if !c.absolute {
			return nil, fmt.Errorf("sink: the root %q is not absolute; write the whole path", root)
		}
		r.roots = append(r.roots, strings.TrimSuffix(string(c.path), "/"))
	}
	for _, one := range p.Inner {
		if a, err := netip.ParseAddr(one); err == nil {
			r.inner = append(r.inner, netip.PrefixFrom(a, a.BitLen()))
		} else if in, err := netip.ParsePrefix(one); err == nil {
			r.inner = append(r.inner, in.Masked())
		} else if strings.ContainsAny(one, "/:") {
			return nil, fmt.Errorf("sink: %q is no host, address or range of addresses", one)
		} else {
			r.inside = append(r.inside, strings.ToLower(one))
		}
	}
	if p.Least != nil && p.Most != nil && *p.Least > *p.Most {
		return nil, fmt.Errorf("sink: the least amount %v is more than the most %v", *p.Least, *p.Most)
	}
	return r, nil
}

// knows reports whether a host that is not public may be named.
func (p *policy) knows(name string, a netip.Addr) bool {
	if slices.Contains(p.inside, name) {
		return true
	}
	return a.IsValid() && slices.ContainsFunc(p.inner, func(in netip.Prefix) bool { return in.Contains(a) })
}

// below reports whether host is one of the list, or below one of it.
func below(list []string, host string) bool {
	return slices.ContainsFunc(list, func(one string) bool {
		one = strings.ToLower(one)
		if under, all := strings.CutPrefix(one, "*."); all {
			return strings.HasSuffix(host, "."+under)
		}
		return host == one
	})
}

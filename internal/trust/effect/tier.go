package effect

// A Class is how sensitive the data is that a tool reaches. The zero Class is not
// known, and counts as Confidential.
type Class uint8

// The classes.
const (
	Unclassified Class = iota
	Public
	Internal
	Confidential
	Restricted
)

// Tier is how deep the vetting of a tool goes (C092), 1 to 4:
//
//	1  reads public data
//	2  reads other data or the network, or writes public or internal data
//	3  deletes, sends, or writes confidential data; reads confidential data and reaches
//	   the network, which is how data leaves; anything with restricted data
//	4  executes, handles secrets, moves money; deletes or sends restricted data
//
// An Unclear tool counts as one that writes, and is never below 3 unless its data is
// public.
func Tier(e Effects, c Class) int {
	if c == Unclassified || c > Restricted {
		c = Confidential
	}
	all := e.All()
	loses := all&(Delete|Send) != 0
	switch {
	case all&(Execute|Secret|Money) != 0, loses && c == Restricted:
		return 4
	case loses, c == Restricted, e.Changes() && c == Confidential, all.Has(Network) && c == Confidential, e.Inferred == 0 && c > Public:
		return 3
	case e.Changes(), all.Has(Network), c > Public:
		return 2
	}
	return 1
}

package rule

import "slices"

// A structure is what signals make together, in one window: one of each group must be there.
// It weighs beyond what its signals do.
type structure struct {
	name   string
	weight int // in points
	of     []set
}

var (
	triggers = setOf("asks", "every", "whenever", "before", "after", "using", "doing", "event", "first")
	spared   = setOf("path", "place", "secret", "memory")
	fixed    = setOf("constant", "address", "hook", "scale")

	structures = []structure{
		{"another tool's argument is fixed", 17, []set{setOf("called"), setOf("using"), fixed}},
		{"a value is changed on the way", 19, []set{triggers, setOf("tamper"), fixed}},
		{"a recipient is added or replaced", 18, []set{triggers, setOf("recipient"), setOf("address", "hook", "constant")}},
		{"what is to be kept is read or passed on", 31, []set{triggers | setOf("must", "needs"), spared, setOf("reach", "ship", "order: send")}},
		{"something is sent away", 14, []set{triggers, setOf("ship", "order: send"), setOf("address", "hook", "stranger")}},
		{"something else is destroyed, run or opened up", 10, []set{triggers, setOf("active", "directive", "passive"), setOf("destroy", "run", "grant")}},
		{"a false necessity", 18, []set{setOf("before", "first", "every"), setOf("must", "needs", "should"), setOf("security", "threat")}},
		{"a tool that is needed for all else", 21, []set{setOf("posed"), setOf("path", "secret", "memory", "destroy", "run", "grant", "loop", "reach", "threat", "security", "scale")}},
		{"more rights are asked for", 19, []set{setOf("grant"), setOf("must", "needs", "should", "before", "first", "whenever", "every")}},
		{"a reason for an order", 5, []set{triggers, setOf("active", "directive", "passive", "errand"), setOf("security", "threat", "improve")}},
		{"a tool is to be preferred or avoided", 17, []set{setOf("usurp"), setOf("called", "foreign")}},
		{"a tool is to be preferred to all", 8, []set{setOf("usurp"), setOf("must", "should", "instead", "every")}},
		{"it is to be kept quiet", 23, []set{setOf("hush"), setOf("path", "ship", "tamper", "destroy", "run", "secret", "memory", "address")}},
		{"what the user said is overruled", 11, []set{setOf("regardless", "instead"), triggers | setOf("must"), setOf("tamper", "constant", "scale", "recipient", "deny")}},
		{"an order for an event", 3, []set{setOf("asks", "event", "whenever", "after", "every"), setOf("active", "directive", "passive")}},
		{"a sibling's argument is prescribed", 11, []set{setOf("sibling"), setOf("order: tamper", "tamper"), fixed}},
		{"a spare parameter asks for what is private", 40, []set{setOf("spare"), spared}},
		{"a sibling is avoided", 10, []set{setOf("sibling"), setOf("usurp")}},
		{"a sibling and what is to be kept", 15, []set{setOf("sibling"), spared | setOf("address", "stranger", "destroy", "hush", "regardless")}},
	}
)

// A set holds signals by their number.
type set uint64

func setOf(names ...string) (out set) {
	for _, n := range names {
		i := slices.IndexFunc(signals, func(g signal) bool { return g.name == n })
		if i < 0 {
			panic("no signal is " + n)
		}
		out |= 1 << i
	}
	return out
}

// in reports whether h holds one signal of each group.
func (x *structure) in(h set) bool {
	for _, g := range x.of {
		if h&g == 0 {
			return false
		}
	}
	return true
}

package rule

import "slices"

// Rules are all rules, in the order of their ids' groups.
func Rules() []Rule {
	return slices.Concat(hiddenRules(), markedRules(), injectRules(), lureRules(), orderRules(), concealRules(), takeRules(), exfilRules(), shadowRules(), harmRules())
}

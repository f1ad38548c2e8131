package rule

import "slices"

// Rules are all rules, in the order of their ids' groups.
func Rules() []Rule {
	return slices.Concat(hiddenRules(), injectRules(), orderRules(), concealRules(), takeRules(), shadowRules(), harmRules())
}

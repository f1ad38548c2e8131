package personal

import (
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/checksum"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// An issuer is a range of the first digits of cards (ISO/IEC 7812), four of them, and how
// long their numbers are.
type issuer struct {
	first, last, least, most int
	rare                     bool // a number without a word beside it is more often something else
}

var issuers = [...]issuer{
	{4000, 4999, 16, 16, false}, {4000, 4999, 13, 19, true}, // Visa
	{5100, 5599, 16, 16, false}, {2221, 2720, 16, 16, false}, // Mastercard
	{3400, 3499, 15, 15, false}, {3700, 3799, 15, 15, false}, // American Express
	{6011, 6011, 16, 19, false}, {6440, 6599, 16, 19, false}, // Discover
	{3000, 3059, 14, 19, true}, {3095, 3095, 14, 19, true}, {3600, 3699, 14, 19, true}, {3800, 3999, 14, 19, true}, // Diners
	{3528, 3589, 16, 19, false}, {3500, 3599, 16, 16, true}, {2131, 2131, 15, 15, true}, {1800, 1800, 15, 15, true}, // JCB
	{6200, 6299, 16, 19, false},                            // UnionPay
	{2200, 2204, 16, 19, true}, {9792, 9792, 16, 16, true}, // Mir, Troy
	{5000, 5099, 12, 19, true}, {5600, 5899, 12, 19, true}, {6304, 6304, 12, 19, true}, {6759, 6763, 12, 19, true}, {6390, 6390, 12, 19, true}, // Maestro
	{6000, 6099, 16, 16, true}, {8100, 8299, 16, 16, true}, {3530, 3539, 16, 16, true}, // RuPay
}

// tests are cards that documentation of payments shows.
var tests = map[string]bool{
	"4111111111111111": true, "4242424242424242": true, "4012888888881881": true, "4000056655665556": true, "4222222222222": true,
	"5555555555554444": true, "5105105105105100": true, "5200828282828210": true, "2223003122003222": true, "378282246310005": true,
	"371449635398431": true, "378734493671000": true, "6011111111111117": true, "6011000990139424": true, "30569309025904": true,
	"38520000023237": true, "3056930009020004": true, "3530111333300000": true, "3566002020360505": true, "4000000000000002": true,
	"4000000000003220": true, "4000002500003155": true, "5555558265554449": true, "6205500000000000004": true, "4917610000000000": true,
	"4532015112830366": true, "5425233430109903": true, "374245455400126": true, "4263982640269299": true, "1234567812345670": true,
}

// card grades the groups a to b as the number of a card.
func card(n *number, a, b int, topics topic) finding.Severity {
	digits := n.part(a, b)
	if len(digits) < 12 || !grouped(n, a, b) {
		return 0
	}
	if !checksum.Luhn(digits) {
		if b-a == 3 && topics&aCard != 0 && digits[0] >= '3' && digits[0] <= '6' {
			return low // one that somebody has mistyped, or made up
		}
		return 0
	}
	range4, rare, ok := value(digits[:4]), true, false
	for i := range issuers {
		r := &issuers[i]
		if range4 >= r.first && range4 <= r.last && len(digits) >= r.least && len(digits) <= r.most {
			ok, rare = true, rare && r.rare
		}
	}
	named := topics&aCard != 0
	switch {
	case !ok:
		return 0
	case tests[string(digits)], few(digits):
		return low
	case named && !rare, a < b && !rare && b-a >= 2:
		return high
	case named, !rare:
		return medium
	}
	return low
}

// few reports whether digits are of two kinds at most.
func few(digits []byte) bool {
	var seen uint
	kinds := 0
	for _, c := range digits {
		if bit := uint(1) << (c & 15); seen&bit == 0 {
			seen |= bit
			kinds++
		}
	}
	return kinds <= 2
}

// grouped reports whether the groups a to b are as on a card.
func grouped(n *number, a, b int) bool {
	if a == b {
		return true
	}
	if n.mark[a+1] != ' ' && n.mark[a+1] != '-' {
		return false
	}
	switch b - a {
	case 2:
		return n.laid(a, 4, 6, 5) || n.laid(a, 4, 6, 4)
	case 3:
		return n.laid(a, 4, 4, 4, 4) || n.laid(a, 4, 4, 4, 1) || n.laid(a, 4, 4, 4, 3)
	case 4:
		return n.laid(a, 4, 4, 4, 4, 3) || n.laid(a, 4, 4, 4, 4, 2) || n.laid(a, 4, 4, 4, 4, 1)
	}
	return false
}

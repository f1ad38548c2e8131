package checksum

import "slices"

// Luhn reports whether digits add up (ISO/IEC 7812-1, annex B). Bytes that are no digits
// add up to nothing.
func Luhn(digits []byte) bool {
	sum, double := 0, false
	for _, c := range slices.Backward(digits) {
		d := int(c - '0')
		if d > 9 {
			return false
		}
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, double = sum+d, !double
	}
	return len(digits) > 1 && sum%10 == 0
}

// Weighted is the sum of digits, each times its weight; negative where a byte is no digit or
// there are fewer digits than weights.
func Weighted(digits []byte, weights ...int) int {
	if len(digits) < len(weights) {
		return -1
	}
	sum := 0
	for i, w := range weights {
		d := int(digits[i] - '0')
		if d > 9 {
			return -1
		}
		sum += d * w
	}
	return sum
}

// Mod is the rest of digits, read as one decimal number, divided by m; negative where a byte
// is no digit. m is below 1e6.
func Mod(digits []byte, m int) int {
	rest := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return -1
		}
		rest = (rest*10 + int(c-'0')) % m
	}
	return rest
}

// Mod97 is the rest that ISO 7064's MOD 97-10 leaves of letters and digits, of which A is 10
// and Z is 35: 1 where they add up. Negative where a byte is neither.
func Mod97(text []byte) int {
	rest := 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		case c >= 'a' && c <= 'z':
			rest = (rest*100 + int(c-'a') + 10) % 97
		default:
			return -1
		}
	}
	return rest
}

// Mod11x10 reports whether digits add up by ISO 7064's MOD 11,10.
func Mod11x10(digits []byte) bool {
	product := 10
	for i, c := range digits {
		d := int(c - '0')
		if d > 9 {
			return false
		}
		if i == len(digits)-1 {
			return (product+d)%10 == 1
		}
		if product = (product + d) % 10; product == 0 {
			product = 10
		}
		product = product * 2 % 11
	}
	return false
}

// turns is the fifth-order dihedral group's eight-cycle: what Verhoeff (1969) does to a digit
// by its place. times multiplies in that group.
var turns = [8]string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}

func times(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return (a+b-5)%5 + 5
	case b < 5:
		return (a-5-b+5)%5 + 5
	}
	return (a - b + 5) % 5
}

// Verhoeff reports whether digits add up by Verhoeff's scheme.
func Verhoeff(digits []byte) bool {
	sum := 0
	for i := range digits {
		c := digits[len(digits)-1-i]
		if c < '0' || c > '9' {
			return false
		}
		sum = times(sum, int(turns[i%8][c-'0']-'0'))
	}
	return len(digits) > 1 && sum == 0
}

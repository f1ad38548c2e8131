package personal

import "github.com/mantlet-mcp/mantlet/internal/inspect/dlp/checksum"

// Each function here says whether digits, as many as the table of nationals says, are a number
// that the state could have given: by check digits, dates and ranges.

func at(digits []byte, i int) int { return int(digits[i] - '0') }

// day reports whether a month and a day are some.
func day(month, d int) bool { return month >= 1 && month <= 12 && d >= 1 && d <= 31 }

func two(digits []byte, i int) int { return at(digits, i)*10 + at(digits, i+1) }

// china: GB 11643, whose check letter X is for text.go.
func china(d []byte) bool {
	y := value(d[6:10])
	return y > 1899 && y < 2100 && day(two(d, 10), two(d, 12)) && chinese(d[:17]) == d[17]
}

// chinese is the check digit of 17 digits.
func chinese(d []byte) byte {
	sum := checksum.Weighted(d, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
	if sum < 0 {
		return 0
	}
	return "10X98765432"[sum%11]
}

func korea(d []byte) bool {
	sum := checksum.Weighted(d, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
	return day(two(d, 2), two(d, 4)) && at(d, 6) >= 1 && at(d, 6) <= 8 && (11-sum%11)%10 == at(d, 12)
}

// france: sex, year, month, place, order, and the key that makes it divisible by 97.
func france(d []byte) bool {
	month := two(d, 3)
	return (d[0] == '1' || d[0] == '2') && (month >= 1 && month <= 12 || month >= 20 && month <= 42) && 97-checksum.Mod(d[:13], 97) == two(d, 13)
}

// swiss: 756, the country, and an EAN-13.
func swiss(d []byte) bool {
	return string(d[:3]) == "756" && checksum.Weighted(d, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 == 0
}

func cpf(d []byte) bool {
	return !same(d) && eleven(checksum.Weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == at(d, 9) && eleven(checksum.Weighted(d, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == at(d, 10)
}

func cnpj(d []byte) bool {
	return !same(d) && eleven(checksum.Weighted(d, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == at(d, 12) && eleven(checksum.Weighted(d, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == at(d, 13)
}

// eleven is 11 less the rest by 11; 0 in place of 10 and 11.
func eleven(sum int) int {
	if r := sum % 11; r >= 2 {
		return 11 - r
	}
	return 0
}

func same(d []byte) bool {
	for _, c := range d {
		if c != d[0] {
			return false
		}
	}
	return true
}

func norway(d []byte) bool {
	return day(two(d, 2)%40, two(d, 0)%40) && checksum.Weighted(d, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 && checksum.Weighted(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

func turkey(d []byte) bool {
	odd := at(d, 0) + at(d, 2) + at(d, 4) + at(d, 6) + at(d, 8)
	even := at(d, 1) + at(d, 3) + at(d, 5) + at(d, 7)
	return d[0] != '0' && (odd*7-even+100)%10 == at(d, 9) && (odd+even+at(d, 9))%10 == at(d, 10)
}

func poland(d []byte) bool {
	return day(two(d, 2)%20, two(d, 4)) && checksum.Weighted(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

// belgium: 97 less the rest of the first nine, before which those born since 2000 think a 2.
func belgium(d []byte) bool {
	rest := value(d[:9]) % 97
	later := (2000000000 + value(d[:9])) % 97
	key := two(d, 9)
	return two(d, 2) <= 12 && two(d, 4) <= 31 && (97-rest == key || 97-later == key)
}

// germany: one digit of the first ten stands twice or three times, and ISO 7064's MOD 11,10.
func germany(d []byte) bool {
	var counts [10]int
	for _, c := range d[:10] {
		counts[c-'0']++
	}
	repeated := 0
	for _, n := range counts {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return d[0] != '0' && repeated == 1 && checksum.Mod11x10(d)
}

func romania(d []byte) bool {
	sum := checksum.Weighted(d, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	return d[0] != '0' && day(two(d, 3), two(d, 5)) && (sum == at(d, 12) || sum == 10 && d[12] == '1')
}

func southAfrica(d []byte) bool { return day(two(d, 2), two(d, 4)) && d[10] <= '2' && checksum.Luhn(d) }

func aadhaar(d []byte) bool { return d[0] >= '2' && !same(d) && checksum.Verhoeff(d) }

func japan(d []byte) bool {
	return eleven(checksum.Weighted(d, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) == at(d, 11)
}

func sweden12(d []byte) bool {
	return (two(d, 0) == 19 || two(d, 0) == 20) && sweden(d[2:])
}

func sweden(d []byte) bool { return day(two(d, 2), two(d, 4)%60) && checksum.Luhn(d) }

func nhs(d []byte) bool {
	check := 11 - checksum.Weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return !same(d) && check%11 == at(d, 9) && check != 10
}

func austria(d []byte) bool {
	return d[0] != '0' && day(two(d, 6), two(d, 4)) && checksum.Weighted(d, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == at(d, 3)
}

func czech(d []byte) bool {
	month := two(d, 2) % 50
	return day(month%20, two(d, 4)) && checksum.Mod(d, 11) == 0
}

func bulgaria(d []byte) bool {
	return day(two(d, 2)%20, two(d, 4)) && checksum.Weighted(d, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == at(d, 9)
}

// denmark has given numbers without a check digit since 2007: the date is all there is.
func denmark(d []byte) bool { return day(two(d, 2), two(d, 0)) }

func ssn(d []byte) bool {
	area := value(d[:3])
	return area != 0 && area != 666 && area < 900 && two(d, 3) != 0 && value(d[5:]) != 0
}

func itin(d []byte) bool {
	group := two(d, 3)
	return d[0] == '9' && (group >= 50 && group <= 65 || group >= 70 && group <= 88 || group >= 90 && group != 93)
}

func canada(d []byte) bool { return !same(d) && checksum.Luhn(d) }

func dutch(d []byte) bool {
	return !same(d) && (checksum.Weighted(d, 9, 8, 7, 6, 5, 4, 3, 2)-at(d, 8))%11 == 0
}

func portugal(d []byte) bool { return eleven(checksum.Weighted(d, 9, 8, 7, 6, 5, 4, 3, 2)) == at(d, 8) }

func australia(d []byte) bool {
	return !same(d) && checksum.Weighted(d, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
}

func routing(d []byte) bool {
	return !same(d) && checksum.Weighted(d, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
}

package personal

import (
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/checksum"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// mixed looks at a run of letters and digits, and returns where to go on.
func (l *look) mixed(from, to int) int {
	if end := l.account(from); end > 0 {
		return end
	}
	if end := l.diagnosis(from, to); end > 0 {
		return end
	}
	if l.joined(from, to) {
		return l.hyphened(from, to)
	}
	token := l.text[from:to]
	if rule, s := wallet(token); s > 0 {
		l.add(rule, s, from, to)
		return to
	}
	for i := range lettered {
		id := &lettered[i]
		if id.length != len(token) || !fits(token, id.form) || id.valid != nil && !id.valid(token) {
			continue
		}
		s := id.bare
		if around(l.text, from, to)&id.topics != 0 {
			s = id.named
		}
		if s > 0 {
			l.add(id.rule, s, from, to)
			return to
		}
	}
	return l.document(from, to)
}

// A letteredID is a number of identity with letters in it. Its form has a letter for each byte:
// 9 a digit, A an upper or lower letter, * either.
type letteredID struct {
	rule        string
	length      int
	form        string
	valid       func([]byte) bool
	topics      topic
	bare, named finding.Severity
}

var lettered = []letteredID{
	{"it-codice-fiscale", 16, "AAAAAA**A**A***A", fiscale, anItalian | anID, medium, high},
	{"mx-curp", 18, "AAAA999999AAAAAA*9", curp, aMexican | anID, medium, high},
	{"cn-resident-id", 18, "99999999999999999A", chinaX, aChinese | anID, medium, high},
	{"vin", 17, "*****************", vin, aVIN, low, medium},
	{"uk-nino", 9, "AA999999A", nino, aBriton | anID, low, high},
	{"es-dni", 9, "99999999A", dni, aSpaniard | anID, low, high},
	{"es-nie", 9, "A9999999A", nie, aSpaniard | anID, low, high},
	{"sg-nric", 9, "A9999999A", nric, aSingaporean | anID, low, high},
	{"ie-pps", 8, "9999999A", pps, anIrish | anID, 0, high},
	{"ie-pps", 9, "9999999AA", pps, anIrish | anID, 0, high},
	{"in-pan", 10, "AAAAA9999A", pan, anID | anAadhaar, low, medium},
}

func fits(token []byte, form string) bool {
	for i, c := range token {
		switch form[i] {
		case '9':
			if !isDigit(c) {
				return false
			}
		case 'A':
			if !letter(c) {
				return false
			}
		}
	}
	return true
}

func up(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c &^ 0x20
	}
	return c
}

// odd are the values of letters and digits at odd places of a codice fiscale (DM 23/12/1976).
var odd = [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

func fiscale(t []byte) bool {
	sum := 0
	for i, c := range t[:15] {
		c = up(c)
		v := int(c - 'A')
		if isDigit(c) {
			v = int(c - '0')
		}
		if i%2 == 0 {
			v = odd[v]
		}
		sum += v
	}
	return strings.IndexByte("ABCDEHLMPRST", up(t[8])) >= 0 && byte('A'+sum%26) == up(t[15]) //nolint:gosec // below 26
}

func curp(t []byte) bool {
	const letters = "0123456789ABCDEFGHIJKLMN\u00d1OPQRSTUVWXYZ"
	sum := 0
	for i, c := range t[:17] {
		v := strings.IndexByte(letters, up(c))
		if v > 24 {
			v-- // the letter between N and O has two bytes here
		}
		sum += v * (18 - i)
	}
	return day(two(t, 6), two(t, 8)) && (10-sum%10)%10 == at(t, 17)
}

func chinaX(t []byte) bool {
	y := value(t[6:10])
	return up(t[17]) == 'X' && y > 1899 && y < 2100 && day(two(t, 10), two(t, 12)) && chinese(t[:17]) == 'X'
}

// vin: ISO 3779 with the check digit of North America and China.
func vin(t []byte) bool {
	const values = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ" // by the rest of its place by 10
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum, letters := 0, 0
	for i, c := range t {
		place := strings.IndexByte(values, c)
		if place < 0 || c == '.' {
			return false
		}
		if letter(c) {
			letters++
		}
		sum += place % 10 * weights[i]
	}
	return letters >= 3 && isDigit(t[16]) && isDigit(t[15]) && "0123456789X"[sum%11] == t[8]
}

// unused are pairs that no number of the United Kingdom begins with.
var unused = [][2]byte{{'B', 'G'}, {'G', 'B'}, {'N', 'K'}, {'K', 'N'}, {'T', 'N'}, {'N', 'T'}, {'Z', 'Z'}}

func nino(t []byte) bool {
	a, b, end := up(t[0]), up(t[1]), up(t[8])
	return strings.IndexByte("DFIQUV", a) < 0 && strings.IndexByte("DFIOQUV", b) < 0 && end >= 'A' && end <= 'D' &&
		!slices.Contains(unused, [2]byte{a, b})
}

const dniLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

func dni(t []byte) bool { return dniLetters[value(t[:8])%23] == up(t[8]) }

func nie(t []byte) bool {
	first := strings.IndexByte("XYZ", up(t[0]))
	return first >= 0 && dniLetters[(first*10000000+value(t[1:8]))%23] == up(t[8])
}

func nric(t []byte) bool {
	sum := checksum.Weighted(t[1:8], 2, 7, 6, 5, 4, 3, 2)
	switch up(t[0]) {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == up(t[8])
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == up(t[8])
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == up(t[8])
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == up(t[8])
	}
	return false
}

func pps(t []byte) bool {
	sum := checksum.Weighted(t, 8, 7, 6, 5, 4, 3, 2)
	if len(t) == 9 && up(t[8]) != 'W' {
		sum += int(up(t[8])-'A'+1) * 9
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == up(t[7])
}

// pan: the fourth letter says who it is; P is a person.
func pan(t []byte) bool {
	return t[3] == 'P' && t[0] >= 'A' && t[0] <= 'Z' && t[9] >= 'A' && t[9] <= 'Z'
}

// wallet grades addresses and keys of Bitcoin and Ethereum.
func wallet(t []byte) (rule string, s finding.Severity) {
	switch {
	case len(t) == 42 && t[0] == '0' && t[1] == 'x' && checksum.EIP55(t[2:]):
		return "ethereum-address", low
	case (len(t) == 42 || len(t) == 62) && up(t[0]) == 'B' && up(t[1]) == 'C' && t[2] == '1':
		if sum := checksum.Bech(t); sum == checksum.Bech32 || sum == checksum.Bech32m {
			return "bitcoin-address", low
		}
	case len(t) >= 26 && len(t) <= 35 && (t[0] == '1' || t[0] == '3'):
		if v, ok := checksum.Base58(t); ok && (v == 0 || v == 5) {
			return "bitcoin-address", low
		}
	case (len(t) == 51 || len(t) == 52) && (t[0] == '5' || t[0] == 'K' || t[0] == 'L'):
		if v, ok := checksum.Base58(t); ok && v == 0x80 {
			return "bitcoin-private-key", finding.Critical
		}
	}
	return "", 0
}

// document is what has letters and no check digit, and is known by a word before it.
func (l *look) document(from, to int) int {
	digits := 0
	for _, c := range l.text[from:to] {
		if isDigit(c) {
			digits++
		}
	}
	if to-from < 6 || to-from > 16 || digits < 5 {
		return to
	}
	switch before := said(l.text[max(0, from-40):from]); {
	case before&aPassport != 0 && to-from <= 9:
		l.add("passport", medium, from, to)
	case before&aPatient != 0:
		l.add("medical-record", medium, from, to)
	case before&aLicence != 0:
		l.add("driving-licence", low, from, to)
	}
	return to
}

// diagnosis is a code of ICD-10: a letter, two digits or a digit and a letter, and up to four
// more behind a dot.
func (l *look) diagnosis(from, to int) int {
	if to-from != 3 || !letter(l.text[from]) || !isDigit(l.text[from+1]) || l.text[from] > 'Z' {
		return 0
	}
	end := to
	if end+1 < len(l.text) && l.text[end] == '.' && isDigit(l.text[end+1]) {
		for end++; end < len(l.text) && end-to < 5 && alnum(l.text[end]); {
			end++
		}
	}
	before := said(l.text[max(0, from-ahead):from])
	if before&aDiagnosis == 0 || end == to && before&aPatient == 0 && !strings.Contains(strings.ToLower(string(l.text[max(0, from-30):from])), "icd") {
		return 0
	}
	l.add("diagnosis", medium, from, end)
	return end
}

// hyphened is a Finnish number, which has a sign for the century in it: 131052-308T.
func (l *look) hyphened(from, to int) int {
	start := from - 7
	if to-from != 4 || start < 0 || !strings.ContainsRune("-+", rune(l.text[from-1])) || start > 0 && alnum(l.text[start-1]) {
		return to
	}
	first := l.text[start : from-1]
	for _, c := range first {
		if !isDigit(c) {
			return to
		}
	}
	if !isDigit(l.text[from]) || !isDigit(l.text[from+1]) || !isDigit(l.text[from+2]) || !day(two(first, 2), two(first, 0)) {
		return to
	}
	n := value(first)*1000 + value(l.text[from:from+3])
	if "0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31] != up(l.text[from+3]) {
		return to
	}
	s := medium
	if around(l.text, start, to)&(aFinn|anID) != 0 {
		s = high
	}
	l.floor = min(l.floor, start)
	l.add("fi-hetu", s, start, to)
	return to
}

package checksum

import (
	"crypto/sha256"
	"hash/crc32"

	"golang.org/x/crypto/sha3"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Base62 is the six letters that GitHub and npm put behind a token's random part: its CRC-32
// in base 62, padded with zeros.
func Base62(random []byte) (sum [6]byte) {
	n := crc32.ChecksumIEEE(random)
	for i := 5; i >= 0; i-- {
		sum[i], n = base62[n%62], n/62
	}
	return sum
}

const bech = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// The sums of BIP 173 and BIP 350.
const (
	Bech32  = 1
	Bech32m = 0x2bc830a3
)

// Bech is the constant that the sum of a bech32 text leaves: Bech32 or Bech32m where it adds
// up, 0 where it is none. At most 90 bytes, in one case (BIP 173).
func Bech(text []byte) uint32 {
	one := -1
	for i, c := range text {
		if c == '1' {
			one = i
		}
	}
	if one < 1 || len(text)-one < 7 || len(text) > 90 {
		return 0
	}
	sum := uint32(1)
	for _, c := range text[:one] {
		sum = polymod(sum, uint32(lowered(c)>>5))
	}
	sum = polymod(sum, 0)
	for _, c := range text[:one] {
		sum = polymod(sum, uint32(lowered(c)&31))
	}
	for _, c := range text[one+1:] {
		v := bechValue(lowered(c))
		if v < 0 {
			return 0
		}
		sum = polymod(sum, uint32(v)) //nolint:gosec // below 32
	}
	return sum
}

func lowered(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func bechValue(c byte) int {
	for i := range len(bech) {
		if bech[i] == c {
			return i
		}
	}
	return -1
}

func polymod(sum, v uint32) uint32 {
	top := sum >> 25
	sum = sum&0x1ffffff<<5 ^ v
	for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			sum ^= g
		}
	}
	return sum
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

var value58 = func() (v [256]int8) {
	for i := range v {
		v[i] = -1
	}
	for i := range len(base58) {
		v[base58[i]] = int8(i) //nolint:gosec // below 58
	}
	return v
}()

// Base58 decodes a base58check text of 25 bytes (an address) or 37 and 38 (a key), and reports
// the version byte and whether the four bytes at its end are the sum of what stands before.
func Base58(text []byte) (version byte, ok bool) {
	var out [40]byte
	used := 0 // bytes at the end of out
	if len(text) < 26 || len(text) > 52 {
		return 0, false
	}
	for _, c := range text {
		carry := int(value58[c])
		if carry < 0 {
			return 0, false
		}
		for i := len(out) - 1; i >= len(out)-used || carry > 0; i-- {
			if i < 0 {
				return 0, false
			}
			carry += int(out[i]) * 58             //nolint:gosec // i is below the length, and not negative
			out[i], carry = byte(carry), carry>>8 //nolint:gosec // the low byte
			used = max(used, len(out)-i)
		}
	}
	for i := 0; i < len(text) && text[i] == '1'; i++ {
		used++
	}
	if used != 25 && used != 37 && used != 38 {
		return 0, false
	}
	b := out[len(out)-used:]
	once := sha256.Sum256(b[:used-4])
	twice := sha256.Sum256(once[:])
	return b[0], string(twice[:4]) == string(b[used-4:])
}

// EIP55 reports whether the case of 40 hexadecimal digits is that of an Ethereum address
// (EIP-55). Digits in one case alone are no evidence: they are false.
func EIP55(digits []byte) bool {
	if len(digits) != 40 {
		return false
	}
	var low [40]byte
	upper, lower := false, false
	for i, c := range digits {
		low[i] = lowered(c)
		upper = upper || c >= 'A' && c <= 'F'
		lower = lower || c >= 'a' && c <= 'f'
	}
	if !upper || !lower {
		return false
	}
	h := sha3.NewLegacyKeccak256()
	_, _ = h.Write(low[:])
	sum := h.Sum(nil)
	for i, c := range digits {
		nibble := sum[i/2] >> (4 * (1 - i%2)) & 15
		letter := c > '9'
		if letter && (nibble >= 8) != (c < 'a') {
			return false
		}
	}
	return true
}

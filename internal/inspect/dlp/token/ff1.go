package token

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"math/big"
)

// FF1 encrypts strings of numerals into such of the same length (NIST SP 800-38G, algorithms 7
// and 8). It is for many goroutines.
type FF1 struct {
	block cipher.Block
	radix int
}

// The bounds of FF1: of a string, in numerals, and of a tweak, in bytes.
const (
	maxNumerals = 256
	maxTweak    = 256
)

// NewFF1 takes an AES key (16, 24 or 32 bytes) and a radix (2 to 36).
func NewFF1(key []byte, radix int) (*FF1, error) {
	if radix < 2 || radix > 36 {
		return nil, errors.New("the radix is not between 2 and 36")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &FF1{block, radix}, nil
}

// Encrypt encrypts numerals, each below the radix, of which there are at least a million
// strings (SP 800-38G revision 1, section 5.1).
func (f *FF1) Encrypt(tweak, numerals []byte) ([]byte, error) { return f.run(tweak, numerals, false) }

// Decrypt undoes Encrypt.
func (f *FF1) Decrypt(tweak, numerals []byte) ([]byte, error) { return f.run(tweak, numerals, true) }

func (f *FF1) check(tweak, numerals []byte) error {
	if len(numerals) > maxNumerals || len(tweak) > maxTweak {
		return errors.New("the string or the tweak is too long for FF1")
	}
	domain := 1
	for range numerals {
		if domain *= f.radix; domain >= 1_000_000 {
			break
		}
	}
	if domain < 1_000_000 {
		return errors.New("the string is too short for FF1: fewer than a million are as long")
	}
	for _, n := range numerals {
		if int(n) >= f.radix {
			return errors.New("a numeral is not below the radix")
		}
	}
	return nil
}

func (f *FF1) run(tweak, numerals []byte, decrypt bool) ([]byte, error) {
	if err := f.check(tweak, numerals); err != nil {
		return nil, err
	}
	n := len(numerals)
	u := n / 2
	v := n - u
	a, b := f.number(numerals[:u]), f.number(numerals[u:])
	size := (f.power(v).Sub(f.power(v), big.NewInt(1)).BitLen() + 7) / 8
	for i := range 10 {
		round := i
		if decrypt {
			round = 9 - i
			a, b = b, a
		}
		m := u
		if round%2 == 1 {
			m = v
		}
		y := f.prf(tweak, n, round, b, size)
		if decrypt {
			y.Sub(a, y)
		} else {
			y.Add(a, y)
		}
		c := y.Mod(y, f.power(m))
		if decrypt {
			a, b = b, c
			a, b = b, a
			continue
		}
		a, b = b, c
	}
	out := make([]byte, n)
	f.fill(out[:u], a)
	f.fill(out[u:], b)
	return out, nil
}

// prf is steps 6.i to 6.iv: y, of which only the rest by a power of the radix counts.
func (f *FF1) prf(tweak []byte, n, round int, b *big.Int, size int) *big.Int {
	d := 4*((size+3)/4) + 4
	p := make([]byte, 16, 16+len(tweak)+size+16)
	p[0], p[1], p[2], p[6], p[7] = 1, 2, 1, 10, byte(n/2)  //nolint:gosec // n is at most 256, and n/2 is taken by 256
	p[5] = byte(f.radix)                                   //nolint:gosec // at most 36
	binary.BigEndian.PutUint32(p[8:], uint32(n))           //nolint:gosec // at most 256
	binary.BigEndian.PutUint32(p[12:], uint32(len(tweak))) //nolint:gosec // at most 256
	p = append(p, tweak...)
	for (len(p)+1+size)%16 != 0 {
		p = append(p, 0)
	}
	p = append(p, byte(round)) //nolint:gosec // below 10
	p = append(p, b.FillBytes(make([]byte, size))...)
	var r [16]byte
	for ; len(p) > 0; p = p[16:] {
		for i := range r {
			r[i] ^= p[i]
		}
		f.block.Encrypt(r[:], r[:])
	}
	s := append([]byte(nil), r[:]...)
	for j := uint64(1); len(s) < d; j++ {
		var next [16]byte
		binary.BigEndian.PutUint64(next[8:], j)
		for i := range next {
			next[i] ^= r[i]
		}
		f.block.Encrypt(next[:], next[:])
		s = append(s, next[:]...)
	}
	return new(big.Int).SetBytes(s[:d])
}

func (f *FF1) power(m int) *big.Int {
	return new(big.Int).Exp(big.NewInt(int64(f.radix)), big.NewInt(int64(m)), nil)
}

func (f *FF1) number(numerals []byte) *big.Int {
	n, radix := new(big.Int), big.NewInt(int64(f.radix))
	for _, x := range numerals {
		n.Mul(n, radix).Add(n, big.NewInt(int64(x)))
	}
	return n
}

func (f *FF1) fill(out []byte, n *big.Int) {
	radix, rest := big.NewInt(int64(f.radix)), new(big.Int)
	n = new(big.Int).Set(n)
	for i := len(out) - 1; i >= 0; i-- {
		n.DivMod(n, radix, rest)
		out[i] = byte(rest.Int64()) //nolint:gosec // below the radix
	}
}

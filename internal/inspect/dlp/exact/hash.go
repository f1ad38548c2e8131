package exact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math/bits"
)

// The kinds of fingerprints.
const (
	alone = 1 // a cell that is a sign by itself
	cell  = 2 // a cell that is one beside another of its row
	pair  = 3
)

// A mark is a kind and eight bytes of a keyed hash.
type mark [9]byte

// keys are made of the owner's key and a file's salt.
type keys struct {
	hash, check []byte
	k0, k1      uint64 // of the filter
}

func derive(key, salt []byte) keys {
	part := func(letter byte) []byte {
		h := hmac.New(sha256.New, key)
		_, _ = h.Write([]byte("mantlet exact 1"))
		_, _ = h.Write(salt)
		_, _ = h.Write([]byte{letter})
		return h.Sum(nil)
	}
	filter := part('s')
	return keys{part('h'), part('c'), binary.BigEndian.Uint64(filter), binary.BigEndian.Uint64(filter[8:])}
}

// A hasher makes fingerprints; it is for one goroutine.
type hasher struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

func (k *keys) hasher() *hasher { return &hasher{mac: hmac.New(sha256.New, k.hash)} }

func (h *hasher) cell(kind byte, folded []byte) mark { return h.of(kind, folded, nil) }

// pair is the same for two cells in either order.
func (h *hasher) pair(a, b mark) mark {
	if string(b[1:]) < string(a[1:]) {
		a, b = b, a
	}
	return h.of(pair, a[1:], b[1:])
}

func (h *hasher) of(kind byte, a, b []byte) (p mark) {
	h.mac.Reset()
	h.sum[0] = kind
	_, _ = h.mac.Write(h.sum[:1])
	_, _ = h.mac.Write(a)
	_, _ = h.mac.Write(b)
	sum := h.mac.Sum(h.sum[:0])
	p[0] = kind
	copy(p[1:], sum)
	return p
}

// A sip is SipHash-1-3 (Aumasson and Bernstein, 2012) of letters as they come: its sum can be
// asked for behind each word. Nobody who has the file alone can tell what a bit of the filter
// stands for; what is let through is looked up by HMAC.
type sip struct {
	v0, v1, v2, v3 uint64
	tail           uint64 // of the letters that are no block yet
	n              int    // letters
}

func (k *keys) sip() sip {
	return sip{v0: k.k0 ^ 0x736f6d6570736575, v1: k.k1 ^ 0x646f72616e646f6d, v2: k.k0 ^ 0x6c7967656e657261, v3: k.k1 ^ 0x7465646279746573}
}

func (s *sip) round() {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
}

func (s *sip) block(m uint64) {
	s.v3 ^= m
	s.round()
	s.v0 ^= m
}

func (s *sip) add(letters []byte) {
	for _, c := range letters {
		s.tail |= uint64(c) << (8 * (s.n & 7))
		if s.n++; s.n&7 == 0 {
			s.block(s.tail)
			s.tail = 0
		}
	}
}

// sum is of the letters so far. More may follow.
func (s sip) sum() uint64 {
	s.block(s.tail | uint64(s.n)<<56) //nolint:gosec // its low byte counts
	s.v2 ^= 0xff
	s.round()
	s.round()
	s.round()
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

// beginning is the place of four letters among the beginnings of cells.
func (k *keys) beginning(letters []byte) uint32 {
	s := k.sip()
	s.v1, s.v3 = ^s.v1, ^s.v3
	s.add(letters[:minCell])
	return uint32(s.sum()) % (beginnings * 8) //nolint:gosec // the low bits
}

func (k *keys) filtered(letters []byte) uint64 {
	s := k.sip()
	s.add(letters)
	return s.sum()
}

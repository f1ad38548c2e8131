package checksum_test

import (
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/checksum"
)

// What the standards, and those who issue numbers, publish.
func TestPublished(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		sum  func([]byte) bool
	}{
		"luhn":      {"4111111111111111", checksum.Luhn},
		"iban":      {"WEST12345698765432GB82", func(b []byte) bool { return checksum.Mod97(b) == 1 }},
		"verhoeff":  {"2363", checksum.Verhoeff},
		"tax id":    {"86095742719", checksum.Mod11x10},
		"bech32":    {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", func(b []byte) bool { return checksum.Bech(b) == checksum.Bech32 }},
		"bech32m":   {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", func(b []byte) bool { return checksum.Bech(b) == checksum.Bech32m }},
		"base58":    {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", func(b []byte) bool { v, ok := checksum.Base58(b); return ok && v == 0 }},
		"a key":     {"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", func(b []byte) bool { v, ok := checksum.Base58(b); return ok && v == 0x80 }},
		"eip-55":    {"5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", checksum.EIP55},
		"crc in 62": {"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17", func(b []byte) bool { return checksum.Base62(b[:30]) == [6]byte(b[30:]) }},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.sum([]byte(c.text)) {
				t.Error("it does not add up")
			}
			for i := range len(c.text) { // one letter for its neighbour: each scheme finds that
				b := []byte(c.text)
				if b[i] == '1' && name == "bech32" || name == "bech32m" && b[i] == '1' {
					continue // another separator is another text
				}
				b[i] ^= 1
				if b[i] >= '0' && b[i] <= '9' || b[i] > '@' {
					if c.sum(b) {
						t.Errorf("%s adds up too", b)
					}
				}
			}
		})
	}
}

func TestNonsense(t *testing.T) {
	for _, s := range []string{"", "a", "-1", "\xff\xff", "١٢٣"} {
		b := []byte(s)
		if checksum.Luhn(b) || checksum.Verhoeff(b) || checksum.Mod11x10(b) || checksum.Bech(b) == 1 || checksum.EIP55(b) || checksum.Mod97(b) == 1 {
			t.Errorf("%q adds up", s)
		}
	}
}

func FuzzAddsUp(f *testing.F) {
	f.Add([]byte("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"))
	f.Add([]byte("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"))
	f.Fuzz(func(_ *testing.T, b []byte) { // it ends, and does not panic
		checksum.Luhn(b)
		checksum.Verhoeff(b)
		checksum.Mod11x10(b)
		checksum.Mod97(b)
		checksum.Bech(b)
		checksum.EIP55(b)
		_, _ = checksum.Base58(b)
		checksum.Weighted(b, 1, 2, 3)
	})
}

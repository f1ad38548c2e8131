package token_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/token"
)

const numerals = "0123456789abcdefghijklmnopqrstuvwxyz"

func values(s string) []byte {
	out := make([]byte, len(s))
	for i := range s {
		out[i] = byte(strings.IndexByte(numerals, s[i]))
	}
	return out
}

func text(v []byte) string {
	var out strings.Builder
	for _, n := range v {
		out.WriteByte(numerals[n])
	}
	return out.String()
}

// NIST's samples for FF1, 1 to 9.
func TestFF1Samples(t *testing.T) {
	const k128, k192, k256 = "2B7E151628AED2A6ABF7158809CF4F3C", "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F", "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94"
	for _, c := range []struct {
		key, tweak string
		radix      int
		plain, out string
	}{
		{k128, "", 10, "0123456789", "2433477484"},
		{k128, "39383736353433323130", 10, "0123456789", "6124200773"},
		{k128, "3737373770717273373737", 36, "0123456789abcdefghi", "a9tv40mll9kdu509eum"},
		{k192, "", 10, "0123456789", "2830668132"},
		{k192, "39383736353433323130", 10, "0123456789", "2496655549"},
		{k192, "3737373770717273373737", 36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"},
		{k256, "", 10, "0123456789", "6657667009"},
		{k256, "39383736353433323130", 10, "0123456789", "1001623463"},
		{k256, "3737373770717273373737", 36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"},
	} {
		key, _ := hex.DecodeString(c.key)
		tweak, _ := hex.DecodeString(c.tweak)
		f, err := token.NewFF1(key, c.radix)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Encrypt(tweak, values(c.plain))
		if err != nil || text(got) != c.out {
			t.Errorf("%s: %s, %v, want %s", c.plain, text(got), err, c.out)
			continue
		}
		back, err := f.Decrypt(tweak, got)
		if err != nil || text(back) != c.plain {
			t.Errorf("%s: back to %s, %v", c.out, text(back), err)
		}
	}
}

func TestFF1ComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		radix := rapid.IntRange(2, 36).Draw(t, "radix")
		f, err := token.NewFF1(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "key"), radix)
		if err != nil {
			t.Fatal(err)
		}
		plain := rapid.SliceOfN(rapid.ByteRange(0, byte(radix-1)), 20, 60).Draw(t, "plain")
		tweak := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "tweak")
		out, err := f.Encrypt(tweak, plain)
		if err != nil {
			t.Fatal(err)
		}
		back, err := f.Decrypt(tweak, out)
		if err != nil || !bytes.Equal(back, plain) || len(out) != len(plain) {
			t.Fatalf("%v, %v", back, err)
		}
		other, err := f.Decrypt(append(tweak, 1), out)
		if err != nil || bytes.Equal(other, plain) {
			t.Fatal("another tweak decrypts it")
		}
	})
}

func TestFF1Refuses(t *testing.T) {
	f, _ := token.NewFF1(make([]byte, 16), 10)
	for name, c := range map[string]struct{ tweak, plain []byte }{
		"too short":    {nil, make([]byte, 5)},
		"too long":     {nil, make([]byte, 257)},
		"no numeral":   {nil, []byte{0, 1, 2, 3, 4, 10}},
		"a long tweak": {make([]byte, 257), make([]byte, 8)},
	} {
		if _, err := f.Encrypt(c.tweak, c.plain); err == nil {
			t.Error(name)
		}
	}
	if _, err := token.NewFF1(make([]byte, 15), 10); err == nil {
		t.Error("a key of 15 bytes is taken")
	}
}

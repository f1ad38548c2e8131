package gesture

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// The secret and times of RFC 6238, appendix B; the last six of its eight digits.
func TestVectors(t *testing.T) {
	totp, err := New(encoding.EncodeToString([]byte("12345678901234567890")))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := totp.Code(time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func fresh(t *testing.T) *TOTP {
	t.Helper()
	secret, err := NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	totp, err := New(secret)
	if err != nil {
		t.Fatal(err)
	}
	return totp
}

func TestACodeServesOnce(t *testing.T) {
	totp, now := fresh(t), time.Unix(1_800_000_000, 0)
	code := totp.Code(now)
	if err := totp.Check(code, now); err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{0, time.Second, 30 * time.Second} {
		if err := totp.Check(code, now.Add(later)); !errors.Is(err, ErrCode) {
			t.Fatal("a code served twice", err)
		}
	}
	if err := totp.Check(totp.Code(now.Add(step)), now.Add(step)); err != nil {
		t.Fatal("the next one is refused", err)
	}
	if err := totp.Check(totp.Code(now.Add(-step)), now.Add(step)); err == nil {
		t.Fatal("an older step after a younger one")
	}
}

func TestClocksDiffer(t *testing.T) {
	for off, want := range map[time.Duration]bool{-step: true, step: true, 0: true, -3 * step: false, 3 * step: false} {
		totp, now := fresh(t), time.Unix(1_800_000_000, 0)
		if err := totp.Check(totp.Code(now.Add(off)), now); (err == nil) != want {
			t.Errorf("off by %s: %v", off, err)
		}
	}
}

func TestGuessing(t *testing.T) {
	totp, now := fresh(t), time.Unix(1_800_000_000, 0)
	for range maxWrong {
		if err := totp.Check("not it", now); !errors.Is(err, ErrCode) {
			t.Fatal(err)
		}
	}
	if err := totp.Check(totp.Code(now), now); !errors.Is(err, ErrWait) {
		t.Fatal("guessing goes on", err)
	}
	now = now.Add(pause)
	if err := totp.Check(totp.Code(now), now); err != nil {
		t.Fatal(err)
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	for _, s := range []string{"", "AAAA", "not base32!", strings.Repeat("A", 20)} {
		if totp, err := New(s); err == nil || totp != nil {
			t.Errorf("%q is a secret", s)
		}
	}
	if uri := URI("SECRET", "ann@host"); uri != "otpauth://totp/Mantlet:ann@host?issuer=Mantlet&secret=SECRET" {
		t.Error(uri)
	}
}

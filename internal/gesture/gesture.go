// Package gesture asks for something that a program running as the user cannot do alone.
//
// The question: did a person do this? The threats: a coding agent with a shell has the
// user's uid, and could approve what it was told to use (H06 and its kin). The controls:
// C024, C041. It trusts the other device that the secret was enrolled on, and the file's
// mode; a program that reads the secret from that file can make codes too, which is why
// every decision says by which gesture it was made, and why a code is the weaker one:
// passkeys are for where there is a browser. When it breaks, nothing is approved.
//
// A code is a TOTP (RFC 6238): HMAC-SHA-1, six digits, steps of 30 s, accepted one step
// early or late, each step once, and five wrong ones cost five minutes.
package gesture

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what RFC 6238 and every authenticator have
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	step     = 30 * time.Second
	digits   = 1_000_000
	skew     = 1 // steps before and after
	maxWrong = 5
	pause    = 5 * time.Minute
)

// Why a code is refused.
var (
	ErrCode = errors.New("the code is wrong, or was used before; wait for the next one")
	ErrWait = errors.New("too many wrong codes; wait five minutes")
)

// A TOTP checks the codes of one secret. It is safe for many goroutines.
type TOTP struct {
	key []byte

	mu    sync.Mutex
	last  int64 // the last step that was used
	wrong int
	until time.Time // nothing is accepted before
}

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret is 160 random bits in base32, as authenticators take them.
func NewSecret() (string, error) {
	var b [20]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return encoding.EncodeToString(b[:]), nil
}

// New returns the TOTP of a secret of at least 128 bits.
func New(secret string) (*TOTP, error) {
	key, err := encoding.DecodeString(strings.ToUpper(strings.TrimSpace(secret)))
	if err != nil || len(key) < 16 {
		return nil, errors.New("the secret is not base32 of 128 bits or more") //nolint:errorlint // the cause may hold the secret
	}
	return &TOTP{key: key, last: -1}, nil
}

// URI is what an authenticator enrols from (otpauth, Key URI format).
func URI(secret, account string) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/Mantlet:" + account, RawQuery: url.Values{"secret": {secret}, "issuer": {"Mantlet"}}.Encode()}
	return u.String()
}

// Check accepts code at now, once.
func (t *TOTP) Check(code string, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.until) {
		return ErrWait
	}
	at := now.Unix() / int64(step/time.Second)
	for s := at - skew; s <= at+skew; s++ {
		if s > t.last && subtle.ConstantTimeCompare([]byte(t.code(s)), []byte(code)) == 1 {
			t.last, t.wrong = s, 0
			return nil
		}
	}
	if t.wrong++; t.wrong >= maxWrong {
		t.wrong, t.until = 0, now.Add(pause)
	}
	return ErrCode
}

// Code is the code of now, for whoever has the secret.
func (t *TOTP) Code(now time.Time) string { return t.code(now.Unix() / int64(step/time.Second)) }

func (t *TOTP) code(s int64) string {
	mac := hmac.New(sha1.New, t.key)
	_ = binary.Write(mac, binary.BigEndian, s) // a hash takes everything
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%digits)
}

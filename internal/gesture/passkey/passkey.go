package passkey

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// The bounds of what is read, in bytes.
const (
	MaxResponse  = 16 << 10 // a ceremony's response, as JSON
	MinChallenge = 16       // WebAuthn section 13.4.3
)

// Why a response is refused. What the library found is wrapped behind these.
var (
	ErrRefused = errors.New("the passkey's answer is not one for this action")
	ErrCounter = errors.New("the passkey's counter went back: it was copied, or an old answer was sent again")
)

// A Party is who asks: WebAuthn's relying party. The zero Party accepts nothing.
type Party struct {
	ID      string   `json:"rp"`      // a host, such as "localhost"
	Origins []string `json:"origins"` // such as "http://localhost:8017", compared byte for byte
}

// Check reports whether p can ask: every origin is https, or http on localhost, and its
// host is the party's ID or below it.
func (p Party) Check() error {
	if p.ID == "" || strings.ToLower(p.ID) != p.ID || len(p.Origins) == 0 {
		return errors.New("a relying party has an id in lower case and an origin")
	}
	for _, o := range p.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme+"://"+u.Host != o || strings.ToLower(o) != o {
			return fmt.Errorf("%q is no origin; write scheme://host or scheme://host:port in lower case", o)
		}
		if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost") {
			return fmt.Errorf("the origin %q is neither https nor http on localhost", o)
		}
		if u.Hostname() != p.ID && !strings.HasSuffix(u.Hostname(), "."+p.ID) {
			return fmt.Errorf("the origin %q does not belong to %q", o, p.ID)
		}
	}
	return nil
}

// A Credential is one enrolled passkey.
type Credential struct {
	ID    []byte `json:"id"`
	Key   []byte `json:"key"`             // COSE_Key (RFC 9052), as it was enrolled
	Count uint32 `json:"count,omitempty"` // the last counter that was seen; 0 for an authenticator that has none
}

// An Assertion is a response that was verified.
type Assertion struct {
	Credential []byte // its ID
	Count      uint32 // to be kept
	Raw        []byte // the response as it came, which anybody can verify again
}

// IDOf is which passkey a response says that it is of, before anything is verified.
func IDOf(response []byte) ([]byte, error) {
	parsed, err := parse(response)
	if err != nil {
		return nil, err
	}
	return parsed.RawID, nil
}

func parse(response []byte) (*protocol.ParsedCredentialAssertionData, error) {
	if len(response) > MaxResponse {
		return nil, fmt.Errorf("%w: it has %d bytes; at most %d are read", ErrRefused, len(response), MaxResponse)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return parsed, nil
}

// Verify reports whether response, a PublicKeyCredential in JSON (WebAuthn section 5.1.8),
// is c's answer to challenge: the user was verified, the origin is one of p's and none
// embeds it, and the counter went on, or there is none.
func (p Party) Verify(response, challenge []byte, c Credential) (Assertion, error) {
	if err := p.Check(); err != nil {
		return Assertion{}, err
	}
	parsed, err := parse(response)
	if err != nil {
		return Assertion{}, err
	}
	switch client := parsed.Response.CollectedClientData; {
	case len(challenge) < MinChallenge:
		return Assertion{}, fmt.Errorf("%w: the challenge is too short", ErrRefused)
	case len(c.ID) == 0 || !bytes.Equal(parsed.RawID, c.ID):
		return Assertion{}, fmt.Errorf("%w: it is of another passkey", ErrRefused)
	case !slices.Contains(p.Origins, client.Origin):
		return Assertion{}, fmt.Errorf("%w: it was asked for by %q", ErrRefused, client.Origin)
	}
	if err := p.verify(parsed, challenge, c.Key); err != nil {
		return Assertion{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	count := parsed.Response.AuthenticatorData.Counter
	if (count != 0 || c.Count != 0) && count <= c.Count { // section 7.2, step 22
		return Assertion{}, ErrCounter
	}
	return Assertion{Credential: c.ID, Count: count, Raw: response}, nil
}

// verify is WebAuthn's section 7.2, from step 11.
func (p Party) verify(parsed *protocol.ParsedCredentialAssertionData, challenge, key []byte) error {
	const embedded, verified, present = false, true, true
	return parsed.Verify(base64.RawURLEncoding.EncodeToString(challenge), p.ID, "", p.Origins, nil, nil,
		protocol.TopOriginExplicitVerificationMode, embedded, verified, present, key, protocol.SignaturePolicy{})
}

// CheckKey reports whether key is a COSE key of an algorithm that Mantlet enrols.
func CheckKey(key []byte) error {
	parsed, err := webauthncose.ParsePublicKey(key)
	if err != nil {
		return fmt.Errorf("the passkey's key cannot be read: %w", err)
	}
	var alg int64
	switch k := parsed.(type) {
	case webauthncose.EC2PublicKeyData:
		alg = k.Algorithm
	case webauthncose.OKPPublicKeyData:
		alg = k.Algorithm
	case webauthncose.RSAPublicKeyData:
		alg = k.Algorithm
	}
	if !slices.ContainsFunc(parameters, func(q protocol.CredentialParameter) bool { return int64(q.Algorithm) == alg }) {
		return fmt.Errorf("the passkey's algorithm %d is not one that is enrolled", alg)
	}
	return nil
}

package passkey

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// parameters are the algorithms that are enrolled: ES256, which every authenticator has,
// EdDSA, and RS256 for Windows Hello.
var parameters = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// A User is whom a passkey is enrolled for.
type User struct {
	ID   []byte // 1 to 64 bytes that say nothing of the person
	Name string
}

type (
	options struct {
		Challenge   string       `json:"challenge"`
		RP          entity       `json:"rp"`
		User        user         `json:"user"`
		Parameters  []parameter  `json:"pubKeyCredParams"`
		Exclude     []descriptor `json:"excludeCredentials"`
		Selection   selection    `json:"authenticatorSelection"`
		Attestation string       `json:"attestation"`
		Timeout     int          `json:"timeout"` // milliseconds
	}
	request struct {
		Challenge        string       `json:"challenge"`
		RP               string       `json:"rpId"`
		Allow            []descriptor `json:"allowCredentials"`
		UserVerification string       `json:"userVerification"`
		Timeout          int          `json:"timeout"` // milliseconds
	}
	entity struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	user struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Display string `json:"displayName"`
	}
	parameter struct {
		Type string `json:"type"`
		Alg  int    `json:"alg"`
	}
	descriptor struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}
	selection struct {
		UserVerification string `json:"userVerification"`
		ResidentKey      string `json:"residentKey"`
	}
)

const patience = 5 * 60 * 1000 // how long a browser waits for its user, in milliseconds

var url64 = base64.RawURLEncoding

func descriptors(of []Credential) []descriptor {
	out := make([]descriptor, 0, len(of))
	for _, c := range of {
		out = append(out, descriptor{string(protocol.PublicKeyCredentialType), url64.EncodeToString(c.ID)})
	}
	return out
}

// Begin is what a browser is asked to make a passkey from
// (PublicKeyCredentialCreationOptionsJSON). Passkeys in enrolled are not made again.
func (p Party) Begin(challenge []byte, u User, enrolled []Credential) ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if len(u.ID) == 0 || len(u.ID) > 64 || u.Name == "" {
		return nil, fmt.Errorf("%w: a user has an id of 1 to 64 bytes and a name", ErrRefused)
	}
	o := options{
		Challenge: url64.EncodeToString(challenge), RP: entity{p.ID, "Mantlet"},
		User:        user{url64.EncodeToString(u.ID), u.Name, u.Name},
		Exclude:     descriptors(enrolled),
		Selection:   selection{UserVerification: "required", ResidentKey: "preferred"},
		Attestation: "none", Timeout: patience,
	}
	for _, q := range parameters {
		o.Parameters = append(o.Parameters, parameter{string(q.Type), int(q.Algorithm)})
	}
	return json.Marshal(o)
}

// Ask is what a browser is asked to sign with one of allowed
// (PublicKeyCredentialRequestOptionsJSON).
func (p Party) Ask(challenge []byte, allowed []Credential) ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return json.Marshal(request{
		Challenge: url64.EncodeToString(challenge), RP: p.ID, Allow: descriptors(allowed),
		UserVerification: "required", Timeout: patience,
	})
}

// Finish returns the passkey that response, a PublicKeyCredential in JSON, enrols in
// answer to challenge (WebAuthn section 7.1). Its maker is not asked to vouch for it: see
// the package's comment.
func (p Party) Finish(response, challenge []byte) (Credential, error) {
	if err := p.Check(); err != nil {
		return Credential{}, err
	}
	if len(response) > MaxResponse || len(challenge) < MinChallenge {
		return Credential{}, fmt.Errorf("%w: it is too long, or its challenge too short", ErrRefused)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Credential{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if origin := parsed.Response.CollectedClientData.Origin; !slices.Contains(p.Origins, origin) {
		return Credential{}, fmt.Errorf("%w: it was asked for by %q", ErrRefused, origin)
	}
	const embedded, verified, present = false, true, true
	_, err = parsed.Verify(url64.EncodeToString(challenge), p.ID, p.Origins, nil, nil, protocol.TopOriginExplicitVerificationMode,
		embedded, verified, present, nil, parameters, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return Credential{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	data := parsed.Response.AttestationObject.AuthData
	c := Credential{ID: bytes.Clone(data.AttData.CredentialID), Key: bytes.Clone(data.AttData.CredentialPublicKey), Count: data.Counter}
	return c, CheckKey(c.Key)
}

package daemon

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// A Proposed asks for the release of all that a server shows. By is the name that whoever
// asks would sign with.
type Proposed struct {
	Server string `json:"server"`
	By     string `json:"by"`
}

// A Standing is how far a release is.
type Standing struct {
	Server   string          `json:"server"`
	Manifest string          `json:"manifest"` // what is signed: "sha256:..." of Proposal
	Tier     string          `json:"tier"`
	By       string          `json:"by"`
	At       time.Time       `json:"at"`
	Proposal json.RawMessage `json:"proposal"`
	Released bool            `json:"released"`
	Missing  []string        `json:"missing,omitempty"`
	Refused  []string        `json:"refused,omitempty"`
	People   []string        `json:"people,omitempty"` // whose signatures count
}

// A Signed is a signature under a proposal, in JSON as package signer has it.
type Signed struct {
	Server    string          `json:"server"`
	Manifest  string          `json:"manifest"`
	Signature json.RawMessage `json:"signature"`
	Evidence  string          `json:"evidence,omitempty"` // its type: the signature is under this report, not under the release
}

// A Signing asks for a page on which a signer signs with a passkey of theirs.
type Signing struct {
	Server   string `json:"server"`
	Manifest string `json:"manifest"` // of the proposal that was looked at
	Signer   string `json:"signer"`
	Role     string `json:"role"`
	Evidence string `json:"evidence,omitempty"` // as in Signed
}

// SignOnPage puts a signing on a page.
func (c *Client) SignOnPage(ctx context.Context, s Signing) (out Asked, err error) {
	return out, c.json(ctx, http.MethodPost, SignPagePath, s, &out)
}

// Propose has the daemon make a proposal.
func (c *Client) Propose(ctx context.Context, p Proposed) (out Standing, err error) {
	return out, c.json(ctx, http.MethodPost, ReleasePath, p, &out)
}

// Release is how far the release of a server is.
func (c *Client) Release(ctx context.Context, server string) (out Standing, err error) {
	return out, c.json(ctx, http.MethodGet, ReleasePath+"?"+url.Values{"server": {server}}.Encode(), nil, &out)
}

// Sign hands a signature over.
func (c *Client) Sign(ctx context.Context, s Signed) (out Standing, err error) {
	return out, c.json(ctx, http.MethodPost, SignPath, s, &out)
}

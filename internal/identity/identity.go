package identity

import (
	"context"
	"errors"

	"github.com/mantlet-mcp/mantlet"
)

// Credentials are what a caller showed, taken off the request before anything
// else reads it. The zero Credentials show nothing.
type Credentials struct {
	Scheme  string // of the Authorization header, lower case; "" for none
	Token   string // what followed the scheme; a secret
	Peer    *Peer  // the process at the other end of a unix socket
	Client  string // the configured client that `mantlet wrap` speaks for; a label, not a proof
	Address string // the peer's address, for counting failures
	Server  mantlet.ServerID
}

// A Peer is what the kernel says of the process at the other end (SO_PEERCRED).
type Peer struct {
	UID int
	PID int
}

// ErrNotMine says that the credentials are of a kind that this authenticator
// does not judge. It is neither yes nor no: the next one is asked.
var ErrNotMine = errors.New("these credentials are not mine to judge")

// An Authenticator names the caller. It returns ErrNotMine where the credentials
// are not its kind, a *mantlet.Fault of kind Unidentified where they are and the
// answer is no, and any other error where it could not tell. It is called by many
// goroutines at once.
type Authenticator interface {
	Authenticate(ctx context.Context, c Credentials) (mantlet.Principal, error)
}

// A Func is an Authenticator that is one function.
type Func func(context.Context, Credentials) (mantlet.Principal, error)

// Authenticate calls f.
func (f Func) Authenticate(ctx context.Context, c Credentials) (mantlet.Principal, error) {
	return f(ctx, c)
}

// A Union asks each authenticator in order until one judges the credentials. An
// empty union refuses everybody.
type Union []Authenticator

// Authenticate returns the first judgement. A no and a failure both end the
// search: the next authenticator must not turn them into a yes.
func (u Union) Authenticate(ctx context.Context, c Credentials) (mantlet.Principal, error) {
	for _, a := range u {
		p, err := a.Authenticate(ctx, c)
		if errors.Is(err, ErrNotMine) {
			continue
		}
		if err != nil {
			return mantlet.Principal{}, err
		}
		if p.IsZero() {
			return mantlet.Principal{}, errors.New("an authenticator returned nobody and no error")
		}
		return p, nil
	}
	return mantlet.Principal{}, refuse("no credentials; send the token of this client in the Authorization header")
}

func refuse(words string) error {
	return &mantlet.Fault{
		Kind: mantlet.Unidentified, Public: words, Stage: "identity",
		Remedy: mantlet.Challenge{Header: `Bearer realm="mantlet"`},
	}
}

// Anonymous lets everybody in as one principal. It stands only under
// insecure.allowAnonymous, on loopback, for the conformance suite.
type Anonymous struct{}

// Authenticate names everybody the same.
func (Anonymous) Authenticate(context.Context, Credentials) (mantlet.Principal, error) {
	return mantlet.Principal{Issuer: mantlet.IssuerAnonymous, Subject: "anonymous", Client: "anonymous"}, nil
}

package mantlet

// An Issuer vouches for subjects: an OpenID provider's URL, a SPIFFE trust
// domain, or one of the Local issuers below.
type Issuer string

// The issuers that are not somebody else's URL.
const (
	IssuerLocal     Issuer = "mantlet:local"     // a bearer token that `mantlet up` minted
	IssuerSelf      Issuer = "mantlet:self"      // Mantlet itself, which looks at servers on a schedule
	IssuerUnix      Issuer = "mantlet:unix"      // the peer credentials of a unix socket
	IssuerAnonymous Issuer = "mantlet:anonymous" // nobody checked; only under insecureAllowAnonymous
)

// A Strength says how well the caller proved who it is (NIST SP 800-63B in
// spirit). The zero Strength is none.
type Strength uint8

// The strengths, weakest first.
const (
	StrengthNone   Strength = iota // nothing was proved
	StrengthBearer                 // whoever holds the token
	StrengthPeer                   // the kernel vouched for the process at the other end
	StrengthBound                  // the token is bound to a key or certificate (RFC 9449, RFC 8705)
)

// An Actor is one link of a delegation chain (RFC 8693, section 4.1): somebody
// who acts for the one before it.
type Actor struct {
	Issuer  Issuer
	Subject string
}

// A Principal is who is calling: a person, an agent acting for a person, or a
// workload. The zero Principal is nobody and is refused everywhere.
//
// Every member was established by a room that checked it; nothing here is what
// the caller says of itself.
type Principal struct {
	Issuer   Issuer   // who vouches; at most 2,048 bytes
	Subject  string   // stable and unique within Issuer; at most 255 bytes (OIDC Core 2)
	Client   string   // the client software's registered id, or its configured name
	Agent    string   // the agent that acts, where the token names one
	Tenant   string   // the organisation; "" where there is only one
	Strength Strength // how the caller proved all this
	Chain    []Actor  // who acts for whom, outermost last; never changed once set
}

// IsZero reports whether p is nobody: without a subject or without an issuer
// there is no one to hold to account.
func (p Principal) IsZero() bool { return p.Issuer == "" || p.Subject == "" }

// A PrincipalKey identifies a principal for pools, budgets and handles: issuer,
// subject and client, never token bytes, so that a refreshed token is the same
// principal and another person's token never is. It is comparable.
type PrincipalKey struct {
	Issuer  Issuer
	Subject string
	Client  string
	Tenant  string
}

// Key returns p's key.
func (p Principal) Key() PrincipalKey {
	return PrincipalKey{Issuer: p.Issuer, Subject: p.Subject, Client: p.Client, Tenant: p.Tenant}
}

// IsZero reports whether k belongs to nobody.
func (k PrincipalKey) IsZero() bool { return k.Issuer == "" || k.Subject == "" }

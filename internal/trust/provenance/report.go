package provenance

import "time"

// Ecosystem is where an artifact is published.
type Ecosystem string

// Ecosystems.
const (
	NPM  Ecosystem = "npm"
	PyPI Ecosystem = "pypi"
	OCI  Ecosystem = "oci"
	MCPB Ecosystem = "mcpb"
)

// A Subject is one artifact.
type Subject struct {
	Ecosystem     Ecosystem
	Name, Version string
	Integrity     string // npm's SRI (sha512-...), or sha256:... of an image or a file
}

// Verdict is what is known. The zero Verdict says no.
type Verdict uint8

// Verdicts.
const (
	Unknown   Verdict = iota // nothing can be said: absent, unreachable, stale, unreadable
	Satisfied                // verified
	Failed                   // verified to be wrong
)

func (v Verdict) String() string {
	switch v {
	case Satisfied:
		return "satisfied"
	case Failed:
		return "failed"
	default:
		return "unknown"
	}
}

// Names of checks.
const (
	CheckIntegrity = "integrity"          // the artifact has the digest that was expected
	CheckRegistry  = "registry-signature" // the registry signed name, version and digest
	CheckPublish   = "publish"            // the registry wrote the publication into a public log
	CheckBuild     = "provenance"         // a builder signed what was built from what
	CheckPublisher = "publisher"          // a workflow of a known identity signed that it published this
	CheckSignature = "signature"          // somebody signed the image
	CheckManifest  = "manifest"           // a bundle's own description can be read
)

// A Check is one thing that was looked at.
type Check struct {
	Name    string
	Verdict Verdict
	Why     string // for people; no secret, no address with one
}

// A Report is all that was found. Builder to Issuer are filled by a verified provenance
// or publication alone, Signer and SignerIssuer by a verified signature: what is only said is nowhere.
type Report struct {
	Subject Subject
	Verdict Verdict // the worst of its checks, Unknown for none

	Builder  string // SLSA's builder.id, or the workflow in the certificate
	Source   string // the repository, https://host/owner/name
	Commit   string
	Workflow string // the identity in the certificate
	Issuer   string // who vouches for the identity
	Signed   time.Time

	Signer, SignerIssuer string // of a signature by an identity; of one by a key its name

	Checks []Check
}

// Add writes a check down.
func (r *Report) Add(name string, v Verdict, why string) {
	r.Checks = append(r.Checks, Check{name, v, why})
	r.Verdict = r.worst()
}

func (r *Report) worst() Verdict {
	worst := Satisfied
	for _, c := range r.Checks {
		switch {
		case c.Verdict == Failed || c.Verdict > Failed:
			return Failed
		case c.Verdict == Unknown:
			worst = Unknown
		}
	}
	if len(r.Checks) == 0 {
		return Unknown
	}
	return worst
}

// Of is the verdict of all checks of a name, Unknown for none.
func (r *Report) Of(name string) Verdict {
	var one Report
	for _, c := range r.Checks {
		if c.Name == name {
			one.Checks = append(one.Checks, c)
		}
	}
	return one.worst()
}

// Why are the reasons of all that is not Satisfied, for people.
func (r *Report) Why() []string {
	var out []string
	for _, c := range r.Checks {
		if c.Verdict != Satisfied {
			out = append(out, c.Name+": "+c.Why)
		}
	}
	return out
}

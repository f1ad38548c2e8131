// Package bundle verifies Sigstore bundles and DSSE envelopes offline, against a trusted
// root that its caller gives.
//
// The question: who signed this, when, and is it written in a public log? The threats: an
// artifact that is swapped after its build, an identity that is claimed, a signature that
// nobody else could see (F09, A4 of the update mechanism). The controls: C044, C046. It
// trusts the root (trusted_root.json of Sigstore, or a key), the hash functions and Go's
// X.509. It asks no network. When it breaks there is an error: one that is ErrUnknown
// where nothing can be said (a log, an algorithm or a form that the root or this package
// does not know; no time that anybody vouches for), and any other where the bundle is wrong.
//
// It is our own, of the standard library, x/mod's tlog and note, and Sigstore's small
// package for RFC 3161: the official sigstore-go costs every process 9.6 MB of memory
// (docs/adr/0014-own-bundle-verifier.md). In the tests sigstore-go is the referee: nothing
// that it refuses may pass here.
//
// What is demanded of a bundle with a certificate: its chain leads to a Fulcio root of the
// trusted root at each time that is vouched for; a certificate log of the root promised to
// publish it (RFC 6962 section 3.2); a Rekor log of the root holds the signature; the
// signature is over the artifact's digest or over a statement that names it.
package bundle

import "errors"

// ErrUnknown is in each error that says that nothing can be said.
var ErrUnknown = errors.New("not known")

type unknown struct{ why string }

func (u unknown) Error() string        { return u.why }
func (u unknown) Is(target error) bool { return target == ErrUnknown } //nolint:errorlint // that is what Is is for

// Package bundle reads the signed configuration that mantlet serve runs by.
//
// The question: is this the configuration that enough of the right people signed, and no
// older one? The threats: a registry with one administrator, who changes a policy or the
// set of signers alone; a file on the gateway's disk that is edited, or replaced by an older
// copy that was signed, too (F09). The controls: C025, C045, C095. It trusts the set of
// signers of the bundle that it accepted last, which stands in a State outside of the
// bundle, and at first the digest of a set that the operator writes on the command line; the
// bundle itself not at all. When it breaks, the bundle is refused: what ran before goes on.
//
// # What a bundle is
//
// One file: {"payload":"…","signatures":[…]} in the form of RFC 8785, the payload in base64.
// Signatures are those of package signer, of the type mantlet.bundle/1, over the payload's
// SHA-256. The payload, in the same form, holds a version that rises, when it was issued and
// when it ends, the digest of the payload before it, the configuration, the files that it
// names, and the set of signers. It holds no secrets: it is not encrypted, and a private key
// in it is refused.
//
// # What is accepted
//
//   - Signatures of as many different people as the threshold of the set that was accepted
//     last (as with the root of TUF, section 5.3.4 of its specification 1.0). Where the set
//     changes, also of as many as the new set's: nobody is put in charge who does not hold
//     their keys, and nobody puts themselves in charge.
//   - A version above the last; the last itself, if it is the same byte for byte; never one
//     below. The version that follows the last names its digest.
//   - A bundle that has been issued, and has not ended. One that is accepted already goes on
//     until it ends, also when one of its signers may not sign any more.
//   - Without a State: a set of signers with the digest that the operator gave. That is how
//     to begin, and how to begin again if the State is lost: any version is then taken, so
//     the State belongs where who writes the bundle cannot write.
//
// # A weakening
//
// There is no list of what weakens a configuration: every bundle takes the quorum, so a
// weakening does, too.
package bundle

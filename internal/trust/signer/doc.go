// Package signer says who may sign, and whether they did.
//
// The question: did enough different people, of the roles that it takes, sign exactly
// this? The threats: a registry with one administrator (the tool-squatting paper), a
// signature that is taken from one thing and put under another, one person who counts
// twice (F09, H09). The controls: C025, C091. It trusts the Set that it is given, and
// nothing in a signature. When it breaks, nobody has signed.
//
// # What is signed
//
// An action has a type ("mantlet.release/1") and a body; its Digest is SHA-256 over
//
//	{"body":…,"type":"mantlet.release/1"}
//
// in the form of RFC 8785, so that what was signed as one type is never another. A person
// does not sign the digest alone but the Statement
//
//	{"action":"sha256:…","at":"2026-11-25T14:00:00Z","role":"security","signer":"ann","type":"mantlet.signature/1"}
//
// so that nobody else's role, name or date can be written beside the signature. An Ed25519
// key signs these bytes (RFC 8032); a passkey's challenge is their SHA-256; a Sigstore
// bundle is one over a blob of these bytes, as cosign makes it.
//
// # Who counts
//
// A person counts once, however many keys they have and however often they sign. They sign
// for a role that they have, and for one role an action unless the Set says manyRoles: of
// several the first counts. A signer whose time is over does not count any more, also not
// for what they signed before: the date in a signature is the signer's own word.
package signer

// Package jws verifies results that their servers have signed.
//
// The question: is this the result that the server made for this request? The threat: a result
// that something between the server and Mantlet has changed, repeated or put in place of another
// (T16). The controls: C030, C046.
//
// A server that signs puts a detached JWS (RFC 7515, appendix F; EdDSA by RFC 8037, or ES256)
// into _meta under Member. Its payload is the result in its canonical form (RFC 8785) without
// that member; its protected header names the key (kid), a nonce that the server uses once, and
// the request that is answered: SHA-256, in base64url, of the canonical form of
// {"method":...,"params":...} without params._meta. What a server signs is its affair: this says
// who said it, and when it was asked, and not that it is true.
//
// Keys are a JWK set (RFC 7517) that an administrator wrote down; none is fetched. Where a
// signature is there it has to verify; where it is required it has to be there.
package jws

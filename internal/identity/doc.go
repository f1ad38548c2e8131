// Package identity names the caller from credentials, or says why it cannot.
//
// The question: who is calling? The threats: an unauthenticated caller on
// loopback (A19, B04: another user of the machine, a page), credentials that are
// taken for somebody because they are wrong (A13), a token that opens more than it was
// made for (A24, C02). The controls: C020, C035. It
// trusts the kernel for peer credentials and its own key files, and nothing that
// the message says of itself; loopback is not an identity. When it breaks nobody
// is anybody and every call is refused.
//
// This is its first form: the local bearer tokens of `mantlet up`, and the peer
// credentials of a unix socket. Other issuers come with a later part and join the
// same ordered union.
package identity

// Package front faces callers: it turns an HTTP request into an exchange, and
// what comes back into a response in the words of the caller's era.
//
// The question: is this a well-formed request, from somebody, for a server that
// is here? The threats: DNS rebinding and hostile pages (B03, B04, S01), headers
// that say something else than the body (B05, S02-S06; SEP-2243), oversized, dripped
// and unread bytes (B06, B11), a handle in somebody else's hands (D02, D05, S08, S21),
// a caller's credential that wanders upstream (A09, C07). The controls: C003,
// C005, C075, C081. It trusts the listener for the peer's address, the kernel for
// a socket's peer, and the seal for handles; headers and bodies not at all. When
// it breaks the request is refused before anything else happens.
//
// The order in a request: Host and Origin, size of the headers, the path, a browser's
// preflight for an origin that is let in, identity, then the credentials are removed,
// then whether the server is here, then the body is read and decoded, then the era is
// settled, then what the client carries is opened, then the corridor. What is refused
// on the way goes to audit.Refused.
//
// One endpoint serves both eras. A request is modern (2026-07-28) when its
// headers or its _meta say so, and then must say so in both; otherwise it is
// legacy and, but for initialize, belongs to a session.
package front

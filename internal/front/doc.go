// Package front faces callers: it turns an HTTP request into an exchange, and
// what comes back into a response in the words of the caller's era.
//
// The question: is this a well-formed request, from somebody, for a server that
// is here? The threats: DNS rebinding and hostile pages (Host, Origin), request
// smuggling between headers and body (SEP-2243), oversized input, session
// hijacking, a caller's credential that wanders upstream. The controls: C003,
// C005, C075, C081. It trusts the listener for the peer's address, the kernel for
// a socket's peer, and the seal for handles; headers and bodies not at all. When
// it breaks the request is refused before anything else happens.
//
// The order in a request: Host and Origin, size of the headers, a browser's
// preflight for an origin that is let in, identity, then
// the credentials are removed, then the body is read and decoded, then the era is
// settled, then the corridor. What is refused on the way goes to audit.Refused.
//
// One endpoint serves both eras. A request is modern (2026-07-28) when its
// headers or its _meta say so, and then must say so in both; otherwise it is
// legacy and, but for initialize, belongs to a session.
package front

// Package h1 speaks HTTP/1.1 to one server over kept connections.
//
// The question: which bytes are this response, and may the connection carry
// another? The threats: a server, or something between, that frames an answer so
// that two readers see two (request smuggling and desync, RFC 9112, section 11.2),
// an answer that nobody asked for and that the next caller would be given
// (response-queue poisoning), heads and trailers without bound: all B10. The control:
// C003. It trusts the configured address, and nothing that a server says. What is ambiguous is refused,
// not repaired; a connection on which anything was refused, left unread or said
// unasked is closed. When it breaks, the one call fails.
//
// The caller's goroutine dials, writes the request and reads the response: a
// connection has no goroutine of its own. Only a request that may not fit into the
// kernel's buffers is written by a second one, so that an early answer is read.
package h1

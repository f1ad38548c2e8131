// Package http1 is the grammar of HTTP/1.1 that requests and responses share: lines,
// fields, and how long a body is.
//
// The question: where does this message end? The threats: a message that two readers
// end in different places (request smuggling, RFC 9112, section 11.2), lines and bodies
// without bound: B10. The control: C003. It trusts nothing that it reads: what is
// ambiguous is refused, not repaired. When it breaks, the one connection is closed by
// whoever reads from it.
package http1

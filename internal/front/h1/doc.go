// Package h1 reads HTTP/1.1 requests from callers and writes what a handler answers.
//
// The question: which bytes are this request, and is its caller still there? The
// threats: a request that something before Mantlet and Mantlet itself end in different
// places, so that one caller's bytes begin another's request (request smuggling and
// desync, RFC 9112, section 11.2: B10); heads that drip, idle connections, unread rests
// (B06, B11). The controls: C003, C011. It trusts nothing that a caller sends. What is
// ambiguous is refused, not repaired, and ends its connection. When it breaks, the one
// connection is closed.
//
// A connection has one goroutine, which waits, reads, serves and writes. Whether the
// caller is still there is asked only of a request that has been served for longer than
// a tenth of a second: a second goroutine then reads, and ends the request's context
// when the connection ends. Times are kept by one timer that looks at all connections
// every now and then, so that a quick call sets none.
//
// A handler reads the body before it answers: once it has begun to answer, what has not
// arrived of the body is not waited for, and ends the connection. HTTP/2 is not here;
// see Options.Other.
package h1

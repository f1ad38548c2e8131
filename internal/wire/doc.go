// Package wire reads and changes MCP messages as bytes. What was received is
// what is sent: nothing is decoded into types and written out again.
//
// The question: is this one well-formed JSON-RPC message that every parser
// downstream reads as we did, and where in its bytes are the members that we act
// on? The threats: parser differentials (B01 case-variant keys, B02 duplicate keys;
// bad UTF-8, trailing data, huge integers), depth and size bombs (B06), silent loss
// of fields we do not know (which breaks digests and extensions). The controls: C003,
// C005, C047. It trusts no byte. When a message is not exactly right it is refused
// with a DecodeError and nothing else happens.
//
// Read message.go, then decode.go (strictness), walk.go (moving over validated
// JSON), splice.go (changing bytes), method.go (the one table of methods),
// view.go and list.go (read-only views), header.go (SEP-2243).
package wire

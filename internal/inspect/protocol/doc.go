// Package protocol holds the parts of messages against what the protocol says that they are.
//
// The question: is this a message of MCP? The threats: a message whose parts two readers take
// for different things (B01, B05), values where objects are read (B06). The control: C005.
//
// Every method of the five revisions has a shape for its params and for its result, written
// down in tables.go from the official schemas. What a shape names has to be of its type, and
// what it requires has to be there; what it does not name may stand beside it, since the
// protocol is extended that way. A method without a shape (a namespace that the configuration
// allows) is held to nothing. It takes documents that are valid JSON, as package wire leaves
// them, and keeps nothing.
//
// The revisions differ in what they add far more than in what they change: one shape serves all
// of them, and a part that only some require is marked so. The referee of the tests is the
// official TypeScript SDK.
package protocol

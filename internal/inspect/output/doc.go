// Package output finds what a result tells of the inside of the system that it came from,
// and results that are unlike those that a tool gives else.
//
// The questions: does this text hold a stack trace, an inner address, a version, a database's
// own error? Is this result larger, or more encoded, than it should be? The threats: what an
// attacker learns from errors (T17), data carried out in bulk or in code (E03, H07). The
// controls: C058, C059.
//
// Disclosure is a detector of texts; Encoded is another. Sizes remembers, for each tool, how
// large its results were, in a few numbers, and says when one is far beyond them. It trusts
// no text. What it says is a reason to look: honest results of a developer's tools hold stack
// traces, so that masking them is a choice for servers that strangers call.
package output

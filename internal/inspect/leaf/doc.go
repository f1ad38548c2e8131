// Package leaf takes a JSON document apart into the texts that it carries, and finds the
// bytes again that a part of a text came from.
//
// The question: which texts does this message bring, where do they stand, and which bytes
// must be cut so that a part of one is gone? A detector reads texts as the receiver will
// read them, escapes undone; an edit is made in the bytes as they came, so that all else
// stays as it was. The names of members and the digits of numbers are leaves as well: a
// model reads them too, and a card's number may stand as either.
//
// It takes documents that are valid JSON (package wire has refused all others), never
// recurses, and looks at each byte a bounded number of times. In what is not valid it finds
// fewer leaves, and never reads beyond the end.
package leaf

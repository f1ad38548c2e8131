// Package view reads a text as its reader may read it.
//
// The question: what does this text say once its disguise is undone? The threats: orders in
// look-alike letters, in entities and escapes, in base64 and hexadecimal, spelled letter by
// letter, turned by 13 or reversed (H01, H08). The control: C052.
//
// Of gives the text with its look-alikes as ASCII and without what nobody sees, and then what
// its encoded runs say, one level deep. A View remembers where each of its bytes came from, so
// that what is found in it can be shown, or cut, in the text as it came. All views of a text
// together are at most a few times as long as it, and cost in proportion.
package view

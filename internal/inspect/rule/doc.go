// Package rule finds, in a text that reaches a model, what speaks to the model where it
// should describe: hidden text, orders, concealment, orders about other servers' tools,
// exfiltration, remote code.
//
// The question: does this definition say more than what the thing does? The threats: tool
// poisoning, line jumping and full-schema poisoning (H01), shadowing (H03). The
// controls: C006, C027, C028. It trusts no text. When it breaks, or when a text is beyond its limits, it
// says so, and who asked keeps the definition back.
//
// A text is read as the model would read it: invisible characters are taken out (and
// reported), look-alikes become ASCII, entities and escapes become characters, encoded runs
// become texts of their own (layer.go, encoded.go). Its words then pass through every
// pattern at once (token.go, pattern.go): a pattern is a row of word classes with the
// distance that may lie between them, so that the cost is linear in the words. What a class
// holds is in lexicon.go, what the patterns are in the tables rules_*.go.
//
// Most rules are patterns. One, MTL-ORDER-001, weighs: named signals (signals_*.go: when, that it
// must be, what, with which value, why, how quietly) and the structures that they make
// (structures.go: another tool's argument is prescribed, a false necessity) add up within one
// to three sentences, what honest manuals say is taken off, and the finding says what the sum
// is made of. Another tool is known by its name, or by a form that names of tools have.
//
// Rules carry no promise: pins, policy and labels do. They are English; of MTL-ORDER-001 the main
// verbs are German, French, Spanish and Chinese, too, and what is hidden has no language.
package rule

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
// Rules carry no promise: pins, policy and labels do. English only, but for what is hidden.
package rule

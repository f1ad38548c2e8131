// Package pack looks for what is written down in packs of rules: orders in data, data carried
// out in links, questions for secrets, pages that act.
//
// The question: does this text do more than inform? The threats: injection in results (H01, H05,
// H08), exfiltration by links and images (E03), abuse of sampling and elicitation (H06). The
// controls: C006, C028, C055, C059. It trusts no text, and a pack only after its author's rules
// were held against the pack's own examples.
//
// A pack is a document (see core.yaml) of rules. Each rule names the words without which it
// cannot apply and an expression (RE2: it never backtracks). All words of all rules are one
// automaton (package literal), so that text without them costs one look-up a byte; around a
// word that was found its rule's expression is tried. Texts are read in the views of package
// view: as they are, without what hides, and decoded. What a text may cost is bounded; one that
// would cost more is a finding of its own, since no honest text does.
//
// Each rule carries the texts that it must find and those that it must not; a pack whose
// examples do not hold is not read. Rules carry no promise: pins, policy and labels do.
package pack

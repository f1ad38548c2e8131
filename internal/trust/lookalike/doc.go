// Package lookalike says whether a name could be taken for another.
//
// The question: is this new server or tool named so that a person or a model takes it
// for one that is approved? The threats: tool squatting and shadowing (H03; "Tool
// Squatting", arXiv 2504.19951). The controls: C090, C092. It trusts nothing but its
// tables. When it breaks, it finds resemblances where there are none, or none: it is
// evidence for a reviewer, and an approval never rests on it.
//
// A Resemblance has one of these reasons, the first that fits:
//
//   - Confusable, Separators: the skeletons are equal. A skeleton is the name after
//     NFKC and case folding, without marks, separators and what is invisible, in which
//     every rune that looks like a letter of ASCII is that letter, as are 0 o, 1 l i,
//     5 s and the like, rn m and vv w.
//   - Affix: nothing but words that promise something were added or taken (official,
//     v2, pro, server, mcp).
//   - Order: the same words in another order.
//   - Plural: a brand with an s, or without.
//   - Swapped, Doubled, Dropped, Keyboard, Typo: few letters differ, by the distance of
//     Damerau and Levenshtein (with adjacent transpositions), in what is left of both
//     names after the words that they share. How many may differ grows with the length.
//     A difference that makes another ordinary word is honest: list_files and
//     list_file_ids, create_issue and close_issue, slack and stack.
//
// Two tools of one server are neighbours, not impostors: of those only equal skeletons
// count, and the caller says whose they are.
package lookalike

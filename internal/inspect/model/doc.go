// Package model is a small classifier inside the binary (C033): how much a text speaks to a
// model and steers it.
//
// It has two heads that share features: Definition for what a server says of its tools (T02,
// T03: poisoning, shadowing, line jumping), Data for results, documents and prompts (T04:
// indirect injection). A head is a linear model over hashed words, letters and shapes (see
// package feature), applied to windows of about 240 and 720 bytes, and a second, small one
// over what the windows of a document gave: their highest, their second, their mean, how many
// there are, where the highest stands. The score is the probability that the document is an
// attack if one in two were; thresholds are set on documents, not on windows.
//
// What it trusts: nothing but its weights, which are compiled in. It decides nothing: a hit is
// low, medium or high by how rare such a score is among honest documents, never critical, and
// no promise of this program rests on it. Whoever writes the attack can measure against it.
// The control for what it misses is trust, policy and flow.
//
// What happens when it breaks: Load fails, and so does start. No text makes it fail.
//
// The weights come from `make model`; docs/model-card.md says from what, docs/detection.md how
// good they are.
package model

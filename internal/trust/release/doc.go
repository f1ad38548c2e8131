// Package release says whether a server, or some of its tools, may be used: whether what it
// takes was brought, and signed by the people it takes.
//
// The question: did the people who answer for security, data, privacy, law and the business
// see exactly this, with the evidence that its tier asks for, and none of them alone? The
// threats: a registry with one administrator (the tool-squatting paper), a tool that is
// swapped between review and release (H02, F09), a person who approves what they asked for
// themselves (H09). The controls: C023-C026, C092. It trusts the signers' set and the rules
// that it is given, and what Mantlet itself read of the evidence. When it breaks, nothing is
// released.
//
// # The rules that no file changes
//
//   - It takes at least two different people, and never fewer than the set's threshold.
//   - Who proposes signs nothing: neither the release nor its evidence.
//   - Who brought or signed a piece of evidence does not sign the release for the role that
//     judges it: security for a scan, SAST, DAST, SBOM, provenance and a dynamic run,
//     business for the dossier. For another role that they have, they may.
//   - Evidence that failed is never outvoted, needed or not. Evidence that is unknown, too old
//     or of another server satisfies nothing.
//   - A proposal ends after 14 days: what is dated later does not count.
//   - Items, dossier, evidence, tier, proposer and date are in the manifest hash: who changes
//     one of them has a new proposal, and no signature under it.
//
// # The defaults
//
//	tier      evidence                  roles                        people  holds     probation
//	low       scan                      security                     2       365 days  7 days
//	medium    … and sbom, provenance    … and data-governance        2       180 days  14 days
//	high      … and sast                … and privacy, business      4       120 days  30 days
//	critical  … and dast                … and legal                  5       60 days   30 days
//
// Evidence is at most 30 days old when it is proposed with.
//
// It is documents in, verdicts out: it reads no file, keeps no state, and asks nobody.
package release

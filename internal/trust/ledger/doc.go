// Package ledger is the catalogue's transparency log: every change is an entry that
// cannot be taken back unnoticed.
//
// The question: is this history the one that was here before? The threats: a database
// that is edited, cut short, forked or replaced by an older copy (F09, and the registry
// with one administrator of the tool-squatting paper). The control: C045. It trusts the
// key of its checkpoints and the checkpoint that it keeps outside of the database; the
// database not at all. When it breaks, nothing is appended, and a history that does not
// lead to the kept checkpoint is not opened: nothing is approved.
//
// The tree is that of RFC 6962, as golang.org/x/mod/sumdb/tlog makes it; checkpoints are
// signed notes (C2SP tlog-checkpoint), and Export writes C2SP tiles (tlog-tiles). An
// operator's own replicas are one operator: only the signatures of others are witnesses.
package ledger

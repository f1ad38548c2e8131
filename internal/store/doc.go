// Package store keeps what must outlive a process: an append-only log, the hashes of its
// Merkle tree, and what its entries speak of.
//
// The question: what was written, in which order? It knows nothing of what the bytes
// mean. The controls: C045, C093. It trusts nobody who can write to the database: whoever
// reads checks hashes against a checkpoint that is kept elsewhere (see trust). When it
// breaks, nothing is written and nothing is read: the error says which.
//
// SQLite and PostgreSQL stand behind one set of statements; storetest holds both to the
// same behaviour.
package store

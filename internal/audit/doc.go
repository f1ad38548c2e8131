// Package audit remembers every exchange, before it happens and after.
//
// The question: what was attempted, by whom, and how did it end, and can that be
// shown later to somebody who does not trust us? The threats: repudiation, records
// altered or lost, records that stop exactly under attack, secrets that leak
// through the record (I02, I04). The controls: C060, C063. It trusts its disk to
// keep what it acknowledged and nothing else. When it cannot write, Begin fails
// and so does the call; nothing is dropped, queued for later, or sampled.
//
// Records are lines of JSON in the form of SEP-3004, each holding the SHA-256 of
// the one before. Arguments and results are kept as keyed digests (HMAC-SHA-256 over
// the exact JSON of params.arguments, or else params; of result; of error): who has
// the key and the text can show that they belong together, nobody can guess the text
// from the digest.
//
// # Mapping
//
//	event_type         outcome             when
//	exchange.begin     deferred            before the first check; nothing is decided yet
//	exchange.message   allowed or denied   a message of a stream passed, or was dropped
//	exchange.end       allowed             the reply was released (or there was none to give)
//	exchange.end       denied              a check refused
//	exchange.end       deferred            a person must say yes first; the retry is an exchange of its own
//	exchange.end       error               the server, the caller or Mantlet failed
//	config.bundle      allowed             a signed configuration is about to be in force; principal_id are its signers
//	log.recovered      error               a torn last line was found at start and set aside
//
// A begin without an end is an exchange that was under way when the process died;
// Verify names each. What never reached the corridor is counted by Refused in a
// record of its own (refused.jsonl), 257 lines a second and 16 MiB at most.
//
// # Durability
//
// Process: Begin and End return once the kernel has the line, so that the death of
// the process loses nothing. Disk: they return once it is on stable storage.
// Callers that come while a write is under way share the next one.
package audit

// Package exact finds an organisation's own records in texts, without having them.
//
// The question: is this a cell, or two cells of one row, of a table that must not leave? The
// threats: data that leaves in calls (E03), and the table of data itself, if it had to lie
// beside the gateway (I06). The control: C056. Fingerprint turns a table into keyed hashes;
// a Detector has these and the key, and turns each run of words of a text into the same. Who
// has the file alone learns how many cells there are; who has file and key can try values,
// so that the key is a secret like others.
//
// A cell that is a sign by itself (an account's number) is in a column that stands alone; a
// name is one only beside another cell of its row, within Reach bytes. Case, accents that
// Unicode folds, spaces and punctuation say nothing: "123-45-6789" is 123456789. A cell has
// at most eight words and 64 bytes, and at least four letters or digits; others are left out
// and counted.
//
// # The file
//
// Version 1. All numbers are big-endian.
//
//	8  bytes  "mantletX"
//	1         version, 1
//	1         bits of the filter's size, n
//	2         zero
//	4         how many fingerprints, c
//	16        salt
//	16        tag: HMAC-SHA-256 of all other bytes by the check key, cut to 16
//	32,768    beginnings: a bit for each cell's first four letters, by SipHash-1-3 with the
//	          second half of its key turned over
//	2^n / 8   filter: a Bloom filter of two places for each cell, by SipHash-1-3
//	c * 9     fingerprints in order: a kind (1 a cell that stands alone, 2 a cell, 3 a pair),
//	          and 8 bytes of HMAC-SHA-256
//
// Three keys come from the owner's one by HMAC-SHA-256 over "mantlet exact 1", the salt and a
// letter: h for fingerprints, s for the filter, c for the tag. A cell's hash is over its kind
// and its folded letters; a pair's over both cells', the lower first. When it breaks, the room
// refuses the message.
package exact

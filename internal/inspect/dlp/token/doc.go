// Package token puts tokens in the place of values that a model has no need to read, and the
// values back where the server that gave them is called with the token.
//
// The question: whose value does this token stand for, and may it be put back here? The
// threats: data that leaves through a model and another server's arguments (E03, I04), and
// tokens that somebody forges, keeps, or talks a model into carrying elsewhere (H03). The
// controls: C057.
//
// A token is "mtok1_" and 26 letters and digits: 130 bits, of which HMAC-SHA-256 over a
// random nonce, the conversation, the server, the class and the value makes 128. It says
// nothing of the value, and nobody who lacks both this process's key and its memory can make
// one. It is put back only in the same conversation, for the same server, in a parameter
// that a Grant names for its class; everything else that has a token's shape is an error
// (Restore), or is made harmless (Neutralise). One value has one token in a conversation and
// server, so that a model can tell that two are the same.
//
// FF1 (NIST SP 800-38G) is for servers that take nothing but digits. It is deterministic,
// and has to be chosen by class: who sees many of its tokens sees which are equal, and short
// numbers can be guessed. It, too, is put back only where it was minted; elsewhere it is a
// number like others, and is left as it is.
//
// Values are in memory only, 10,000 a conversation and for 24 hours at most; after a restart
// tokens are refused. It trusts no text. When it breaks, nothing is put back.
package token

// Package passkey asks a person to approve one thing with a passkey, and enrols passkeys.
//
// The question: did the person whose passkey this is approve exactly this? The threats: a
// coding agent with a shell has the user's uid and could approve what it was told to use
// (H06 and its kin); a page of another origin, or a name that was bound anew to loopback,
// asks in Mantlet's name; a person approves what they do not see (H09). The controls:
// C024, C025, C041. It trusts the authenticator to have verified its user, and the browser
// to name the origin truly; nothing else that arrives. When it breaks, nothing is approved.
//
// What is signed is WebAuthn's (Level 3, section 7.2): the challenge is the digest of what
// is approved, the origin and the relying party are ours, the user was present and
// verified, and the counter of the authenticator went on. The ceremonies hold no session:
// who calls gives the challenge, and keeps what comes back.
//
// What it cannot say: whether an authenticator is a thing of metal. A program can enrol one
// that it made up, so a code to enrol with is given to a person who has shown themselves in
// another way, never to whoever asks on the socket.
package passkey

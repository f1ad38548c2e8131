// Package provenance says who built an artifact, from what, and who says so, and whether
// that is enough.
//
// The question: is this the build of the source that we trust, or only a file of that name?
// The threats: a release that somebody else publishes (F09: a stolen token, a backdoor in
// the sixteenth version), a registry or a mirror that serves something else, A4 of the
// update mechanism. The controls: C044, C046. It trusts the keys and roots that its caller
// gives: Sigstore's trusted root, npm's registry keys, an image signer's key. What a
// registry says is never trusted, only what is signed.
//
// The answers of the inner packages (npm, oci, mcpb) are Reports, and Policy judges them.
// When it breaks, the verdict is Unknown: unreachable, busy, absent, stale and unreadable
// are never Satisfied, and wrong is Failed.
package provenance

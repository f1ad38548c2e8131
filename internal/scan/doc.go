// Package scan looks at MCP servers before anybody uses them: at what they say of
// themselves, how they are started, and what they make possible together.
//
// The question: would a careful person put this in front of an agent? The threats: tool
// poisoning and line jumping (H01), shadowing and squatting (H03), servers that a cloned
// repository brings (F01, F07), secrets in files that others read (F04), launches of
// whatever version is newest. The controls: C006, C013, C027, C028, C030, C044, C046, C067, C090. It
// trusts no file, no server and no text. What it cannot read it reports as a finding
// (MTL-READ-001), never as clean.
//
// It runs alone, without a gateway. Static by default: Parse and Machine read files, and
// nothing is started or called. Visit asks a URL, Ask a registry for an image's config,
// Prover registries for who built something, Launch starts a command that its caller has
// shown to a person. Check is a pure function of what they found and of the advisories
// that it is given: the same input gives the same findings in the same order, with
// fingerprints that hold across runs and machines. Nobody is asked about a package, and no
// advisories are read, unless a person wants it; what nobody can say is a finding, too.
//
// The rules for texts are those of internal/inspect/rule; the rest stand in checks.go.
// What a scan finds is a reason to look, and that it finds nothing is no proof.
package scan

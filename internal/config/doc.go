// Package config reads the one file that says what Mantlet does. The structs are
// the manual: docs/reference/config.md and config.schema.json are made from them.
//
// The question: what did the operator ask for, and is it safe and whole? The
// threats: a misread or half-read configuration (MCP07 security misconfiguration,
// A7 insecure configuration), a default that opens something (threats A07, A08,
// A23), a secret in a file that is copied about (C087), a configuration that
// names commands and that others can write (F07). The controls: C095 secure
// defaults, C016 and C072 (one tree whose digest means something), C004.
//
// It trusts the person who may write the file, and nothing in the environment but
// MANTLET_STATE, XDG_STATE_HOME and HOME. ${NAME} is not expanded anywhere: a file
// means the same on every machine. Anchors, aliases, tags, merge keys and several
// documents are refused, as are unknown and duplicate keys.
//
// When a file cannot be read, or one word of it is not understood, there is no
// Config at all, and the error lists every problem with its path and line. Reading
// has no side effects and opens no file but the one named; CheckFiles is the step
// that looks at keys and certificates.
package config

//go:generate go run ./gen -docs ../../docs/reference

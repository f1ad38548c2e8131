// Package config is the one tree of settings: what each means, what it defaults
// to, and what is wrong with a file, all of it at once.
//
// The question: what did the administrator decide, and is it safe to run? The
// threats: a setting that is misspelt and so silently absent, a default that is
// open or known (A07, A08, A16, A23), a switched-off layer that nobody notices, a
// placeholder that takes a secret out of the environment (F04). The control: C095. It
// trusts the file's owner. When anything is wrong nothing starts; a reload with a
// problem leaves the old configuration running.
//
// Files are YAML, read strictly: a walk over the tree reports every unknown and
// duplicate key, every value of a wrong type and then everything that is wrong with
// what could be read, each with its path and line; of what could not be read nothing
// follows. What makes a file say something else than it shows is refused: anchors,
// aliases, merge keys, tags, directives, second documents and tabs within a line. So
// is what the parser would take too long for. No problem repeats a value that can be
// a secret, nor a key that is no plain word. Nothing is expanded from the environment:
// a file says what it says. Relative paths are relative to the file. What is absent is safe, and a new version runs with an old
// file. Checking has no side effects.
package config

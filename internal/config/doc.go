// Package config is the one tree of settings: what each means, what it defaults
// to, and what is wrong with a file, all of it at once.
//
// The question: what did the administrator decide, and is it safe to run? The
// threats: a setting that is misspelt and so silently absent, a default that is
// open, a switched-off layer that nobody notices. The controls: C008, C014. It
// trusts the file's owner. When anything is wrong nothing starts; a reload with a
// problem leaves the old configuration running.
//
// Files are YAML, read strictly: unknown and duplicate keys are refused. Nothing is
// expanded from the environment: a file says what it says. Relative paths are
// relative to the file. What is absent is safe, and a new version runs with an old
// file. Checking has no side effects.
package config

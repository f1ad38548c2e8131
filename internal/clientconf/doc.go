// Package clientconf finds the MCP servers that a user's clients have configured
// (Claude Desktop, Claude Code, Cursor, VS Code), and puts Mantlet in front of them.
//
// The question: what would this person's agents run, and on whose word? The
// threats: a cloned repository that brings its own servers, a secret that is copied
// into a file others read, a client left broken half-way. The controls: C060, C064.
// It trusts the user's own files and not a project's: each entry of a project's
// file needs its own yes, with the full command shown. Every file that is changed
// has a backup of mode 0600 beside Mantlet's state, which Undo puts back. When
// anything fails, the files changed so far are put back.
package clientconf

// Package clientconf finds the MCP servers that a user's clients have configured
// (Claude Desktop, Claude Code, Cursor, VS Code), and puts Mantlet in front of them.
//
// The question: what would this person's agents run, and on whose word? The
// threats: a cloned repository that brings its own servers (F01, F07), a placeholder
// that is filled in with the wrong secret (F04), a secret that is copied into a file
// others read, a client left broken half-way. The controls: C085, C095.
// It trusts the user's own files and not a project's: each entry of a project's
// file needs its own yes, with the full command shown. Every file that is changed
// has a backup of mode 0600 beside Mantlet's state, which Undo puts back. When
// anything fails, the files changed so far are put back; when it is killed, Undo
// does that.
//
// Comments, trailing commas and the rest of a file stay byte by byte: an entry's
// value is replaced where it stands. Links of the user's own are written through; a
// project's file must lie in the project. A file that changed since it was shown is
// left alone.
//
// A server at a URL becomes Mantlet's URL and a token where the client can send
// headers, and the file gets mode 0600; a token opens that server for that client
// and nothing else. A project's file, and one that is under version control, gets
// `mantlet wrap` instead, and so does every command. Entries that hold what their
// client alone can fill in (placeholders, an envFile, OAuth) are left out, and it is
// said why.
package clientconf

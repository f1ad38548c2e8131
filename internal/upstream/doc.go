// Package upstream delivers a message to a server and brings back what the
// server says.
//
// The question: how does this reach its server, in the words that the server
// speaks? The threats: a caller's credential that leaks upstream (A09, C07), a redirect
// or a named endpoint that takes a configured credential elsewhere (C03), one bad server
// that takes its neighbours down (B06, B09, B11), one caller's words in another's call
// (A17, D01, D04). The controls: C004, C085, C086, C088, C091. It trusts the
// configured addresses and commands, and nothing that a server says: not its
// sizes, ids, statuses, redirects or challenges. When a server breaks, its own
// calls fail with words that name it, and nobody else's do.
//
// A call goes guard -> era -> transport. The guard bounds how many calls and how
// long, and keeps calls from a server that is down. The era layer passes a call on
// as it is where caller and server share an era, and otherwise translates a plain
// request (cross_*.go). A transport is Streamable HTTP, HTTP+SSE as servers of 2024
// speak it, or a local process; the last two share their sessions (sessions.go) and
// who hears what (conn.go).
package upstream

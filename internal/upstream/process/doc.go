// Package process starts, supervises and stops the local servers that speak MCP
// on stdin and stdout. It knows bytes and lines, not MCP.
//
// The question: does this program run for exactly as long as somebody needs it,
// with exactly what it was given? The threats: a server that outlives Mantlet, with
// all its children; one that inherits secrets, descriptors or loader variables (F03, I05);
// one that floods a log, never ends a line or never reads (B09). The controls: C075, C085,
// C086, C088. It
// trusts the configured command, and nothing that the program writes. When a program
// breaks a limit it is stopped.
//
// On Linux, Mantlet does not start a server itself: it starts its own executable
// again as a small supervisor, one for each server, in a session of its own. The
// supervisor is a child subreaper (prctl(2)), so that every descendant, however it
// detaches, ends up as its child; it holds the reading end of a pipe whose writing
// end only Mantlet holds. When that pipe ends, because Mantlet stopped the server or
// because Mantlet was killed, the supervisor ends the server and every descendant,
// and reaps them. Server and Mantlet talk over the pipes directly: the supervisor is
// not on the data path. (Pdeathsig alone would follow the thread that forked and
// miss grandchildren.)
//
// Other systems have no subreaper: there the process group is killed, and a
// grandchild that left it may survive. `mantlet doctor` says so.
package process

// Package sink holds the arguments of a call against what becomes of them behind the server.
//
// The question: what will this value be, once the server has it: a part of a command line, a
// statement, a path, an address, a recipient? And does it stay that? The threats: arguments
// that end in a shell (G-01, G-02), flags and blanks in what is one word of a command (G-03,
// G-04), paths that leave where they belong (G-05, F08), statements that do more than to
// read (G-06), schemes and addresses that a caller must not reach (G-07, E01, E02), recipients
// and amounts (F09), commands that start with what is written to a file (F07, F02). The
// controls: C051, C052, C053.
//
// Plan gives each place of a tool's arguments a Kind, by the tool's approved definition and by
// what is configured, and says why. Check looks at each text of the arguments as its place
// is used: paths are cleaned in every encoding that some reader undoes, addresses are read in
// every spelling that some resolver takes, SQL is split by a lexer in each dialect's reading,
// command lines are parsed as the shell would. docs/design/sinks.md has the table.
//
// It trusts the approved definition to say what an argument is, not the value. What is not
// recognised is looked at less, never let through for that: a place of which nothing is known
// is held against what no honest value has. It never refuses anything: what follows from a
// hit is the room's configuration. What a server does with an argument that its definition
// does not tell of, nobody sees here: that is for the sandbox.
package sink

// Package childenv is the one list of environment variables that may not be set for
// a server.
//
// The question: does a variable make other code run than the command that people
// are shown? The threat (F03): somebody who writes one line of a configuration has the
// loader, the shell, the interpreter or git of a harmless-looking command run a
// program of theirs. The control (C095): such names are refused, in any case of letters,
// when the configuration is read and again when the process is started. The list is
// a deny-list and so never whole: it is the second wall behind showing people the
// command and its environment, not instead of it. It trusts nothing but its own table;
// what it cannot read as a name it refuses.
package childenv

// Package app wires the house: it turns a configuration into rooms, a gateway and
// listeners, and is the one package that may import everything.
//
// The question: does what runs consist of exactly what the configuration says, with
// every room in its place? The threats: a layer that is absent and not missed (A16), a
// default key or an open door (A08, A23), a reload or a stop that leaves calls without
// an answer or a record, a log that a server fills (B09). The controls: C003, C060. It
// trusts the configuration, which was checked, and the user's own directories. When
// anything cannot be built nothing is served; when it breaks at run time the listeners
// close, and what is under way is refused.
//
// App is a value with Run, Reload and Close, which tests start on port 0. A reload
// builds the new house beside the old one, swaps one pointer and lets the old one
// end: calls keep the gateway they started with. A reload that fails changes
// nothing.
package app

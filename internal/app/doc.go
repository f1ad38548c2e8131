// Package app wires the house: it turns a configuration into rooms, a gateway and
// listeners, and is the one package that may import everything.
//
// App is a value with Run, Reload and Close, which tests start on port 0. A reload
// builds the new house beside the old one, swaps one pointer and lets the old one
// end: calls keep the gateway they started with. A reload that fails changes
// nothing.
package app

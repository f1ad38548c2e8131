// Package secret finds keys, tokens and passwords in texts.
//
// The question: does an argument or a result hold what opens something? The threats: a secret
// as a tool's argument (I04), keys in results and files (I06), data that leaves in them (E03).
// The controls: C056, C100.
//
// A format (formats_*.go) is a word that stands in every token of its kind, and what stands
// around it; the words of all formats are found in one pass (package literal), and only
// where one stands is its format tried, forwards and without ever going back. What adds up
// by its own checksum, or can be nothing else, is high or critical. A value that somebody
// has given a name (password = ..., named.go) is medium at most: a name proves little. What
// is documented as an example is low, and a placeholder is nothing.
//
// Whatever is found ends, or is decided, within Reach bytes of its start: where texts come in
// pieces, the last Reach bytes of the one before are enough. It trusts no text, keeps none,
// and names none in what it says. When it breaks, the room refuses the message.
//
// bip39.txt is the English word list of BIP 39.
package secret

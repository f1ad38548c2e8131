// Package personal finds what tells of one person: numbers of cards, accounts, identity,
// health and telephones, addresses of mail and of machines.
//
// The question: whose data leaves here? The threats: data that leaves in arguments and
// results (E03, I04), and what comes in with it (I06). The controls: C056, C100. Everything
// that is looked for holds a digit or an @: the rest of a text costs one look a byte. A
// number is tried by its length, its groups and its check digits (package checksum), and
// only then are the words around it read (context.go): a number with one check digit and no
// word beside it is nothing, for one of ten random numbers has it. Names and street
// addresses are not found: that takes a model (an outside detector), and guesses.
//
// High is a number whose form and check digits are right, and beside which a word says what
// it is, or a card in its groups; medium is one of the two where they are strong; what many
// publish of themselves (mail, addresses of machines) is info. It trusts no text, keeps
// none, and names none in what it says. When it breaks, the room refuses the message.
package personal

package sink

import (
	"fmt"
	"math/bits"
	"strings"
)

// A Kind is what becomes of an argument behind the server: a set of the constants below.
// The zero Kind is a place of which nothing is known.
type Kind uint32

// The kinds.
const (
	Shell      Kind = 1 << iota // a command line, read by a shell
	Argument                    // a word of a command's arguments
	SQLRead                     // a statement that reads
	SQL                         // any statement
	Path                        // of a file or directory
	URL                         // absolute, or a host with a path
	Host                        // a name or an address, with or without a port
	HTML                        // markup that is shown as such
	LDAP                        // a filter (RFC 4515), or a value that is put into one
	Template                    // of a template engine
	Regex                       // a regular expression
	Code                        // of a programming language
	Mail                        // a recipient
	Money                       // an amount
	Query                       // XPath, or a document database's query
	Header                      // of one line, put before a body
	Identifier                  // a key, a name that programs give
	Text                        // prose, or a file's content: nothing in it is a command
)

var kinds = [...]string{"shell", "command-argument", "sql-read", "sql", "path", "url", "host", "html", "ldap", "template", "regex", "code", "mail", "money", "query", "header", "identifier", "text"}

// String is the names of k's kinds with a comma between; "unknown" for none.
func (k Kind) String() string {
	var out []string
	for ; k != 0; k &= k - 1 {
		if i := bits.TrailingZeros32(uint32(k)); i < len(kinds) {
			out = append(out, kinds[i])
		}
	}
	if out == nil {
		return "unknown"
	}
	return strings.Join(out, ",")
}

// ParseKind reads the names of kinds with a comma between.
func ParseKind(s string) (k Kind, err error) {
	if s == "unknown" {
		return 0, nil
	}
next:
	for name := range strings.SplitSeq(s, ",") {
		for i, known := range kinds {
			if strings.TrimSpace(name) == known {
				k |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("%q is no kind of argument; use %s", name, strings.Join(kinds[:], ", "))
	}
	return k, nil
}

// written reports whether the place is written in a language of its own, in which what is a
// command elsewhere is what it is for.
func (k Kind) written() bool {
	return k&(Shell|SQL|SQLRead|HTML|Template|Regex|Code|Text) != 0
}

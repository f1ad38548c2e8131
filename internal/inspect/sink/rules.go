package sink

// The rules, by what they find.
const (
	tooLong = "sink/too-long"

	traversal = "sink/path-traversal"
	outside   = "sink/path-outside"
	encoded   = "sink/path-encoded"
	sensitive = "sink/path-sensitive"
	executes  = "sink/path-executes"
	network   = "sink/path-network"
	wrapper   = "sink/path-wrapper"
	remote    = "sink/path-remote"
	stream    = "sink/path-stream"
	nul       = "sink/nul"

	scheme    = "sink/url-scheme"
	inside    = "sink/url-inner"
	cloud     = "sink/url-metadata"
	disguise  = "sink/url-disguised"
	badHost   = "sink/url-host"
	notListed = "sink/url-unlisted"
	badPort   = "sink/url-port"
	confusing = "sink/url-confusing"
	userInfo  = "sink/url-user"
	sends     = "sink/url-redirect"

	flag      = "sink/flag"
	meta      = "sink/metacharacter"
	blanks    = "sink/blank"
	lineBreak = "sink/line-break"
	injected  = "sink/command"

	sqlDoes    = "sink/sql-writes"
	sqlStacked = "sink/sql-stacked"
	sqlHidden  = "sink/sql-hidden"
	sqlComment = "sink/sql-comment"
	sqlReach   = "sink/sql-reaches-out"
	sqlWait    = "sink/sql-waits"
	sqlWipes   = "sink/sql-all-rows"
	sqlOpen    = "sink/sql-unreadable"
	sqlPiece   = "sink/sql-injection"

	shellSeveral  = "sink/shell-several"
	shellOdd      = "sink/shell-unreadable"
	shellLong     = "sink/shell-long"
	shellRoot     = "sink/shell-root"
	shellEval     = "sink/shell-eval"
	shellNet      = "sink/shell-network"
	shellFetched  = "sink/shell-fetched-code"
	shellDecoded  = "sink/shell-decoded-code"
	shellDestroys = "sink/shell-destroys"
	shellReverse  = "sink/shell-reverse"
	shellStays    = "sink/shell-persists"
	shellSecret   = "sink/shell-secret" //nolint:gosec // a rule's name

	template   = "sink/template"
	markup     = "sink/markup"
	ldap       = "sink/ldap"
	noSQL      = "sink/operator"
	prototype  = "sink/prototype"
	backtracks = "sink/regex-backtracks"
	codeCall   = "sink/code-call"

	recipient = "sink/recipient"
	several   = "sink/recipients"
	shownName = "sink/recipient-confusing"
	beyond    = "sink/amount"
	negative  = "sink/amount-negative"
	noAmount  = "sink/amount-unclear"
)

// wrong is what each rule tells people.
var wrong = map[string]string{
	tooLong: "the text is longer than what is read of it; send it in parts",

	traversal: "the path climbs out of where it begins; write where it leads instead",
	outside:   "the path leads outside of the allowed directories; use one within them",
	encoded:   "the path is written in an encoding that no path needs; write it plainly",
	sensitive: "the path leads to secrets or to a system's own files; ask an administrator if it is needed",
	executes:  "some program runs or believes this file once it is written; ask an administrator if it is needed",
	network:   "the path names another machine; use a local one",
	wrapper:   "the path is an instruction to whoever opens it (php://, data:, phar://); use a file's path",
	remote:    "the path is an address; use a file's path",
	stream:    "the path names an alternate stream of a file; use the file's own",
	nul:       "it holds a NUL, where half of its readers end; leave it out",

	scheme:    "the scheme is not allowed; use https",
	inside:    "the address is of this machine or an inner network; list it if it is meant",
	cloud:     "it is where a cloud tells machines their secrets; nothing asks there for a caller",
	disguise:  "it is an inner address in a spelling that hides it; write addresses plainly",
	badHost:   "the host is neither a name nor an address; write it plainly",
	notListed: "the host is not among those that are allowed; ask for it to be listed",
	badPort:   "the port is not among those that are allowed; use one that is",
	confusing: "readers differ about which host this is; write it without @ and backslash",
	userInfo:  "a name or password stands in the address; leave it out",
	sends:     "the address hands on an inner one or another scheme, to which its server may be sent; leave it out",

	flag:      "a command would take it for an option; leave the dash out, or put ./ before it",
	meta:      "a shell would make more of it than a word; leave ; | & $ ( ) < > and backticks out",
	blanks:    "a command that splits at blanks would take it for several words; leave them out",
	lineBreak: "it has more than one line, or a control character; write it on one",
	injected:  "a command follows what separates commands; leave it out",

	sqlDoes:    "the statement does more than is allowed here; send one that reads",
	sqlStacked: "there is more than one statement; send them one by one",
	sqlHidden:  "some databases run what stands in this comment; leave it out",
	sqlComment: "it holds a comment",
	sqlReach:   "a function reaches files, programs or addresses beyond the database; leave it out",
	sqlWait:    "a function waits, stops others or runs text as a statement; leave it out",
	sqlWipes:   "it removes or changes all rows or a whole table; say which",
	sqlOpen:    "a quote or comment does not end in any dialect; close it",
	sqlPiece:   "it would end a string or condition of a statement and go on; send the value alone",

	shellSeveral:  "it runs more than one command",
	shellOdd:      "it cannot be read as a command line of a POSIX shell or bash",
	shellLong:     "the command line is longer, or opens more, than is parsed; put it into a file",
	shellRoot:     "it asks for the rights of root",
	shellEval:     "it runs text that it puts together",
	shellNet:      "it reaches the network",
	shellFetched:  "it runs what it fetches; fetch it, look at it, then run it",
	shellDecoded:  "it runs what it decodes; write the commands plainly",
	shellDestroys: "it destroys a system, a home or a disk; name what is to go",
	shellReverse:  "it gives a shell to another machine; no errand needs that",
	shellStays:    "it writes what is run later, at a login or on a schedule; ask an administrator if it is needed",
	shellSecret:   "it reads secrets; ask an administrator if it is needed",

	template:   "a template engine would run it as an expression; send the value alone",
	markup:     "a browser would run it as markup; send plain text",
	ldap:       "it changes what a directory's filter asks; escape parentheses and asterisks (RFC 4515)",
	noSQL:      "it is a condition for a database where a value is asked for; send the value alone",
	prototype:  "the name changes all objects of a careless reader; leave it out",
	backtracks: "it takes some engines time without bound; do not repeat what already repeats",
	codeCall:   "the code starts programs, or reads the environment",

	recipient: "the recipient is not among those that are allowed; ask for the domain to be listed",
	several:   "it names more than one recipient",
	shownName: "readers differ about who the recipient is; write the address alone",
	beyond:    "the amount is beyond its bounds; ask an administrator",
	negative:  "the amount is negative",
	noAmount:  "the amount is not written as a plain number; write digits and a point",
}

package mantlet

// A Conversation is what flow labels, budgets and tokenisation hang on. By
// default it is all that one principal does over a window of time, on every path:
// the modern era has no session, and what a caller chooses a caller can shed.
// Handle narrows it, and only to a value that Mantlet minted itself or that a
// token or a grant names. The zero Conversation belongs to nobody.
type Conversation struct {
	Principal PrincipalKey
	Handle    string // "" for the default; never a value the caller made up
}

// IsZero reports whether c belongs to nobody.
func (c Conversation) IsZero() bool { return c.Principal.IsZero() }

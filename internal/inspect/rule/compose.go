package rule

// compose raises what two rules say together.
func (*scan) compose() {}

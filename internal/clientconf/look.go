package clientconf

// Look returns what is in f, as JSON: spaces stand where comments, trailing commas and a
// byte order mark do, so that every offset is the file's own. A project's file that is
// a link out of the project, and a file beyond 64 MiB, are refused.
func Look(f File) ([]byte, error) {
	_, b, err := read(f)
	if err != nil {
		return nil, err
	}
	return plain(b)
}

// Plain is b with spaces where comments, trailing commas and a byte order mark stand.
func Plain(b []byte) ([]byte, error) { return plain(b) }

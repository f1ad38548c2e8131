//go:build !unix

package h1

// poll knows no way here; quiet waits a millisecond instead.
func (*conn) poll() (silent, ok bool) { return false, false }

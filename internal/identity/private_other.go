//go:build !unix

package identity

import "io/fs"

// private cannot tell on this system: file modes are not access lists here. The
// state directory lies in the user's profile, which other users cannot read by
// default; `mantlet doctor` says so.
func private(fs.FileInfo) bool { return true }

//go:build unix

package identity

import "io/fs"

// private reports whether only the owner can touch the file.
func private(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }

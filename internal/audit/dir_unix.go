//go:build unix

package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockDir makes sure that one process at a time writes the record.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil { //nolint:gosec // a descriptor
		return nil, errors.Join(fmt.Errorf("audit: another mantlet writes the record in %s; stop it, or use another state directory", dir), f.Close())
	}
	return func() { _ = f.Close() }, nil // closing unlocks
}

// syncDir puts the names of a directory's new files on stable storage: a file that was
// synced itself can still be lost with its name (fsync(2)).
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err = d.Sync(); errors.Is(err, unix.EINVAL) {
		err = nil // a file system that keeps names in its own way
	}
	return errors.Join(err, d.Close())
}

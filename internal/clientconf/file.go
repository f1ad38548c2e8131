package clientconf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile is far more than any client keeps, and little enough to read at once.
const maxFile = 64 << 20

// place is where a client's file really is: behind its links, which are written
// through. A project's file must lie in the project: a link in a cloned repository
// could name any file of this user's.
func place(f File) (string, error) {
	at, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return "", err
	}
	if f.Project {
		dir, err := filepath.EvalSymlinks(f.Dir)
		if err != nil {
			return "", err
		}
		if in, err := filepath.Rel(dir, at); err != nil || in == ".." || strings.HasPrefix(in, ".."+string(filepath.Separator)) {
			return "", errors.New("it is a link that leads out of the project; put the file itself there")
		}
	}
	info, err := os.Stat(at)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return "", fmt.Errorf("it is not a file, or larger than %d bytes", maxFile)
	}
	return at, nil
}

// read is the file's content, and where it really is.
func read(f File) (at string, b []byte, err error) {
	if at, err = place(f); err != nil {
		return "", nil, err
	}
	in, err := os.Open(at)
	if err != nil {
		return "", nil, err
	}
	defer in.Close() //nolint:errcheck // read only
	b, err = io.ReadAll(io.LimitReader(in, maxFile+1))
	return at, b, err
}

// versioned says that a file is in a working copy, from where it may be published.
func versioned(path string) bool {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		for _, mark := range []string{".git", ".hg", ".svn", ".jj"} {
			if _, err := os.Lstat(filepath.Join(dir, mark)); err == nil {
				return true
			}
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

// replaceFile writes a file of a name that nobody can foresee beside path and
// renames it, so that no client reads half and no link that lies in wait is followed.
func replaceFile(path string, b []byte, mode fs.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".mantlet-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

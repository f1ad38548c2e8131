package seal

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// OpenRing reads the ring at path: one key a line, "id base64", newest first,
// lines that begin with # ignored. The file must be readable by its owner alone.
// Where there is none and create is set, a ring with one fresh key is made; a
// shared ring of several replicas is never made by one of them.
func OpenRing(path string, create bool) (*Ring, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		if err := newRingFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		f, err = os.Open(path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key ring %s can be read by others (mode %04o); make a new one with mode 0600", path, info.Mode().Perm())
	}
	keys, err := readKeys(bufio.NewScanner(f))
	if err != nil {
		return nil, fmt.Errorf("key ring %s: %w", path, err)
	}
	return NewRing(keys...)
}

func readKeys(lines *bufio.Scanner) ([]Key, error) {
	var keys []Key
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		id, text, _ := strings.Cut(line, " ")
		number, err := strconv.ParseUint(id, 10, 32)
		secret, err2 := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
		if err != nil || err2 != nil || len(secret) != 32 {
			return nil, fmt.Errorf("line %d is not \"id base64-of-32-bytes\"", n)
		}
		keys = append(keys, Key{ID: uint32(number), Secret: [32]byte(secret)})
	}
	return keys, lines.Err()
}

func newRingFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "# mantlet key ring: id and key, newest first. Keep the previous key until what it sealed has expired.\n1 %s\n",
		base64.StdEncoding.EncodeToString(secret[:]))
	return errors.Join(err, f.Close())
}

package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Remember keeps what is buried in the file at path, mode 0600, and takes back what a
// process before this one buried: a start must not bring back what was ended. It is
// called once, before the ring is used.
func (r *Ring) Remember(path string) error {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	buried, err := readGraves(string(text), time.Now())
	if err != nil {
		return fmt.Errorf("seal: %s: %w", path, err)
	}
	r.digging.Lock()
	defer r.digging.Unlock()
	r.mu.Lock()
	r.graves, r.buried = path, buried
	r.mu.Unlock()
	return r.rewrite()
}

// readGraves reads one grave a line, "hex-of-SHA-256 unix-seconds", and leaves out those
// that are over. A last line without its end was never answered for.
func readGraves(text string, now time.Time) (map[[32]byte]time.Time, error) {
	buried := make(map[[32]byte]time.Time)
	text = text[:strings.LastIndexByte(text, '\n')+1]
	for line := range strings.Lines(text) {
		sum, until, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		raw, err := hex.DecodeString(sum)
		seconds, errTime := strconv.ParseInt(until, 10, 64)
		if err != nil || errTime != nil || len(raw) != sha256.Size {
			return nil, errors.New("a line is no grave; rotate the key ring, so that what was ended does not open again, and move the file away")
		}
		if t := time.Unix(seconds, 0); now.Before(t) {
			buried[[32]byte(raw)] = t
		}
	}
	return buried, nil
}

func grave(sum [32]byte, until time.Time) []byte {
	return fmt.Appendf(nil, "%x %d\n", sum, until.Unix()+1) // never too soon
}

// dig writes one grave down. r.digging is held.
func (r *Ring) dig(sum [32]byte, until time.Time) error {
	if r.graves == "" {
		return nil
	}
	f, err := os.OpenFile(r.graves, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	line := grave(sum, until)
	if n, err := f.Write(line); err != nil {
		var undone error
		if info, statErr := f.Stat(); statErr == nil && n > 0 { // half a line would spoil the next
			undone = f.Truncate(info.Size() - int64(n))
		}
		return errors.Join(err, undone, f.Close())
	}
	return f.Close()
}

// rewrite writes the file anew, without what is over. r.digging is held.
func (r *Ring) rewrite() error {
	if r.graves == "" {
		return nil
	}
	var b bytes.Buffer
	r.mu.RLock()
	for sum, until := range r.buried {
		b.Write(grave(sum, until))
	}
	r.mu.RUnlock()
	fresh := r.graves + ".new"
	if err := os.WriteFile(fresh, b.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, r.graves)
}

package seal

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A Source is where the keys of a ring are kept. Exactly one of the two is set.
type Source struct {
	File    string   // one key a line: see Keys
	Create  bool     // make the file with one fresh key if there is none: never set for several replicas
	Command []string // a program that prints what File would hold: the client of a KMS, say
}

// commandWait is how long the program may take, maxKeys how much it may print.
const (
	commandWait = 20 * time.Second
	maxKeys     = 64 << 10
)

// Keys reads the keys, newest first: one a line, "id base64-of-32-bytes", lines that
// begin with # ignored. A file must be readable by its owner alone. What a program
// prints is never repeated, not even where it is wrong.
func (s Source) Keys(ctx context.Context) ([]Key, error) {
	if len(s.Command) > 0 {
		return s.run(ctx)
	}
	f, err := os.Open(s.File)
	if errors.Is(err, fs.ErrNotExist) && s.Create {
		if err := newRingFile(s.File); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		f, err = os.Open(s.File)
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
		return nil, fmt.Errorf("key ring %s can be read by others (mode %04o); make a new one with mode 0600", s.File, info.Mode().Perm())
	}
	keys, err := readKeys(bufio.NewScanner(f))
	if err != nil {
		return nil, fmt.Errorf("key ring %s: %w", s.File, err)
	}
	return keys, nil
}

func (s Source) run(ctx context.Context) ([]Key, error) {
	ctx, cancel := context.WithTimeout(ctx, commandWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.Command[0], s.Command[1:]...) //nolint:gosec // the administrator wrote it down
	cmd.WaitDelay = time.Second
	out := &bounded{limit: maxKeys, stop: cancel}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("the key ring's command %s failed: %w; run it by hand to see why", filepath.Base(s.Command[0]), err)
	}
	keys, err := readKeys(bufio.NewScanner(bytes.NewReader(out.held)))
	if err != nil {
		return nil, fmt.Errorf("the key ring's command %s: %w", filepath.Base(s.Command[0]), err)
	}
	return keys, nil
}

// A bounded buffer refuses what is too much, and stops who writes it. It has no
// ReadFrom, which would read without asking it.
type bounded struct {
	held  []byte
	limit int
	stop  func()
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.held)+len(p) > b.limit {
		b.stop()
		return 0, errors.New("it prints more than a key ring holds")
	}
	b.held = append(b.held, p...)
	return len(p), nil
}

// OpenRing returns a ring with the keys of s.
func OpenRing(ctx context.Context, s Source) (*Ring, error) {
	keys, err := s.Keys(ctx)
	if err != nil {
		return nil, err
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

package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

const (
	stateType = "mantlet.bundle-state/1"
	maxState  = 4 << 20
)

// A State is what was accepted last.
type State struct {
	Type     string        `json:"type"`
	Version  int64         `json:"version"`
	Payload  signer.Digest `json:"payload"`
	Signers  signer.Set    `json:"signers"` // who signs the next bundle
	Accepted time.Time     `json:"accepted"`
}

func (s *State) check() error {
	if s.Type != stateType || s.Version < 1 || s.Payload == (signer.Digest{}) || s.Accepted.IsZero() {
		return errors.New("it is not what was kept here")
	}
	return s.Signers.Check()
}

// A File keeps the State, mode 0600. It is replaced whole.
type File string

// Load returns what was kept, or nil where nothing was. What cannot be read, or what others
// may write, is an error and not nothing: who could make it so would begin anew.
func (f File) Load() (*State, error) {
	info, err := os.Lstat(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // nothing was kept, and that is no fault
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxState || runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s: it is no file that its owner alone may write", f)
	}
	b, err := os.ReadFile(string(f))
	if err != nil {
		return nil, err
	}
	var s State
	if err := signer.Decode(b, maxState, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", f, err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", f, err)
	}
	return &s, nil
}

// Keep writes s. It never takes the version back.
func (f File) Keep(s State) error {
	if err := s.check(); err != nil {
		return err
	}
	old, err := f.Load()
	if err != nil {
		return err
	}
	if old != nil && (s.Version < old.Version || s.Version == old.Version && s.Payload != old.Payload) {
		return ErrRollback
	}
	b, err := signer.Canonical(&s)
	if err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(string(f)), ".bundle-state-*") // 0600
	if err != nil {
		return err
	}
	_, err = t.Write(append(b, '\n'))
	if err = errors.Join(err, t.Sync(), t.Close()); err == nil {
		err = os.Rename(t.Name(), string(f))
	}
	if err != nil {
		_ = os.Remove(t.Name()) // it is of no use
	}
	return err
}

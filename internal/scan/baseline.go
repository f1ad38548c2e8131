package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// A Baseline names findings that somebody has looked at and lives with, by their
// fingerprints.
type Baseline struct {
	Version      int      `json:"version"` // 1
	Fingerprints []string `json:"fingerprints"`
}

// ReadBaseline reads a file that Write made. Anything else is refused: findings would be
// hidden that nobody has looked at, or shown that somebody has.
func ReadBaseline(path string) (b Baseline, err error) {
	raw, err := ReadFile(path)
	if err != nil {
		return b, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil || b.Version != 1 {
		return Baseline{}, fmt.Errorf("%s is no baseline; make one with --write-baseline", path)
	}
	return b, nil
}

// Write writes the baseline of everything that r holds, sorted, so that two of the same
// are the same file.
func (r *Report) Write(path string, before Baseline) error {
	b := Baseline{Version: 1, Fingerprints: slices.Clone(before.Fingerprints)}
	for i := range r.Findings {
		b.Fingerprints = append(b.Fingerprints, r.Findings[i].Fingerprint)
	}
	slices.Sort(b.Fingerprints)
	b.Fingerprints = slices.Compact(b.Fingerprints)
	if b.Fingerprints == nil {
		b.Fingerprints = []string{}
	}
	raw, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644) //nolint:gosec // it is checked in beside what it is of, and holds no secret
}

// Forgive takes the findings out that b names, and counts them.
func (r *Report) Forgive(b Baseline) {
	known := make(map[string]bool, len(b.Fingerprints))
	for _, f := range b.Fingerprints {
		known[f] = true
	}
	before := len(r.Findings)
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool { return known[f.Fingerprint] })
	r.Known += before - len(r.Findings)
}

// ReadFile reads a file of at most MaxInput bytes; "-" is stdin.
func ReadFile(path string) ([]byte, error) {
	in := os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // read only
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, MaxInput+1))
	if err == nil && len(b) > MaxInput {
		err = errors.New(path + " is too large: at most 16 MiB are scanned")
	}
	return b, err
}

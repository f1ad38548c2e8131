// Package mcpb verifies a bundle of a local server (MCPB): its digest, which the entry in
// an MCP registry names (packages[].fileSha256), and the description in it.
//
// The question: is this file the one that was listed, and what does it say it is? The
// threats: another file behind the same address (F09), an archive that is made to swallow
// memory. The controls: C044, C046. It trusts whoever named the digest. Nothing is
// unpacked or run. When the file cannot be read, the check is Unknown or Failed, and there
// is no manifest.
package mcpb

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
)

// Limits of one file.
const (
	maxFile     = 1 << 30 // bytes
	maxEntries  = 50_000
	maxManifest = 1 << 20
)

// A Manifest is what manifest.json says of the server, as far as somebody asks here.
type Manifest struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Author  struct {
		Name string `json:"name"`
	} `json:"author"`
	Server struct {
		Type  string `json:"type"`
		Entry string `json:"entry_point"` //nolint:tagliatelle // MCPB's word
		Run   struct {
			Command string   `json:"command"`
			Args    []string `json:"args"`
		} `json:"mcp_config"` //nolint:tagliatelle // MCPB's word
	} `json:"server"`
}

var sum = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })

// Check looks at the file at path. s.Integrity is fileSha256, with or without "sha256:".
func Check(ctx context.Context, path string, s provenance.Subject) (*provenance.Report, *Manifest) {
	r := &provenance.Report{Subject: s}
	f, err := os.Open(path)
	if err != nil {
		r.Add(provenance.CheckIntegrity, provenance.Unknown, "the file cannot be read")
		return r, nil
	}
	defer f.Close() //nolint:errcheck // read only
	size, got, err := hash(ctx, f)
	want := strings.TrimPrefix(strings.ToLower(s.Integrity), "sha256:")
	switch {
	case err != nil:
		r.Add(provenance.CheckIntegrity, provenance.Unknown, err.Error())
		return r, nil
	case want == "":
		r.Add(provenance.CheckIntegrity, provenance.Unknown, "nobody said which digest is expected")
	case !sum().MatchString(want) || got != want:
		r.Add(provenance.CheckIntegrity, provenance.Failed, "the file is not the one that was listed")
		return r, nil // what it says of itself is of no interest
	default:
		r.Add(provenance.CheckIntegrity, provenance.Satisfied, "the file is the one that was listed")
	}
	m, err := manifest(f, size)
	switch {
	case err != nil:
		r.Add(provenance.CheckManifest, provenance.Failed, err.Error())
		return r, nil
	case s.Version != "" && m.Version != s.Version:
		r.Add(provenance.CheckManifest, provenance.Failed, "it says that it is another version")
	default:
		r.Add(provenance.CheckManifest, provenance.Satisfied, "its description can be read")
	}
	return r, m
}

// hash reads the file to its end, or until ctx ends.
func hash(ctx context.Context, f io.Reader) (size int64, hexSum string, err error) {
	h, buf := sha256.New(), make([]byte, 1<<20)
	for {
		if ctx.Err() != nil {
			return 0, "", errors.New("there was no time to read the file")
		}
		n, err := f.Read(buf)
		_, _ = h.Write(buf[:n]) // never fails
		if size += int64(n); size > maxFile {
			return 0, "", errors.New("the file is too long")
		}
		if errors.Is(err, io.EOF) {
			return size, hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return 0, "", errors.New("the file cannot be read")
		}
	}
}

// manifest reads the one manifest.json, bounded whatever the archive says of its size.
func manifest(f io.ReaderAt, size int64) (*Manifest, error) {
	z, err := zip.NewReader(f, size)
	if err != nil || len(z.File) > maxEntries {
		return nil, errors.New("the file is no archive that can be read")
	}
	var found *zip.File
	for _, one := range z.File {
		if !strings.EqualFold(one.Name, "manifest.json") {
			continue
		}
		if found != nil {
			return nil, errors.New("it has two descriptions: which one holds depends on who reads")
		}
		found = one
	}
	if found == nil {
		return nil, errors.New("it has no description (manifest.json)")
	}
	in, err := found.Open()
	if err != nil {
		return nil, errors.New("its description cannot be read")
	}
	defer in.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(in, maxManifest+1))
	var m Manifest
	if err != nil || len(b) > maxManifest || json.Unmarshal(b, &m) != nil || m.Name == "" {
		return nil, errors.New("its description cannot be read")
	}
	return &m, nil
}

package advisory

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/strict"
)

// Limits of all that is read.
const (
	maxRecords = 2_000_000
	maxTotal   = 16 << 30 // bytes, unpacked
)

// Open reads what lies at path: a folder (its .json, .jsonl, .ndjson and .zip files, however
// deep), or one such file. An error says that there are no data. A record that cannot be
// read is counted, not passed over: Gate knows of it.
func Open(path string) (*Data, error) {
	l := loader{
		d:      &Data{index: make(map[key][]entry), newest: make(map[string]time.Time)},
		shared: make(map[string]string),
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
	case info.IsDir():
		err = l.folder(path)
	default:
		err = l.file(path)
	}
	if err != nil {
		return nil, fmt.Errorf("advisory data cannot be read: %w", err)
	}
	if l.d.records+l.d.withdrawn == 0 {
		return nil, fmt.Errorf("%s holds no advisory that can be read: %w", mantlet.Escape(path), errors.Join(errNone, l.d.why))
	}
	l.seal()
	return l.d, nil
}

var errNone = errors.New("put OSV's .json files, or an all.zip, there")

// A loader fills Data. It lives as long as Open.
type loader struct {
	d      *Data
	shared map[string]string // one copy of each version and name
	sums   [][sha256.Size]byte
	buf    bytes.Buffer
	total  int64
}

func (l *loader) folder(root string) error {
	return filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		switch filepath.Ext(path) {
		case ".json", ".jsonl", ".ndjson", ".zip":
			return l.file(path)
		}
		return nil
	})
}

func (l *loader) file(path string) error {
	if strings.EqualFold(filepath.Ext(path), ".zip") {
		return l.zip(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	return l.stream(f)
}

func (l *loader) zip(path string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("%s: %w", mantlet.Escape(path), err)
	}
	defer z.Close() //nolint:errcheck // read only
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		if err := l.zipped(f); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) zipped(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return l.bad(fmt.Errorf("%s: %w", mantlet.Escape(f.Name), err))
	}
	defer r.Close() //nolint:errcheck // read only
	l.buf.Reset()
	n, err := l.buf.ReadFrom(io.LimitReader(r, maxRecord+1))
	if err != nil || n > maxRecord {
		return l.bad(fmt.Errorf("%s cannot be read whole: %w", mantlet.Escape(f.Name), errors.Join(err, errLarge)))
	}
	return l.record(l.buf.Bytes())
}

var errLarge = fmt.Errorf("a record may have %d MiB", maxRecord>>20)

// stream reads one record, a list of them, or one after another.
func (l *loader) stream(in io.Reader) error {
	b := bufio.NewReaderSize(in, 64<<10)
	src := &bounded{r: b}
	r := strict.New(src)
	one := func() {
		src.left = maxRecord
		if raw := r.Raw(); raw != nil {
			r.Fail(l.record(raw))
		}
	}
	src.left = maxRecord
	for r.More() {
		if r.Kind() == '[' {
			r.Array(one)
		} else {
			one()
		}
		src.left = maxRecord
	}
	switch err := r.Err(); {
	case err == nil || errors.Is(err, errStop):
		return err
	default:
		return l.bad(err) // and what follows it
	}
}

// bounded lets so many bytes through between two records.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

var errStop = errors.New("more advisories than can be kept")

// bad counts what cannot be read, and goes on.
func (l *loader) bad(err error) error {
	l.d.broken++
	if l.d.why == nil {
		l.d.why = err
	}
	l.sums = append(l.sums, fingerprint([]byte(err.Error())))
	return nil
}

// record takes one record in.
func (l *loader) record(b []byte) error {
	l.total += int64(len(b))
	if len(l.sums) >= maxRecords || l.total > maxTotal {
		return fmt.Errorf("%w: %d records, or %d GiB", errStop, maxRecords, maxTotal>>30)
	}
	o, err := parse(b)
	if err != nil {
		return l.bad(err)
	}
	l.sums = append(l.sums, fingerprint(b))
	for _, p := range o.parts {
		base, _, _ := strings.Cut(p.ecosystem, ":")
		if base = l.one(base); o.modified.After(l.d.newest[base]) {
			l.d.newest[base] = o.modified
		}
		if !o.withdrawn {
			l.add(&o, p)
		}
	}
	if o.withdrawn {
		l.d.withdrawn++
		return nil
	}
	l.d.records++
	return nil
}

func (l *loader) add(o *osv, p part) {
	base, release, _ := strings.Cut(p.ecosystem, ":")
	for i := range p.spans {
		p.spans[i].arrange(base)
		for j := range p.spans[i].events {
			p.spans[i].events[j].version = l.one(p.spans[i].events[j].version)
		}
	}
	p.versions = l.rest(base, &p)
	k := key{l.one(base), l.one(normal(base, p.name))}
	p.ecosystem, p.name = k.ecosystem, k.name
	l.d.index[k] = append(l.d.index[k], entry{o.record, l.one(release), p})
}

// rest are the listed versions that no range holds: mostly none, of hundreds.
func (l *loader) rest(base string, p *part) []string {
	var out []string
	for _, v := range p.versions {
		covered := slices.ContainsFunc(p.spans, func(s span) bool {
			in, known := s.contains(base, v)
			return in && known
		})
		if !covered {
			out = append(out, l.one(v))
		}
	}
	return out
}

// one is s, kept once.
func (l *loader) one(s string) string {
	if kept, ok := l.shared[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	l.shared[s] = s
	return s
}

// seal makes the digest, for which the order of files is nothing.
func (l *loader) seal() {
	slices.SortFunc(l.sums, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	for _, s := range l.sums {
		h.Write(s[:])
	}
	h.Sum(l.d.digest[:0])
}

package app

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
)

// advisories are OSV data on disk (C013, C067, C071), read anew when they change there. The
// zero advisories know nothing.
type advisories struct {
	path string // "" for none
	gate advisory.Gate
	does map[advisory.Severity]string // quarantine, warn or pass
	off  bool                         // insecure.vulnerableAllowed

	reading sync.Mutex // held while data are read: never on a call's path
	looked  bool
	stamp   [sha256.Size]byte // of what lay there when it was read
	data    *advisory.Data    // nil where they cannot be read
	err     error             // why
}

func openAdvisories(cfg *config.Config) *advisories {
	v := cfg.Trust.Vulnerable
	a := &advisories{path: cfg.Trust.Advisories, off: cfg.Insecure.VulnerableAllowed, does: map[advisory.Severity]string{
		advisory.Critical: v.Critical, advisory.High: v.High, advisory.Medium: v.Medium, advisory.Low: v.Low, advisory.Unrated: v.Unrated, advisory.None: "pass",
	}}
	a.gate = advisory.Gate{Fail: a.least(), MaxAge: time.Duration(v.MaxAge)}
	for i := range v.Ignore {
		one := &v.Ignore[i]
		a.gate.Ignore = append(a.gate.Ignore, advisory.Ignore{ID: one.ID, Until: one.End(), Why: one.Why})
	}
	return a
}

// least is the least severity that stops a server: from there on evidence fails, too.
func (a *advisories) least() advisory.Severity {
	for s := advisory.Low; s <= advisory.Critical; s++ {
		if a.does[s] == "quarantine" {
			return s
		}
	}
	return advisory.Critical + 1
}

// known are the data as they were read last; they are read where they never were. nil, and
// why, where nothing is known.
func (a *advisories) known() (*advisory.Data, error) {
	a.reading.Lock()
	defer a.reading.Unlock()
	if !a.looked {
		a.read()
	}
	return a.data, a.err
}

// look reads the data anew where names, sizes or times below the path are others than they
// were, and reports whether it did.
func (a *advisories) look() bool {
	if a.path == "" {
		return false
	}
	a.reading.Lock()
	defer a.reading.Unlock()
	if stamp := stampOf(a.path); a.looked && stamp == a.stamp {
		return false
	}
	a.read()
	return true
}

// read is called with reading held.
func (a *advisories) read() {
	a.looked, a.data, a.err = true, nil, nil
	if a.path == "" {
		return
	}
	a.stamp = stampOf(a.path) // before the data: what changes meanwhile is seen by the next look
	a.data, a.err = advisory.Open(a.path)
}

// stampOf says whether what lies at path may have changed: it opens no file. What cannot be
// looked at has a stamp of its own.
func stampOf(path string) (out [sha256.Size]byte) {
	h := sha256.New()
	add := func(path string, i fs.FileInfo) {
		_, _ = h.Write([]byte(path))
		var b [16]byte
		binary.BigEndian.PutUint64(b[:], uint64(i.Size()))                //nolint:gosec // its bits are enough
		binary.BigEndian.PutUint64(b[8:], uint64(i.ModTime().UnixNano())) //nolint:gosec // as above
		_, _ = h.Write(b[:])
	}
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		add(path, info)
		return [sha256.Size]byte(h.Sum(nil))
	}
	err = filepath.WalkDir(path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		i, err := e.Info()
		if err == nil {
			add(path, i)
		}
		return err
	})
	if err != nil {
		_, _ = h.Write([]byte(err.Error()))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// An assessment is what is known of the holes in one server.
type assessment struct {
	advisory.Verdict

	parts int      // how many components were looked up
	stops []string // the advisories that are too grave, in order
	why   string   // of stops, for people; "" for none
	warns []string // what is too grave to be passed over, for people
}

// assess weighs components. Where there are none, nothing is known.
func (a *advisories) assess(components []advisory.Component, now time.Time) (out assessment) {
	data, err := a.known()
	out.parts, out.Verdict = len(components), a.gate.Judge(data, components, now)
	if err != nil {
		out.Reasons = append([]string{mantlet.Escape(err.Error())}, out.Reasons...)
	}
	for i := range out.Matches {
		m := &out.Matches[i]
		switch does := a.does[m.Severity]; {
		case m.Ignored != "" || does == "pass":
		case does == "quarantine" && m.Unsure == "" && !a.off:
			out.stops = append(out.stops, m.ID)
			out.why = alsoFor(out.why, m)
		default:
			out.warns = append(out.warns, m.String())
		}
	}
	slices.Sort(out.stops)
	out.stops = slices.Compact(out.stops)
	return out
}

// maxWhy is the size of a reason in bytes: one server can have hundreds of holes.
const maxWhy = 600

func alsoFor(why string, m *advisory.Match) string {
	switch text := m.String(); {
	case why == "":
		return "a known vulnerability: " + text
	case strings.HasSuffix(why, andMore):
		return why
	case len(why)+len(text) > maxWhy:
		return why + andMore
	default:
		return why + "; " + text
	}
}

const andMore = "; and more"

// watchAdvisories looks, until ctx ends, whether the data have changed, and judges every
// server by them: what is old today was not yesterday, and a score fades with time.
func (a *App) watchAdvisories(ctx context.Context) {
	if a.trust == nil {
		return
	}
	for {
		if a.trust.known().holes.look() {
			a.tellOfAdvisories()
		}
		for _, id := range a.trust.Servers() {
			if ctx.Err() != nil {
				return
			}
			a.judge(ctx, id)
			a.refresh(ctx, id)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(time.Duration(a.Config().Trust.Observe), time.Minute)):
		}
	}
}

func (a *App) tellOfAdvisories() {
	data, err := a.trust.known().holes.known()
	if err != nil {
		a.log.Warn("the advisory data cannot be read: known vulnerabilities are not known", "path", a.trust.known().holes.path, "error", mantlet.Escape(err.Error()))
		return
	}
	live, withdrawn, broken := data.Records()
	a.log.Info("the advisory data were read", "path", a.trust.known().holes.path, "records", live, "withdrawn", withdrawn, "unreadable", broken, "newest", data.Newest(""))
}

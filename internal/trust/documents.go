package trust

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/store"
)

// A Sort is what kind of document the catalogue keeps.
type Sort string

// The documents beside definitions. The catalogue keeps them, and judges none.
const (
	Dossier   Sort = "dossier"   // who owns a server or a tool, and what it is for
	Evidence  Sort = "evidence"  // a report, by its type
	Claim     Sort = "claim"     // what a registry says of a server
	Proposal  Sort = "proposal"  // of a release, by its hash
	Signature Sort = "signature" // under a proposal, by hash and signer
)

var sorts = []Sort{Dossier, Evidence, Claim, Proposal, Signature}

// A Document is one that was filed. Another one under the same sort, server and name takes
// its place; the log keeps both.
type Document struct {
	Sort   Sort
	Server mantlet.ServerID
	Name   string
	Digest store.Hash // SHA-256 of its bytes
	By     string     // who filed it
	Why    string
	At     time.Time
}

type shelf struct {
	sort   Sort
	server mantlet.ServerID
	name   string
}

// maxDocument is the size of a document in bytes: SBOMs are large.
const maxDocument = 16 << 20

// File keeps a document. d says all but its digest and its time.
func (r *Registry) File(ctx context.Context, d Document, content []byte) (Document, error) {
	switch {
	case d.By == "":
		return d, errors.New("a document names who files it")
	case !slices.Contains(sorts, d.Sort) || len(content) == 0 || len(content) > maxDocument:
		return d, fmt.Errorf("a document has a known sort, and 1 to %d bytes", maxDocument)
	}
	d.Digest = sha256.Sum256(content)
	e := r.event(filed, mantlet.Target{Server: d.Server, Name: d.Name}, Digest(d.Digest))
	e.Kind, e.By, e.Why = string(d.Sort), d.By, d.Why
	d.At = e.At
	return d, r.alone(ctx, e, map[store.Hash][]byte{d.Digest: content})
}

// alone writes one event that depends on nothing that others write.
func (r *Registry) alone(ctx context.Context, e event, blobs map[store.Hash][]byte) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	for {
		err := r.write(ctx, []event{e}, blobs)
		if !errors.Is(err, store.ErrMoved) || ctx.Err() != nil {
			return err
		}
	}
}

// file takes a document in. It is called with mu held.
func (r *Registry) file(e *event, d Digest) {
	r.files[shelf{Sort(e.Kind), e.Server, e.Name}] = Document{Sort(e.Kind), e.Server, e.Name, store.Hash(d), e.By, e.Why, e.At}
}

// Document is one that is kept; false where there is none.
func (r *Registry) Document(s Sort, server mantlet.ServerID, name string) (Document, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	d, ok := r.files[shelf{s, server, name}]
	return d, ok
}

// Documents are those of one sort and server, or of every server where it is "", in order.
func (r *Registry) Documents(s Sort, server mantlet.ServerID) (out []Document) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for at, d := range r.files {
		if at.sort == s && (server == "" || at.server == server) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Document) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// Content is what d says. The database is believed only if it has the digest.
func (r *Registry) Content(ctx context.Context, d Document) ([]byte, error) {
	b, err := r.o.Ledger.Store.Blob(ctx, d.Digest)
	if err == nil && sha256.Sum256(b) != d.Digest {
		err = errForged
	}
	return b, err
}

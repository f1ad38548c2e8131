package app

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/front"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/dossier"
)

var errUnpinned = errors.New("nothing is pinned here: trust.firstUse is not set")

// An asking is who asks the catalogue, and for what.
type asking struct {
	ctx  context.Context //nolint:containedctx // it is one request's
	by   mantlet.Principal
	of   url.Values
	body *json.Decoder // of what was posted
}

// catalogueRoutes are what the catalogue answers on the unix socket.
var catalogueRoutes = map[string]func(*App, asking) (any, error){
	"GET " + daemon.CataloguePath: (*App).listCatalogue,
	"GET " + daemon.ReviewPath:    (*App).review,
	"GET " + daemon.ScorePath:     (*App).scored,
	"GET " + daemon.HolesPath:     (*App).listHoles,
	"GET " + daemon.FilePath:      (*App).listFiles,
	"GET " + daemon.CampaignPath:  (*App).listCampaigns,
	"GET " + daemon.ReleasePath:   (*App).releaseStatus,
	"POST " + daemon.ReleasePath:  posted((*App).propose),
	"POST " + daemon.SignPath:     posted((*App).sign),
	"POST " + daemon.SignPagePath: posted((*App).signOnPage),
	"GET " + daemon.AnsweredPath:  (*App).pageState,
	"GET " + daemon.ClaimsPath:    (*App).claims,
	"POST " + daemon.AskPath:      posted((*App).ask),
	"POST " + daemon.EnrolPath:    posted((*App).enrol),
	"POST " + daemon.DecidePath:   posted((*App).decide),
	"POST " + daemon.ExportPath:   posted((*App).export),
	"POST " + daemon.FilePath:     posted((*App).file),
	"POST " + daemon.CampaignPath: posted((*App).openCampaign),
}

// posted reads what was posted, strictly.
func posted[T any](f func(*App, asking, T) (any, error)) func(*App, asking) (any, error) {
	return func(a *App, q asking) (any, error) {
		var in T
		if q.body == nil {
			return nil, errors.New("the catalogue takes application/json")
		}
		if err := q.body.Decode(&in); err != nil {
			return nil, fmt.Errorf("what was sent cannot be read: %w", err)
		}
		return f(a, q, in)
	}
}

// maxPosted is the size of what is posted in bytes: a document in base64.
const maxPosted = 24 << 20

// owner is who may look at the catalogue and decide: a program of the user who runs this
// Mantlet. That is not yet a person; see gesture.
func (a *App) owner(r *http.Request) (mantlet.Principal, error) {
	user := identity.PeerUser{UID: os.Getuid(), Subject: User()}
	p, err := user.Authenticate(r.Context(), identity.Credentials{Peer: front.PeerOf(r.Context())})
	if err != nil {
		return p, errors.New("only the user who runs this mantlet may look at its catalogue")
	}
	return p, nil
}

// catalogueRequest serves the catalogue on the unix socket.
func (a *App) catalogueRequest(w http.ResponseWriter, r *http.Request) {
	out, err := a.catalogued(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	if out == nil {
		out = struct{}{}
	}
	text, err := json.Marshal(out)
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // a program that is gone needs no answer
}

func (a *App) catalogued(w http.ResponseWriter, r *http.Request) (any, error) {
	p, err := a.owner(r)
	if err != nil {
		return nil, err
	}
	if a.trust == nil {
		return nil, errUnpinned
	}
	answer, ok := catalogueRoutes[r.Method+" "+r.URL.Path]
	if !ok {
		return nil, errors.New("the catalogue has nothing at this path for this method")
	}
	q := asking{ctx: r.Context(), by: p, of: r.URL.Query()}
	if r.Header.Get("Content-Type") == "application/json" {
		q.body = json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPosted))
		q.body.DisallowUnknownFields()
	}
	return answer(a, q)
}

func (a *App) listCatalogue(q asking) (any, error) {
	out := []daemon.Listed{}
	for _, i := range a.trust.Items(mantlet.ServerID(q.of.Get("server"))) {
		out = append(out, listed(i))
	}
	return out, nil
}

func (a *App) review(q asking) (any, error) {
	t, err := pinned(q.of.Get("server"), q.of.Get("kind"), q.of.Get("name"))
	if err != nil {
		return nil, err
	}
	v, err := a.trust.Review(q.ctx, t)
	if err != nil {
		return nil, err
	}
	out := reviewed(v)
	return out, a.trust.declare(q.ctx, v, &out)
}

func (a *App) export(q asking, e daemon.Export) (any, error) {
	if !filepath.IsAbs(e.Dir) {
		return nil, errors.New("an export names the absolute path of a directory")
	}
	return nil, a.trust.Export(q.ctx, e.Dir)
}

// file keeps what an owner declares, and what others found out. None of it approves
// anything.
func (a *App) file(q asking, f daemon.Filed) (any, error) {
	id, err := mantlet.ParseServerID(f.Server)
	if err != nil {
		return nil, err
	}
	content := f.Content
	switch trust.Sort(f.Sort) {
	case trust.Dossier:
		if content, err = dossierBytes(f); err != nil {
			return nil, err
		}
	case trust.Claim:
		if f.Name, err = claimName(content); err != nil {
			return nil, err
		}
	case trust.Evidence:
	default:
		return nil, fmt.Errorf("a document of the sort %q is not filed by a person", f.Sort)
	}
	d, err := a.trust.File(q.ctx, trust.Document{Sort: trust.Sort(f.Sort), Server: id, Name: f.Name, By: q.by.Subject, Why: f.Why}, content)
	if err != nil {
		return nil, err
	}
	a.log.Info("a document was filed", "sort", f.Sort, "server", f.Server, "name", mantlet.Escape(f.Name), "by", d.By)
	a.judge(q.ctx, id)
	a.trust.rate(q.ctx, id)
	return filed(d), nil
}

// dossierBytes is a dossier as it is kept, once it was read.
func dossierBytes(f daemon.Filed) ([]byte, error) {
	read := dossier.Read
	if f.Name != "" {
		read = dossier.ReadTool
	}
	d, err := read(f.Content)
	if err != nil {
		return nil, err
	}
	return d.Bytes()
}

func filed(d trust.Document) daemon.Filed {
	return daemon.Filed{Sort: string(d.Sort), Server: string(d.Server), Name: d.Name, Digest: hex.EncodeToString(d.Digest[:]), By: d.By, Why: d.Why, At: d.At}
}

func (a *App) listFiles(q asking) (any, error) {
	out := []daemon.Filed{}
	for _, s := range []trust.Sort{trust.Dossier, trust.Evidence, trust.Claim} {
		for _, d := range a.trust.Documents(s, mantlet.ServerID(q.of.Get("server"))) {
			out = append(out, filed(d))
		}
	}
	return out, nil
}

func (a *App) listCampaigns(asking) (any, error) {
	out := []daemon.Campaign{}
	for _, c := range a.trust.Campaigns() {
		out = append(out, daemon.Campaign{Name: c.Name, Servers: []string{string(c.Server)}, Until: c.Until, Opened: c.Opened, By: c.By})
	}
	return out, nil
}

// openCampaign opens one for the servers that are named, or that have the label, or all.
func (a *App) openCampaign(q asking, m daemon.Campaign) (any, error) {
	var servers []mantlet.ServerID
	for _, i := range a.trust.Items("") {
		s := i.Target.Server
		if slices.Contains(servers, s) || len(m.Servers) > 0 && !slices.Contains(m.Servers, string(s)) {
			continue
		}
		d, err := a.trust.dossier(q.ctx, s, "")
		if err != nil {
			return nil, err
		}
		if m.Label == "" || slices.Contains(d.Labels, m.Label) {
			servers = append(servers, s)
		}
	}
	if err := a.trust.OpenCampaign(q.ctx, trust.Campaign{Name: m.Name, Until: m.Until, By: q.by.Subject}, servers); err != nil {
		return nil, err
	}
	for _, s := range servers {
		a.trust.rate(q.ctx, s)
	}
	return nil, nil //nolint:nilnil // there is nothing to say
}

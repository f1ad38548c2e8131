package app

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/front"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
)

var errUnpinned = errors.New("nothing is pinned here: trust.firstUse is not set")

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
	q := r.URL.Query()
	switch {
	case r.URL.Path == daemon.CataloguePath && r.Method == http.MethodGet:
		out := []daemon.Listed{}
		for _, i := range a.trust.Items(mantlet.ServerID(q.Get("server"))) {
			out = append(out, listed(i))
		}
		return out, nil
	case r.URL.Path == daemon.ReviewPath && r.Method == http.MethodGet:
		t, err := pinned(q.Get("server"), q.Get("kind"), q.Get("name"))
		if err != nil {
			return nil, err
		}
		v, err := a.trust.Review(r.Context(), t)
		return reviewed(v), err
	case r.Method == http.MethodPost && r.Header.Get("Content-Type") == "application/json":
		return struct{}{}, a.posted(w, r, p)
	}
	return nil, errNoSuchPath
}

var errNoSuchPath = errors.New("the catalogue has nothing at this path for this method")

func (a *App) posted(w http.ResponseWriter, r *http.Request, p mantlet.Principal) error {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCommand))
	dec.DisallowUnknownFields()
	switch r.URL.Path {
	case daemon.DecidePath:
		var d daemon.Decision
		if err := dec.Decode(&d); err != nil {
			return fmt.Errorf("the decision cannot be read: %w", err)
		}
		return a.decide(r, p, d)
	case daemon.ExportPath:
		var e daemon.Export
		if err := dec.Decode(&e); err != nil || !filepath.IsAbs(e.Dir) {
			return errors.New("an export names the absolute path of a directory")
		}
		return a.trust.Export(r.Context(), e.Dir)
	}
	return errNoSuchPath
}

// decide writes a decision. What weakens asks for a code from another device: a program
// that runs as the user cannot approve alone. What stops does not. Nothing is decided
// unless all of it can be read; what fails after that is named.
func (a *App) decide(r *http.Request, p mantlet.Principal, d daemon.Decision) error {
	state, ok := map[string]trust.State{"approved": trust.Approved, "quarantined": trust.Quarantined, "retired": trust.Retired}[d.State]
	if !ok || len(d.On) == 0 {
		return errors.New("definitions are approved, quarantined or retired, one at least")
	}
	all := make([]trust.Decision, len(d.On))
	for i, s := range d.On {
		t, digest, err := looked(d.Server, s)
		if err != nil {
			return err
		}
		all[i] = trust.Decision{Target: t, State: state, Digest: digest, By: p.Subject, Why: d.Why}
	}
	if state == trust.Approved {
		if err := a.trust.totp.Check(d.Code, time.Now()); err != nil {
			a.log.Warn("an approval was refused", "server", mantlet.Escape(d.Server), "by", p.Subject, "error", err)
			return err
		}
	}
	for _, one := range all {
		if state == trust.Approved {
			one.By += " by code"
		}
		if err := a.trust.Decide(r.Context(), one); err != nil {
			return fmt.Errorf("%s %s: %w", one.Target.Kind, mantlet.Escape(one.Target.Name), err)
		}
		a.log.Info("a definition was decided on", "target", mantlet.Escape(one.Target.String()), "state", state.String(), "by", one.By)
	}
	return nil
}

func looked(server string, s daemon.Seen) (t mantlet.Target, d trust.Digest, err error) {
	if t, err = pinned(server, s.Kind, s.Name); err != nil {
		return t, d, err
	}
	if n, err := hex.Decode(d[:], []byte(s.Digest)); s.Digest != "" && (err != nil || n != len(d)) {
		return t, d, errors.New("the digest is not 64 hexadecimal digits")
	}
	return t, d, nil
}

// ApproveAll approves whatever was seen of a server, unseen: it is for tests, and no
// surface reaches it.
func (a *App) ApproveAll(ctx context.Context, s mantlet.ServerID, by string) error {
	if a.trust == nil {
		return errUnpinned
	}
	for _, i := range a.trust.Items(s) {
		if err := a.trust.Decide(ctx, trust.Decision{Target: i.Target, State: trust.Approved, Digest: i.Seen, By: by}); err != nil {
			return err
		}
	}
	return nil
}

func pinned(server, kind, name string) (mantlet.Target, error) {
	id, err := mantlet.ParseServerID(server)
	if err != nil {
		return mantlet.Target{}, err
	}
	k, err := trust.ParseKind(kind)
	return mantlet.Target{Server: id, Kind: k, Name: name}, err
}

func listed(i trust.Item) daemon.Listed {
	l := daemon.Listed{
		Server: string(i.Target.Server), Kind: i.Target.Kind.String(), Name: i.Target.Name, State: i.State.String(), Why: i.Why, By: i.By,
		First: i.First, Since: i.Since, Seen: hex.EncodeToString(i.Seen[:]), Gone: i.Gone,
	}
	if i.Pin != (trust.Digest{}) {
		l.Pin = hex.EncodeToString(i.Pin[:])
	}
	return l
}

var parts = map[definition.Part]string{definition.Removed: "-", definition.Added: "+"}

func reviewed(v trust.Review) daemon.Reviewed {
	out := daemon.Reviewed{Listed: listed(v.Item), Approved: v.Approved.Raw(), Fresh: v.Fresh.Raw(), Told: v.Difference.NewlyTold()}
	for _, c := range v.Difference.Changes {
		changed := daemon.Changed{At: string(c.At), Old: c.Old, New: c.New, Material: c.Weight == definition.Material, Loosened: c.Bound == definition.Loosened}
		for _, s := range c.Words {
			changed.Words = append(changed.Words, daemon.Word{Part: parts[s.Part], Text: s.Text})
		}
		out.Changes = append(out.Changes, changed)
	}
	if v.Target.Kind == mantlet.KindTool {
		e := effect.Of(v.Fresh)
		for _, r := range e.Why {
			out.Effects = append(out.Effects, fmt.Sprintf("%s (%s: %s)", r.Effects, r.From, r.Word))
		}
	}
	return out
}

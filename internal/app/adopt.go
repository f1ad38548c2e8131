package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/front"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
)

const (
	maxAdopted = 64
	maxCommand = 1 << 20 // bytes of its JSON
)

var errNoAdoption = errors.New("this mantlet serves what its configuration lists; add the server to it, or set listen.commands")

// adoptCommand takes a command from a program of this user. The kernel says whose
// program it is; what it may run it could run by itself, only not confined, judged
// and recorded.
func (a *App) adoptCommand(w http.ResponseWriter, r *http.Request) {
	id, err := a.commanded(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(id + "\n")) // a program that is gone needs no answer
}

func (a *App) commanded(w http.ResponseWriter, r *http.Request) (mantlet.ServerID, error) {
	user := identity.PeerUser{UID: os.Getuid(), Subject: User()}
	if _, err := user.Authenticate(r.Context(), identity.Credentials{Peer: front.PeerOf(r.Context())}); err != nil {
		return "", errors.New("only programs of the user who runs this mantlet may bring a server")
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		return "", errors.New("a command is posted as JSON")
	}
	var c daemon.Command
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCommand))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return "", fmt.Errorf("the command cannot be read: %w", err)
	}
	return a.Adopt(c)
}

// Adopt runs a command as a server of its own, beside those of the configuration, and
// returns the id under which the unix socket serves it.
func (a *App) Adopt(c daemon.Command) (mantlet.ServerID, error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	if a.closing.Load() {
		return "", errMoved
	}
	h := a.house.Load()
	if l := h.cfg.Listen.Commands; l == nil || !*l {
		return "", errNoAdoption
	}
	id, err := c.ID()
	if err != nil {
		return "", err
	}
	switch {
	case !filepath.IsAbs(c.Command) || !filepath.IsAbs(c.Dir):
		return "", errors.New("a command and its directory are absolute paths")
	case h.cfg.Servers[string(id)] != nil:
		return "", fmt.Errorf("server %s is configured already; choose another name", id)
	case a.adopted[id].ID == "" && len(a.adopted) >= maxAdopted:
		return "", fmt.Errorf("there are %d such servers already; restart mantlet, or configure them", maxAdopted)
	}
	s := config.Adopted(h.cfg, c.Command, c.Args, c.Dir)
	spec, err := spec(id, s, h.limits)
	if err != nil {
		return "", err
	}
	spec.Stdio.Env = c.Env // as they are: "file:" means nothing here
	if err := h.servers.Adopt(spec); err != nil {
		return "", err
	}
	if a.adopted == nil {
		a.adopted = make(map[mantlet.ServerID]upstream.Spec)
	}
	a.adopted[id] = spec
	a.log.Info("a program brought a server", "server", string(id), "command", mantlet.Escape(c.Command))
	return id, nil
}

package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
	"github.com/mantlet-mcp/mantlet/internal/trust"
)

// askLife is how long a page waits for a person.
const askLife = 10 * time.Minute

// A page is where a person approves with a passkey: a user-verified one over the digest of
// exactly what they are shown, which no program that runs as them can make.
type page struct {
	at      net.Listener
	party   passkey.Party
	tickets passkey.Tickets
	file    string // of the passkeys that are enrolled

	mu     sync.Mutex
	known  []passkey.Credential
	counts map[string]uint32                                         // of the signers' passkeys, by their ids: the last counter
	asked  map[string]func(context.Context, passkey.Assertion) error // what an answer does, by the page's id
	joined map[string]bool                                           // ids of enrolments
	done   map[string]time.Time                                      // ids that were answered well, and when
}

// openPage binds the page; nil where none is configured.
func openPage(t config.Trust) (*page, error) {
	if t.PageAddress == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	p := &page{file: t.PasskeyFile, counts: make(map[string]uint32), joined: make(map[string]bool),
		asked: make(map[string]func(context.Context, passkey.Assertion) error), done: make(map[string]time.Time)}
	text, err := config.Secret(t.PasskeyFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		if err := p.remember([]byte(text)); err != nil {
			return nil, fmt.Errorf("%s does not hold passkeys", t.PasskeyFile)
		}
	}
	if p.at, err = net.Listen("tcp", t.PageAddress); err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(p.at.Addr().String())
	if err != nil {
		return nil, errors.Join(err, p.at.Close())
	}
	p.party = passkey.Party{ID: "localhost", Origins: []string{"http://localhost:" + port}}
	return p, nil
}

// remember reads what keep has written: the passkeys that are enrolled, and, without a key,
// those of signers, whose keys are in the set, for their counters.
func (p *page) remember(text []byte) error {
	var all []passkey.Credential
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	for _, c := range all {
		if len(c.Key) > 0 {
			p.known = append(p.known, c)
		} else {
			p.counts[string(c.ID)] = c.Count
		}
	}
	return nil
}

// servePage answers on the page's own listener, where there is one.
func (a *App) servePage(failed chan<- error) error {
	if a.trust == nil || a.trust.page == nil {
		return nil
	}
	p := a.trust.page
	h, err := passkey.NewHandler(p.party, p, time.Now)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: headTime, IdleTimeout: idleTime, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)}
	a.run(s, p.at, failed)
	return nil
}

func (a *App) decideAll(ctx context.Context, all []trust.Decision) error {
	defer a.announce(all)
	for _, one := range all {
		if err := a.trust.Decide(ctx, one); err != nil {
			return fmt.Errorf("%s %s: %w", one.Target.Kind, mantlet.Escape(one.Target.Name), err)
		}
		a.log.Info("a definition was decided on", "target", mantlet.Escape(one.Target.String()), "state", one.State.String(), "by", one.By)
		a.trust.rate(ctx, one.Target.Server)
	}
	return nil
}

// ask puts an approval on the page, with every word that a model would read.
func (a *App) ask(q asking, d daemon.Decision) (any, error) {
	p := a.trust.page
	if p == nil {
		return nil, errors.New("there is no page here; set trust.pageAddress, or approve with a code")
	}
	if len(d.On) == 0 {
		return nil, errors.New("an approval names what is approved")
	}
	var all []trust.Decision
	var passages []passkey.Passage
	for _, s := range d.On {
		t, digest, err := looked(d.Server, s)
		if err != nil {
			return nil, err
		}
		v, err := a.trust.Review(q.ctx, t)
		if err != nil {
			return nil, err
		}
		if v.Seen != digest {
			return nil, trust.ErrMovedOn
		}
		all = append(all, trust.Decision{Target: t, State: trust.Approved, Digest: digest, By: q.by.Subject + " by passkey", Why: d.Why, Holes: v.Holes})
		passages = append(passages, passkey.Passage{Label: mantlet.Escape(t.String()), Text: string(mantlet.EscapeJSON(v.Fresh.Raw()))})
		if len(v.Holes) > 0 {
			passages = append(passages, passkey.Passage{Label: "known vulnerabilities that you accept with it", Text: mantlet.Escape(strings.Join(v.Holes, ", ") + "\n" + v.Why)})
		}
		for _, told := range v.Difference.NewlyTold() {
			passages = append(passages, passkey.Passage{Label: "a model would newly be told", Text: mantlet.Escape(told)})
		}
	}
	return p.approve(passkey.Action{Title: "Approve what " + d.Server + " offers", Passages: passages}, all, a.decideAll)
}

// approve puts decisions on the page. The challenge is the digest of what is decided and of
// a number that is used once.
func (p *page) approve(action passkey.Action, all []trust.Decision, decide func(context.Context, []trust.Decision) error) (daemon.Asked, error) {
	p.mu.Lock()
	action.Credentials = slices.Clone(p.known)
	p.mu.Unlock()
	if len(action.Credentials) == 0 {
		return daemon.Asked{}, errors.New("no passkey is enrolled; see mantlet tools enrol")
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", rand.Text()) // no answer to another page is one to this
	for _, d := range all {
		fmt.Fprintf(h, "%q %s %x %q\n", d.Target.String(), d.State, d.Digest, d.By)
	}
	action.Challenge = h.Sum(nil)
	return p.put(action, func(ctx context.Context, _ passkey.Assertion) error { return decide(ctx, all) })
}

// put has an action wait, and says where. What does is done once, by whoever answers.
func (p *page) put(action passkey.Action, does func(context.Context, passkey.Assertion) error) (daemon.Asked, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	action.Until = time.Now().Add(askLife)
	id, err := p.tickets.Add(action, time.Now())
	if err != nil {
		return daemon.Asked{}, err
	}
	p.forget()
	where := "/approve/"
	if action.Enrol != nil {
		where, p.joined[id] = "/enrol/", true
	} else {
		p.asked[id] = does
	}
	return daemon.Asked{URL: p.party.Origins[0] + where + id, ID: id}, nil
}

// forget drops what waits no more. It is called with mu held.
func (p *page) forget() {
	over := func(id string) bool {
		_, waits := p.tickets.Peek(id, time.Now())
		return !waits
	}
	maps.DeleteFunc(p.asked, func(id string, _ func(context.Context, passkey.Assertion) error) bool { return over(id) })
	maps.DeleteFunc(p.joined, func(id string, _ bool) bool { return over(id) })
	maps.DeleteFunc(p.done, func(_ string, at time.Time) bool { return time.Since(at) > askLife })
}

// pageState says whether a page waits yet, or was answered well.
func (a *App) pageState(q asking) (any, error) {
	p := a.trust.page
	if p == nil {
		return nil, errors.New("there is no page here; set trust.pageAddress")
	}
	id := q.of.Get("id")
	_, waits := p.tickets.Peek(id, time.Now())
	p.mu.Lock()
	defer p.mu.Unlock()
	_, done := p.done[id]
	_, busy := p.asked[id] // its answer is being judged
	return daemon.Answered{Waits: waits || busy && !done, Done: done}, nil
}

// enrol opens a page that takes a new passkey. It costs a code: a program could enrol one
// that it has made up.
func (a *App) enrol(q asking, e daemon.Enrolment) (any, error) {
	if a.trust.page == nil {
		return nil, errors.New("there is no page here; set trust.pageAddress")
	}
	if err := a.trust.totp.Check(e.Code, time.Now()); err != nil {
		return nil, err
	}
	var handle [16]byte
	_, _ = rand.Read(handle[:])
	challenge := sha256.Sum256([]byte(rand.Text()))
	return a.trust.page.put(passkey.Action{Title: "Enrol a passkey for " + q.by.Subject, Challenge: challenge[:], Credentials: a.trust.page.enrolled(), Enrol: &passkey.User{ID: handle[:], Name: q.by.Subject}}, nil)
}

func (p *page) enrolled() []passkey.Credential {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.known)
}

// Pending implements passkey.Source.
func (p *page) Pending(id string) (passkey.Action, bool) { return p.tickets.Peek(id, time.Now()) }

// Complete implements passkey.Source: each id once.
func (p *page) Complete(ctx context.Context, id string, a passkey.Assertion) error {
	if _, ok := p.tickets.Take(id, time.Now()); !ok {
		return errors.New("this was answered already, or it is over")
	}
	p.mu.Lock()
	does := p.asked[id]
	p.counted(a)
	err := p.keep()
	p.mu.Unlock()
	if err != nil || does == nil {
		return errors.Join(errors.New("nothing was approved"), err)
	}
	err = does(ctx, a)
	p.mu.Lock()
	defer p.mu.Unlock()
	if delete(p.asked, id); err == nil {
		p.done[id] = time.Now()
	}
	return err
}

// counted notes the counter of an answer. It is called with mu held.
func (p *page) counted(a passkey.Assertion) {
	for i := range p.known {
		if bytes.Equal(p.known[i].ID, a.Credential) {
			p.known[i].Count = a.Count
			return
		}
	}
	p.counts[string(a.Credential)] = a.Count
}

// Enrol implements passkey.Source: each id once.
func (p *page) Enrol(_ context.Context, id string, c passkey.Credential) error {
	if _, ok := p.tickets.Take(id, time.Now()); !ok {
		return errors.New("this was answered already, or it is over")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.joined[id] {
		return errors.New("nobody asked for a passkey here")
	}
	delete(p.joined, id)
	p.known = append(p.known, c)
	return p.keep()
}

// keep writes the passkeys that are enrolled, and the counters of signers'. It is called
// with mu held.
func (p *page) keep() error {
	all := slices.Clone(p.known)
	for _, id := range slices.Sorted(maps.Keys(p.counts)) {
		if p.counts[id] > 0 { // one without a counter has none to keep
			all = append(all, passkey.Credential{ID: []byte(id), Count: p.counts[id]})
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(p.file), ".passkeys-*")
	if err != nil {
		return err
	}
	_, err = t.Write(text)
	if err = errors.Join(err, t.Sync(), t.Close()); err == nil {
		err = os.Rename(t.Name(), p.file)
	}
	return err
}

package passkey

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"
)

// A Passage is words that a person must see before they approve: what a model would be
// told, a difference, who asks. Neither part is HTML.
type Passage struct {
	Label string
	Text  string
}

// An Action is what one page asks.
type Action struct {
	Title       string
	Passages    []Passage
	Challenge   []byte       // the digest of what is approved; at least MinChallenge bytes
	Credentials []Credential // who may approve; for an enrolment those that the user has already
	Enrol       *User        // the page enrols a passkey for this user; nil: it approves
	Until       time.Time    // the page is not there any more
}

// A Source knows what waits, by ids that nobody guesses. Complete and Enrol are called
// with what was verified, and accept each id once: who comes second gets an error. Their
// errors are shown to the person.
type Source interface {
	Pending(id string) (Action, bool)
	Complete(ctx context.Context, id string, a Assertion) error
	Enrol(ctx context.Context, id string, c Credential) error
}

// Life is how long a code to enrol with is good for.
const Life = 10 * time.Minute

// maxTickets is how many actions wait at once.
const maxTickets = 100

// ErrTickets is returned where too many actions wait already.
var ErrTickets = errors.New("too many approvals wait already; answer them, or wait until they end")

// Tickets are actions that wait, each under an id of 128 random bits that is used once. The
// zero Tickets are empty, and safe for many goroutines.
type Tickets struct {
	mu  sync.Mutex
	all map[string]Action
}

// Add returns the id under which a waits until a.Until, which lies after now.
func (t *Tickets) Add(a Action, now time.Time) (id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, old := range t.all {
		if !now.Before(old.Until) {
			delete(t.all, id)
		}
	}
	switch {
	case len(t.all) >= maxTickets:
		return "", ErrTickets
	case !now.Before(a.Until) || len(a.Challenge) < MinChallenge:
		return "", errors.New("an action has a challenge and an end that is to come")
	case t.all == nil:
		t.all = make(map[string]Action)
	}
	id = rand.Text()
	t.all[id] = a
	return id, nil
}

// Peek is the action that waits under id.
func (t *Tickets) Peek(id string, now time.Time) (Action, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.all[id]
	return a, ok && now.Before(a.Until)
}

// Take is Peek, and the id is used up: of many who take one, one gets it.
func (t *Tickets) Take(id string, now time.Time) (Action, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.all[id]
	delete(t.all, id)
	return a, ok && now.Before(a.Until)
}

package trust

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// An action is what an entry of the ledger did.
type action string

// The actions.
const (
	saw        action = "saw"        // a definition for the first time, or one that differs
	pinned     action = "pinned"     // at first sight, by the scan
	approved   action = "approved"   // by a person
	rejected   action = "rejected"   // by a person: it stays in review's place, refused
	quarantine action = "quarantine" // by a person, or since it changed
	retired    action = "retired"    // by a person
	gone       action = "gone"       // no longer listed
	back       action = "back"       // listed again
	settled    action = "settled"    // a server's lists of one kind were seen whole: what comes later is an addition
	filed      action = "filed"      // a document: see Document
	recertify  action = "recertify"  // a campaign was opened: see Campaign
)

// An event is one entry of the ledger, in JSON. What is empty is left out.
type event struct {
	At     time.Time        `json:"at"`
	Do     action           `json:"do"`
	Server mantlet.ServerID `json:"server"`
	Kind   string           `json:"kind"`
	Name   string           `json:"name,omitempty"`
	Digest string           `json:"digest,omitempty"` // of the definition that it is about, in hex
	By     string           `json:"by,omitempty"`     // the person, as the surface that asked them names them
	Why    string           `json:"why,omitempty"`
	Until  time.Time        `json:"until,omitzero"`  // of a campaign
	Holes  []string         `json:"holes,omitempty"` // advisories for which it waits, or, approved, that were accepted; in order
}

func (e *event) encode() ([]byte, error) { return json.Marshal(e) }

func decodeEvent(b []byte) (e event, d Digest, err error) {
	if err := json.Unmarshal(b, &e); err != nil {
		return e, d, err
	}
	if e.Digest == "" {
		return e, d, nil
	}
	if n, err := hex.Decode(d[:], []byte(e.Digest)); err != nil || n != len(d) || len(e.Digest) != hex.EncodedLen(len(d)) {
		return e, d, fmt.Errorf("%q is not a digest", e.Digest)
	}
	return e, d, nil
}

func (e *event) target() (mantlet.Target, error) {
	k, ok := kinds[e.Kind]
	if !ok {
		return mantlet.Target{}, fmt.Errorf("%q is not a kind of definition", e.Kind)
	}
	return mantlet.Target{Server: e.Server, Kind: k, Name: e.Name}, nil
}

// kinds are what can be pinned, by name.
var kinds = func() map[string]mantlet.TargetKind {
	all := make(map[string]mantlet.TargetKind)
	for _, k := range []mantlet.TargetKind{mantlet.KindTool, mantlet.KindPrompt, mantlet.KindResource, mantlet.KindTemplate, mantlet.KindInstructions, mantlet.KindLaunch, mantlet.KindIdentity} {
		all[k.String()] = k
	}
	return all
}()

// ParseKind returns the kind of a definition that can be pinned, by its name.
func ParseKind(name string) (mantlet.TargetKind, error) {
	if k, ok := kinds[name]; ok {
		return k, nil
	}
	return mantlet.KindNone, fmt.Errorf("%q is no kind of definition; it is tool, prompt, resource, template, instructions, launch or identity", name)
}

// An item is what the registry knows of one target. It is replaced, never changed.
type item struct {
	state   State
	pin     Digest // of the approved definition; zero where none was
	seen    Digest // of the last definition that differed from the one before
	why     string
	by      string
	first   time.Time
	since   time.Time // of state
	decided time.Time // when it was approved last
	usable  time.Time // since when this pin is; an approval that is given again does not change it
	gone    bool
	shapes  int   // how many different definitions were written down
	moved   int64 // the epoch when other words were approved than before

	holes []string // advisories for which it waits
	known []string // those with which a person has approved it
}

// byRule is who pins what changed in nothing that matters.
const byRule = "rule"

// counts is 1 for what a server lists.
func (i *item) counts() int {
	if i == nil || i.gone {
		return 0
	}
	return 1
}

// apply is what an event makes of an item, nil for none. It is the one place where a
// state changes, at the start as in the running.
func (i *item) apply(e *event, d Digest) *item {
	next := item{first: e.At}
	if i != nil {
		next = *i
	}
	before := next.state
	switch e.Do {
	case saw:
		next.seen = d
		next.shapes++
		next.gone = false
		next.holes = e.Holes
		switch {
		case next.state == Approved && d != next.pin:
			next.state, next.why = Quarantined, e.Why
		case next.state == Unknown:
			next.state, next.why = InReview, e.Why
		}
	case pinned, approved:
		if next.pin != d {
			next.usable = e.At
		}
		next.state, next.pin, next.why, next.by, next.decided = Approved, d, e.Why, e.By, e.At
		if e.Do == approved {
			next.known, next.holes = union(next.known, e.Holes), nil
		}
	case rejected, quarantine:
		next.state, next.why, next.by = Quarantined, e.Why, e.By
		next.holes = union(next.holes, e.Holes)
	case retired:
		next.state, next.why, next.by = Retired, e.Why, e.By
	case gone:
		next.gone = true
	case back:
		next.gone = false
	case settled, filed, recertify:
	}
	if next.state != before {
		next.since = e.At
	}
	return &next
}

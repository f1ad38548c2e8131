package front

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/seal"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// How long each kind of handle opens.
const (
	sessionLife = 7 * 24 * time.Hour
	eventLife   = 24 * time.Hour
	cursorLife  = 24 * time.Hour
	stateLife   = 24 * time.Hour      // a person may have to answer in between
	taskLife    = 30 * 24 * time.Hour // a server may keep a task for as long as it likes
)

// Handles seals what clients carry for us. Every handle is bound to issuer,
// subject, client and server by the seal; possession of one never authorises, it
// only says which session, event or page is meant. One that is bad, foreign,
// expired or buried is answered as one that never was.
//
// The payloads, before the seal's own 45 bytes or so and base64url:
//
//	session  revision (1 byte: its place in wire.Revisions), what the client offers (2), nonce length (1), nonce, the server's own id; at most 1,200 bytes
//	event    SHA-256 of the session's nonce (8 bytes), method length (1), the method whose stream it is, the server's own event id; at most 1,200 bytes
//	cursor   JSON of server id to the server's own cursor; at most 48 KiB
//	state    SHA-256 of method NUL name (8 bytes), the server's own requestState as JSON; at most 48 KiB
//	task     the server's own task id as JSON; at most 1,200 bytes
type Handles struct {
	Ring *seal.Ring
	Now  func() time.Time // nil is time.Now
}

const (
	maxPayload = 1200
	maxState   = 48 << 10
)

var errPayload = errors.New("what the server gave is too long to be sealed into a handle")

func (h *Handles) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}

func (h *Handles) seal(p seal.Purpose, who mantlet.PrincipalKey, s mantlet.ServerID, life time.Duration, payload []byte) (string, error) {
	if len(payload) > maxState || len(payload) > maxPayload && !p.InBodies() {
		return "", errPayload
	}
	return h.Ring.Seal(p, seal.Handle{Principal: who, Server: s, Expires: h.now().Add(life), Payload: payload})
}

// A sealed is what a session's handle holds.
type sealed struct {
	revision wire.Revision
	offers   wire.Offers
	upstream.Session
}

func (h *Handles) sealSession(who mantlet.Principal, s mantlet.ServerID, in sealed) (string, error) {
	at := slices.Index(wire.Revisions, in.revision)
	if at < 0 || len(in.Nonce) > 255 {
		return "", fmt.Errorf("front: no session can be sealed for revision %q", in.revision)
	}
	payload := binary.BigEndian.AppendUint16([]byte{byte(at)}, uint16(in.offers)) //nolint:gosec // bounded above
	payload = append(append(payload, byte(len(in.Nonce))), in.Nonce...)           //nolint:gosec // bounded above
	return h.seal(seal.Session, who.Key(), s, sessionLife, append(payload, in.Upstream...))
}

func (h *Handles) openSession(who mantlet.Principal, s mantlet.ServerID, handle string) (sealed, error) {
	opened, err := h.Ring.Open(seal.Session, who.Key(), s, handle, h.now())
	if err != nil {
		return sealed{}, err
	}
	const fixed = 4
	p := opened.Payload
	if len(p) < fixed || int(p[0]) >= len(wire.Revisions) || len(p) < fixed+int(p[3]) {
		return sealed{}, seal.ErrUnknown
	}
	n := fixed + int(p[3])
	return sealed{
		wire.Revisions[p[0]], wire.Offers(binary.BigEndian.Uint16(p[1:])),
		upstream.Session{Nonce: string(p[fixed:n]), Upstream: string(p[n:])},
	}, nil
}

// bury makes a session's handle unknown from now on.
func (h *Handles) bury(handle string) error {
	return h.Ring.Bury(handle, h.now().Add(sessionLife))
}

func (h *Handles) sealEvent(who mantlet.Principal, s mantlet.ServerID, e eventID) (string, error) {
	if len(e.method) > 255 {
		return "", errPayload
	}
	payload := append(e.session[:], byte(len(e.method))) //nolint:gosec // bounded above
	payload = append(payload, e.method...)
	return h.seal(seal.EventID, who.Key(), s, eventLife, append(payload, e.upstream...))
}

// openEvent refuses an event of another session of the same caller, too: its
// stream would be replayed into this one.
func (h *Handles) openEvent(who mantlet.Principal, s mantlet.ServerID, nonce, handle string) (eventID, error) {
	opened, err := h.Ring.Open(seal.EventID, who.Key(), s, handle, h.now())
	if err != nil {
		return eventID{}, err
	}
	p := opened.Payload
	if len(p) < 9 || len(p) < 9+int(p[8]) {
		return eventID{}, seal.ErrUnknown
	}
	n := 9 + int(p[8])
	e := eventID{method: wire.Method(p[9:n]), upstream: string(p[n:])}
	copy(e.session[:], p)
	if want := sessionDigest(nonce); !bytes.Equal(e.session[:], want[:]) {
		return eventID{}, seal.ErrUnknown
	}
	return e, nil
}

// An eventID is what a Last-Event-ID stands for.
type eventID struct {
	session  [8]byte
	method   wire.Method // the request whose stream it is; "" for the GET stream
	upstream string
}

func sessionDigest(nonce string) (d [8]byte) {
	sum := sha256.Sum256([]byte(nonce))
	copy(d[:], sum[:])
	return d
}

// SealCursor seals where a joined list goes on.
func (h *Handles) SealCursor(who mantlet.PrincipalKey, payload []byte) (string, error) {
	return h.seal(seal.Cursor, who, mantlet.Joined, cursorLife, payload)
}

// OpenCursor returns what SealCursor was given.
func (h *Handles) OpenCursor(who mantlet.PrincipalKey, cursor string) ([]byte, error) {
	opened, err := h.Ring.Open(seal.Cursor, who, mantlet.Joined, cursor, h.now())
	return opened.Payload, err
}

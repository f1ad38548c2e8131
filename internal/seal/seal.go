// Package seal turns state into handles that clients carry: session ids, event
// ids, cursors and the like.
//
// The question: did Mantlet itself make this handle, for this caller, this server
// and this purpose, and is it still good? The threats: session hijacking and
// fixation (A25, S21), a handle guessed, altered, replayed at another server or by
// another tenant (D02, D03, D05, S08). The controls: C022, C075, C088. It trusts its
// key ring. A handle only says what is meant: possession of one never authorises.
// When anything is wrong with a handle the answer is ErrUnknown, the same as for one
// that never was.
//
// A handle is base64url of
//
//	version 1 byte | key id 4 | nonce 12 | AES-256-GCM( expiry 8 | payload ) | tag 16
//
// under a key that HKDF-SHA256 derives for the purpose. The associated data is the
// version, the key id, the purpose, and a SHA-256 over principal and server, so that
// a foreign handle does not open at all. Random nonces of 96 bits bound a key to
// 2^32 handles (NIST SP 800-38D, 8.3): rotate before.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// A Purpose is what a handle is for. A handle of one purpose opens for no other.
// The zero Purpose is refused.
type Purpose uint8

// The purposes.
const (
	Session Purpose = iota + 1
	Cursor
	RequestState
	Task
	EventID
	purposes
)

var purposeNames = [...]string{"", "session", "cursor", "requestState", "task", "event id"}

const (
	version   = 1
	header    = 1 + 4 + 12
	overhead  = header + 8 + 16
	maxHandle = 2048     // characters
	maxInBody = 64 << 10 // characters of one that travels in bodies alone
	// maxTombstones bounds what Bury remembers: about 10 MB.
	maxTombstones = 100_000
)

// InBodies reports whether handles for p travel in bodies alone, never in a header,
// and may be longer.
func (p Purpose) InBodies() bool { return p == RequestState || p == Cursor }

func (p Purpose) limit() int {
	if p.InBodies() {
		return maxInBody
	}
	return maxHandle
}

// ErrUnknown is the answer to every handle that does not open, whatever is wrong
// with it.
var ErrUnknown = errors.New("seal: no such handle")

// A Key is one key of a ring. It prints as [secret].
type Key struct {
	ID     uint32
	Secret [32]byte
}

func (Key) String() string { return "[secret]" }

// GoString keeps %#v from printing the key.
func (Key) GoString() string { return "[secret]" }

// A Handle is what is sealed: for whom, at which server, until when.
type Handle struct {
	Principal mantlet.PrincipalKey
	Server    mantlet.ServerID
	Expires   time.Time
	Payload   []byte
}

// A Ring seals with its first key and opens with any. It is safe for use by many
// goroutines.
type Ring struct {
	keys atomic.Pointer[keys]

	mu     sync.RWMutex
	buried map[[32]byte]time.Time // SHA-256 of the handle, until when

	digging sync.Mutex // of who buries; held across the file's writing, which mu never is
	graves  string     // the file of what is buried; "" for none
}

// keys are what a ring holds at one time. They do not change.
type keys struct {
	current uint32
	aeads   map[uint32]*[purposes]cipher.AEAD
}

// NewRing returns a ring of keys. The first seals; the others still open what
// they sealed, until its expiry.
func NewRing(all ...Key) (*Ring, error) {
	r := &Ring{buried: make(map[[32]byte]time.Time)}
	return r, r.Renew(all...)
}

// Renew puts other keys into the ring, as NewRing would, or leaves those that are in
// it and says what is wrong. What was buried stays buried.
func (r *Ring) Renew(all ...Key) error {
	if len(all) == 0 {
		return errors.New("seal: a ring needs a key")
	}
	fresh := &keys{current: all[0].ID, aeads: make(map[uint32]*[purposes]cipher.AEAD)}
	for _, k := range all {
		if k.Secret == ([32]byte{}) {
			return fmt.Errorf("seal: key %d is empty; make a new one", k.ID)
		}
		if fresh.aeads[k.ID] != nil {
			return fmt.Errorf("seal: key id %d is there twice; give each key its own", k.ID)
		}
		derived, err := derive(k)
		if err != nil {
			return err
		}
		fresh.aeads[k.ID] = derived
	}
	r.keys.Store(fresh)
	return nil
}

// derive makes the subkey of each purpose (RFC 5869).
func derive(k Key) (*[purposes]cipher.AEAD, error) {
	var out [purposes]cipher.AEAD
	for p := Session; p < purposes; p++ {
		sub, err := hkdf.Key(sha256.New, k.Secret[:], nil, "mantlet seal v1 "+purposeNames[p], 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(sub)
		if err != nil {
			return nil, err
		}
		if out[p], err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// associated binds a handle to who may bring it, where, and what for.
func associated(dst, head []byte, p Purpose, who mantlet.PrincipalKey, s mantlet.ServerID) []byte {
	h := sha256.New()
	var n [4]byte
	for _, part := range [...]string{string(who.Issuer), who.Subject, who.Client, who.Tenant, string(s)} {
		binary.BigEndian.PutUint32(n[:], uint32(len(part))) //nolint:gosec // bounded by what a message may hold
		h.Write(n[:])
		h.Write([]byte(part))
	}
	dst = append(append(dst, head[:5]...), byte(p))
	return h.Sum(dst)
}

// Seal returns h as at most 2,048 characters of base64url, 65,536 for one that
// travels in bodies alone. It refuses a handle that belongs to nobody, is for no
// purpose, or has no expiry.
func (r *Ring) Seal(p Purpose, h Handle) (string, error) {
	if p == 0 || p >= purposes || h.Principal.IsZero() || h.Server == "" || h.Expires.IsZero() {
		return "", errors.New("seal: a handle needs a purpose, a principal, a server and an expiry")
	}
	if base64.RawURLEncoding.EncodedLen(overhead+len(h.Payload)) > p.limit() {
		return "", fmt.Errorf("seal: %d bytes are too many for a handle", len(h.Payload))
	}
	k := r.keys.Load()
	out := make([]byte, header, overhead+len(h.Payload))
	out[0] = version
	binary.BigEndian.PutUint32(out[1:], k.current)
	if _, err := rand.Read(out[5:header]); err != nil {
		return "", err
	}
	plain := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(h.Payload)), uint64(h.Expires.Unix())) //nolint:gosec // a time after 1970
	plain = append(plain, h.Payload...)
	var aad [64]byte
	out = k.aeads[k.current][p].Seal(out, out[5:header], plain, associated(aad[:0], out, p, h.Principal, h.Server))
	return base64.RawURLEncoding.EncodeToString(out), nil
}

// Open returns what was sealed for who at s, or ErrUnknown.
func (r *Ring) Open(p Purpose, who mantlet.PrincipalKey, s mantlet.ServerID, handle string, now time.Time) (Handle, error) {
	if p == 0 || p >= purposes || who.IsZero() || len(handle) > p.limit() || strings.ContainsAny(handle, "\r\n") {
		return Handle{}, ErrUnknown // base64 passes over line breaks: one handle would have many spellings, and one grave
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(handle)
	if err != nil || len(raw) < overhead || raw[0] != version {
		return Handle{}, ErrUnknown
	}
	aeads := r.keys.Load().aeads[binary.BigEndian.Uint32(raw[1:])]
	if aeads == nil {
		return Handle{}, ErrUnknown
	}
	var aad [64]byte
	plain, err := aeads[p].Open(raw[header:header], raw[5:header], raw[header:], associated(aad[:0], raw, p, who, s))
	if err != nil {
		return Handle{}, ErrUnknown
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0) //nolint:gosec // sealed by us
	if !now.Before(expires) || r.isBuried(handle, now) {
		return Handle{}, ErrUnknown
	}
	return Handle{Principal: who, Server: s, Expires: expires, Payload: plain[8:]}, nil
}

// ErrFull says that no further tombstone can be kept.
var ErrFull = errors.New("seal: too many handles were ended before their expiry; rotate the key ring")

// Bury makes handle unknown until its expiry, after which it is unknown by itself.
// A grave is never given up early: when all are taken by handles that could still
// open, Bury fails with ErrFull. Graves are this replica's own, and outlive the process
// where Remember was called.
func (r *Ring) Bury(handle string, until time.Time) error {
	r.digging.Lock()
	defer r.digging.Unlock()
	if r.isFull() {
		r.clear(time.Now())
		if r.isFull() {
			return ErrFull
		}
		if err := r.rewrite(); err != nil {
			return err
		}
	}
	sum := sha256.Sum256([]byte(handle))
	if err := r.dig(sum, until); err != nil {
		return fmt.Errorf("seal: what was ended cannot be written down: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buried[sum] = until
	return nil
}

func (r *Ring) isFull() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.buried) >= maxTombstones
}

// clear gives up the graves that are over.
func (r *Ring) clear(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, t := range r.buried {
		if t.Before(now) {
			delete(r.buried, k)
		}
	}
}

func (r *Ring) isBuried(handle string, now time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.buried) == 0 {
		return false
	}
	until, ok := r.buried[sha256.Sum256([]byte(handle))]
	return ok && now.Before(until)
}

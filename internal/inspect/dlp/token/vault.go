package token

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// The shape of a token: the prefix, and letters that are 130 bits.
const (
	Prefix = "mtok1_"
	body   = 26
	// Size is how many bytes a token has.
	Size = len(Prefix) + body
)

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ErrRefused is what Restore answers where something has a token's shape and is not put back.
var ErrRefused = errors.New("a token stands where it may not be used, or is none; ask for the value again where it came from")

// A Grant says into which parameter values of a class are put back. There are no patterns: an
// empty member matches nothing.
type Grant struct{ Server, Param, Class string }

// Options bound a Vault. The zero value of a bound is the usual one.
type Options struct {
	Grants []Grant
	Digits []string         // classes whose tokens are digits by FF1: deterministic, see the package's comment
	Most   int              // values of one conversation; 10,000
	Bounds int              // conversations; 1,000
	Age    time.Duration    // of a value; 24 hours
	Now    func() time.Time // time.Now
}

// maxValue is how long a value is at most, in bytes.
const maxValue = 4096

// A Vault holds values by their tokens. It is for many goroutines; New makes it.
type Vault struct {
	o      Options
	grants map[Grant]bool
	digits map[string]bool
	key    []byte // of HMAC
	format []byte // of FF1

	mu   sync.Mutex
	held map[mantlet.Conversation]*drawer
	turn uint64
}

// A drawer is what one conversation has.
type drawer struct {
	byToken map[string]*entry
	byValue map[[sha256.Size]byte]*entry // by server, class and value
	order   []*entry                     // oldest first
	used    uint64                       // when it was opened last
}

type entry struct {
	token, server, class string
	value                []byte
	nonce                [16]byte
	sum                  [sha256.Size]byte // its place in byValue
	until                time.Time
	digits               bool
}

// New returns an empty Vault with keys of its own, which end with it.
func New(o Options) (*Vault, error) {
	if o.Most == 0 {
		o.Most = 10_000
	}
	if o.Bounds == 0 {
		o.Bounds = 1000
	}
	if o.Age == 0 {
		o.Age = 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	v := &Vault{o: o, grants: map[Grant]bool{}, digits: map[string]bool{}, key: make([]byte, 32), format: make([]byte, 32), held: map[mantlet.Conversation]*drawer{}}
	for _, g := range o.Grants {
		if g.Server == "" || g.Param == "" || g.Class == "" {
			return nil, fmt.Errorf("a grant names a server, a parameter and a class: %+v", g)
		}
		v.grants[g] = true
	}
	for _, class := range o.Digits {
		v.digits[class] = true
	}
	if _, err := rand.Read(v.key); err != nil {
		return nil, err
	}
	_, err := rand.Read(v.format)
	return v, err
}

// Mint returns the token of a value that a server gave in a conversation. The same value has
// the same token while it is held. A full conversation forgets its oldest value.
func (v *Vault) Mint(bound mantlet.Conversation, server, class string, value []byte) ([]byte, error) {
	if bound.IsZero() || server == "" || class == "" {
		return nil, errors.New("a token belongs to a principal's conversation, a server and a class")
	}
	if len(value) == 0 || len(value) > maxValue {
		return nil, fmt.Errorf("a value of %d bytes has no token; 1 to %d", len(value), maxValue)
	}
	e := &entry{server: server, class: class, digits: v.digits[class]}
	e.sum = v.mac(bound, e, value)
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.open(bound)
	if have := d.byValue[e.sum]; have != nil {
		return []byte(have.token), nil
	}
	e.value = append([]byte(nil), value...)
	e.until = v.o.Now().Add(v.o.Age)
	if err := v.name(bound, d, e); err != nil {
		return nil, err
	}
	d.add(e, v.o.Most)
	return []byte(e.token), nil
}

// name gives e its token.
func (v *Vault) name(bound mantlet.Conversation, d *drawer, e *entry) (err error) {
	if e.digits {
		if e.token, err = v.shaped(bound, e); err != nil {
			return err
		}
		if d.byToken[digitsOf(e.token)] != nil || digitsOf(e.token) == digitsOf(string(e.value)) {
			return errors.New("the value has no token of digits; use another class")
		}
		return nil
	}
	if _, err = rand.Read(e.nonce[:]); err != nil {
		return err
	}
	e.token = v.word(bound, e)
	return nil
}

// word is the token that e has: 16 bytes of its HMAC, and four bits that are zero.
func (v *Vault) word(bound mantlet.Conversation, e *entry) string {
	sum := v.mac(bound, e, e.value)
	return Prefix + letters.EncodeToString(sum[:16])
}

// mac is over everything that e is bound to, each part behind its length.
func (v *Vault) mac(bound mantlet.Conversation, e *entry, value []byte) (out [sha256.Size]byte) {
	h := hmac.New(sha256.New, v.key)
	var size [4]byte
	p := bound.Principal
	for _, part := range []string{string(p.Issuer), p.Subject, p.Client, p.Tenant, bound.Handle, e.server, e.class, string(e.nonce[:]), string(value)} {
		binary.BigEndian.PutUint32(size[:], uint32(len(part))) //nolint:gosec // parts are short
		_, _ = h.Write(size[:])
		_, _ = h.Write([]byte(part))
	}
	h.Sum(out[:0])
	return out
}

// open is the drawer of bound, without what has expired. Where there are too many, the one
// that was opened longest ago is emptied.
func (v *Vault) open(bound mantlet.Conversation) *drawer {
	v.turn++
	d := v.held[bound]
	if d == nil {
		if len(v.held) >= v.o.Bounds {
			v.evict()
		}
		d = &drawer{byToken: map[string]*entry{}, byValue: map[[sha256.Size]byte]*entry{}}
		v.held[bound] = d
	}
	d.used = v.turn
	d.expire(v.o.Now())
	return d
}

func (v *Vault) evict() {
	var oldest mantlet.Conversation
	least := v.turn
	for bound, d := range v.held {
		d.expire(v.o.Now())
		if d.used < least || len(d.order) == 0 {
			oldest, least = bound, d.used
			if len(d.order) == 0 {
				break
			}
		}
	}
	if d := v.held[oldest]; d != nil {
		for len(d.order) > 0 {
			d.drop()
		}
		delete(v.held, oldest)
	}
}

func (d *drawer) key(e *entry) string {
	if e.digits {
		return digitsOf(e.token)
	}
	return e.token
}

func (d *drawer) add(e *entry, most int) {
	if len(d.order) >= most {
		d.drop()
	}
	d.byToken[d.key(e)], d.byValue[e.sum] = e, e
	d.order = append(d.order, e)
}

// drop forgets the oldest value.
func (d *drawer) drop() {
	e := d.order[0]
	d.order[0] = nil
	d.order = d.order[1:]
	delete(d.byToken, d.key(e))
	delete(d.byValue, e.sum)
	clear(e.value)
}

func (d *drawer) expire(now time.Time) {
	for len(d.order) > 0 && !now.Before(d.order[0].until) {
		d.drop()
	}
}

// Forget ends a conversation: its tokens are refused from now on.
func (v *Vault) Forget(bound mantlet.Conversation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if d := v.held[bound]; d != nil {
		for len(d.order) > 0 {
			d.drop()
		}
		delete(v.held, bound)
	}
}

// Len is how many values a conversation has.
func (v *Vault) Len(bound mantlet.Conversation) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if d := v.held[bound]; d != nil {
		d.expire(v.o.Now())
		return len(d.order)
	}
	return 0
}

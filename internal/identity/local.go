package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
)

// keySize is the length of a client's key file in bytes.
const keySize = 32

// tokenPrefix lets secret scanners and people know what they are looking at.
const tokenPrefix = "mtl_"

// A Key is the secret of one local client. Its tokens are derived from it, one
// for each server, so that a token taken from one server's configuration opens no
// other (C020). It prints as [secret].
type Key [keySize]byte

func (Key) String() string { return "[secret]" }

// GoString keeps %#v from printing the key.
func (Key) GoString() string { return "[secret]" }

// Token is the bearer token of client at server: "mtl_" + client + "_" + the
// base64url of HMAC-SHA256(key, "mantlet token v1" NUL client NUL server), 43
// characters.
func (k Key) Token(client string, server mantlet.ServerID) string {
	mac := hmac.New(sha256.New, k[:])
	fmt.Fprintf(mac, "mantlet token v1\x00%s\x00%s", client, server)
	return tokenPrefix + client + "_" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// A Client is one local client: a program of this user that was given tokens.
type Client struct {
	Name    string // [a-z0-9-]
	Key     Key
	Servers []mantlet.ServerID // where its tokens open; an empty list opens nothing
}

// Local judges the bearer tokens that `mantlet up` made. It does not change.
type Local struct {
	subject string
	want    map[tokenKey]string
	names   map[string]bool
}

type tokenKey struct {
	client string
	server mantlet.ServerID
}

// NewLocal returns an authenticator for clients that act for subject, the
// operating-system user whose files hold the keys.
func NewLocal(subject string, clients []Client) (*Local, error) {
	l := &Local{subject: subject, want: make(map[tokenKey]string), names: make(map[string]bool)}
	if subject == "" {
		return nil, errors.New("identity: local tokens need a user to act for")
	}
	for _, c := range clients {
		if c.Key == (Key{}) {
			return nil, fmt.Errorf("identity: client %q has an empty key; remove its key file and start again", c.Name)
		}
		if c.Name == "" || strings.ContainsFunc(c.Name, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			return nil, fmt.Errorf("identity: client name %q may only hold a-z, 0-9 and \"-\"", c.Name)
		}
		l.names[c.Name] = true
		for _, s := range c.Servers {
			l.want[tokenKey{c.Name, s}] = c.Key.Token(c.Name, s)
		}
	}
	return l, nil
}

// Authenticate judges a bearer token that begins with mtl_. Comparison takes the
// same time whatever differs.
func (l *Local) Authenticate(_ context.Context, c Credentials) (mantlet.Principal, error) {
	rest, ours := strings.CutPrefix(c.Token, tokenPrefix)
	if c.Scheme != "bearer" || !ours {
		return mantlet.Principal{}, ErrNotMine
	}
	client, _, _ := strings.Cut(rest, "_")
	want, ok := l.want[tokenKey{client, c.Server}]
	if !ok || subtle.ConstantTimeCompare([]byte(want), []byte(c.Token)) != 1 {
		return mantlet.Principal{}, refuse("the token does not open this server; use the token that `mantlet up` shows for it")
	}
	return mantlet.Principal{Issuer: mantlet.IssuerLocal, Subject: l.subject, Client: client, Strength: mantlet.StrengthBearer}, nil
}

// OpenKey reads the client's key at path, or makes one there with mode 0600 if
// there is none. A file that others can read is refused, not mended: whoever read
// it still has it.
func OpenKey(path string) (Key, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		k, err := createKey(path)
		if !errors.Is(err, fs.ErrExist) { // else somebody else was first
			return k, err
		}
	}
	return readKey(path)
}

func readKey(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, err
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err != nil {
		return Key{}, err
	}
	if !private(info) {
		return Key{}, fmt.Errorf("key file %s can be read by others (mode %04o); remove it, start again, and give the clients their new tokens", path, info.Mode().Perm())
	}
	b, err := io.ReadAll(io.LimitReader(f, 1<<10)) // a key has 43 characters
	if err != nil {
		return Key{}, err
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(raw) != keySize || slices.Max(raw) == 0 {
		return Key{}, fmt.Errorf("key file %s does not hold a key; remove it and start again", path)
	}
	return Key(raw), nil
}

// createKey never writes over a key.
func createKey(path string) (Key, error) {
	var k Key
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return k, err
	}
	if _, err := rand.Read(k[:]); err != nil {
		return Key{}, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Key{}, err
	}
	_, err = f.WriteString(base64.RawStdEncoding.EncodeToString(k[:]) + "\n")
	return k, errors.Join(err, f.Close())
}

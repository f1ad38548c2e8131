package ledger

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// cosignatureV1 is the type of a witness's Ed25519 key (C2SP tlog-cosignature).
const cosignatureV1 = 0x04

// A Cosigner verifies the cosignatures of one witness: cosignature/v1, by Ed25519. It is a
// note.Verifier. The zero Cosigner verifies nothing.
type Cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

var errVkey = errors.New("it is no key of a witness: write name+id+key, of the type cosignature/v1 by Ed25519")

// ParseCosigner reads a witness's key as signed notes write it (C2SP signed-note): the name,
// the key's id in 8 hexadecimal digits and the key behind its type in base64, with + between.
func ParseCosigner(vkey string) (*Cosigner, error) {
	name, key, err := splitVkey(vkey)
	if err != nil {
		return nil, err
	}
	if key[0] != cosignatureV1 || len(key) != 1+ed25519.PublicKeySize {
		return nil, errVkey
	}
	return &Cosigner{name, keyID(name, key), key[1:]}, nil
}

// splitVkey returns the name of a key, and the key behind its type.
func splitVkey(vkey string) (name string, key []byte, err error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, text, _ := strings.Cut(rest, "+")
	hash, err := strconv.ParseUint(id, 16, 32)
	if err != nil || len(id) != 8 || name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsSpace) {
		return "", nil, errVkey
	}
	key, err = base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(key) < 2 || keyID(name, key) != uint32(hash) {
		return "", nil, errVkey
	}
	return name, key, nil
}

// keyID is SHA-256(name, a line break, the key behind its type), of which the first four
// bytes count.
func keyID(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}

// Name implements note.Verifier.
func (c *Cosigner) Name() string { return c.name }

// KeyHash implements note.Verifier.
func (c *Cosigner) KeyHash() uint32 { return c.hash }

// Verify implements note.Verifier: sig is a time in 8 bytes and the signature over
//
//	cosignature/v1
//	time 1679315147
//
// and msg, the checkpoint without its signatures.
func (c *Cosigner) Verify(msg, sig []byte) bool {
	at, rest, ok := cutTime(sig)
	if !ok || len(rest) != ed25519.SignatureSize || len(c.key) != ed25519.PublicKeySize {
		return false
	}
	return ed25519.Verify(c.key, cosigned(at, msg), rest)
}

func cutTime(sig []byte) (at int64, rest []byte, ok bool) {
	if len(sig) < 8 {
		return 0, nil, false
	}
	t := binary.BigEndian.Uint64(sig)
	return int64(t), sig[8:], t > 0 && t <= math.MaxInt64 //nolint:gosec // what overflows is refused beside
}

func cosigned(at int64, msg []byte) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, msg)
}

// at returns when c cosigned the checkpoint, and whether it did. Other signatures under
// it, broken ones among them, say nothing of this one.
func (c *Cosigner) at(checkpoint []byte) (time.Time, bool) {
	n, err := note.Open(checkpoint, note.VerifierList(c))
	if err != nil || len(n.Sigs) == 0 {
		return time.Time{}, false
	}
	raw, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil || len(raw) < 4 {
		return time.Time{}, false
	}
	t, _, ok := cutTime(raw[4:])
	return time.Unix(t, 0).UTC(), ok
}

// signaturesBegin is what stands before each signature of a note.
const signaturesBegin = "— "

// cosign is checkpoint with those of lines below it that are c's and verify. Others are
// left out: they are of keys that nobody asked.
func (c *Cosigner) cosign(checkpoint, lines []byte) ([]byte, bool) {
	for line := range bytes.Lines(lines) {
		if !bytes.HasPrefix(line, []byte(signaturesBegin)) || line[len(line)-1] != '\n' {
			continue
		}
		text, _, ok := bytes.Cut(checkpoint, []byte("\n\n"))
		if !ok {
			return nil, false
		}
		alone := append(append(bytes.Clone(text), "\n\n"...), line...)
		if _, ok := c.at(alone); !ok {
			continue
		}
		if bytes.Contains(checkpoint, append([]byte("\n"), line...)) {
			return checkpoint, true
		}
		return append(bytes.Clone(checkpoint), line...), true
	}
	return nil, false
}

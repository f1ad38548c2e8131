package bundle

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// An entry is a line of a Rekor log, as a bundle carries it.
type entry struct {
	Index int64 `json:"logIndex,string"`
	Log   struct {
		Key []byte `json:"keyId"`
	} `json:"logId"`
	Kind struct {
		Kind    string `json:"kind"`
		Version string `json:"version"`
	} `json:"kindVersion"`
	Time    int64 `json:"integratedTime,string"`
	Promise *struct {
		Signed []byte `json:"signedEntryTimestamp"`
	} `json:"inclusionPromise"`
	Proof *struct {
		Index      int64    `json:"logIndex,string"`
		Root       []byte   `json:"rootHash"`
		Size       int64    `json:"treeSize,string"`
		Hashes     [][]byte `json:"hashes"`
		Checkpoint struct {
			Envelope string `json:"envelope"`
		} `json:"checkpoint"`
	} `json:"inclusionProof"`
	Body []byte `json:"canonicalizedBody"`
}

// check demands of an entry what the bundle's version says: a promise in 0.1, a proof since.
func (e *entry) check(version int) error {
	switch {
	case len(e.Body) == 0, len(e.Log.Key) == 0, e.Index < 0, e.Time < 0:
		return unknown{"an entry of the log is not whole"}
	case e.Promise != nil && len(e.Promise.Signed) == 0:
		return unknown{"an entry's promise is empty"}
	case version == 1 && e.Promise == nil, version > 1 && e.Proof == nil:
		return unknown{"an entry lacks what its bundle's version asks for"}
	}
	return nil
}

// logged verifies every entry of a log that the root knows, and gives the times that those
// logs vouch for. One must be there.
func (r *Root) logged(b *Bundle) ([]time.Time, error) {
	var times []time.Time
	seen := make(map[string]bool)
	for i := range b.entries {
		e := &b.entries[i]
		log, ok := r.rekor[string(e.Log.Key)]
		if !ok {
			continue
		}
		if seen[string(e.Log.Key)] {
			return nil, errors.New("the same log is named twice")
		}
		seen[string(e.Log.Key)] = true
		vouched, err := e.verify(log, b, r)
		if err != nil {
			return nil, err
		}
		if !vouched.IsZero() {
			times = append(times, vouched)
		}
	}
	if len(seen) == 0 {
		return nil, unknown{"no log that the trusted root knows holds the signature"}
	}
	return times, nil
}

// verify gives the time that the log signed; a proof alone signs none.
func (e *entry) verify(log logKey, b *Bundle, r *Root) (time.Time, error) {
	v2 := e.Kind.Kind == "hashedrekord" && e.Kind.Version == "0.0.2"
	var err error
	if v2 {
		err = e.holdsV2(b, r)
	} else {
		err = e.holds(b, r)
	}
	if err == nil && e.Proof != nil {
		err = e.included(log, v2)
	}
	if err != nil || e.Promise == nil {
		if err == nil && e.Proof == nil {
			err = errors.New("the log neither promises nor proves the entry")
		}
		return time.Time{}, err
	}
	at := time.Unix(e.Time, 0)
	switch {
	case v2 || !log.time.holds(at):
		return time.Time{}, errors.New("the log's key was not in use when it signed the entry")
	case !Signed(log.key, e.promised(), e.Promise.Signed):
		return time.Time{}, errors.New("the log did not sign the entry's time")
	}
	return at, nil
}

// promised is what a signed entry timestamp is over: RFC 8785 of four members.
func (e *entry) promised() []byte {
	return fmt.Appendf(nil, `{"body":"%s","integratedTime":%d,"logID":"%s","logIndex":%d}`,
		base64.StdEncoding.EncodeToString(e.Body), e.Time, hex.EncodeToString(e.Log.Key), e.Index)
}

// treeID ends the first line of a checkpoint of Rekor v1.
var treeID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` - \d+$`) })

// included checks the Merkle proof (RFC 6962 section 2.1.1) and the checkpoint that it
// leads to (C2SP tlog-checkpoint).
func (e *entry) included(log logKey, v2 bool) error {
	text := e.Proof.Checkpoint.Envelope
	origin, _, _ := strings.Cut(text, "\n")
	if old := treeID().MatchString(origin); old == v2 {
		return errors.New("the checkpoint is of another kind of log than the entry")
	}
	if v2 && (origin != log.host || origin == "") {
		return errors.New("the checkpoint is of another log")
	}
	signed, err := note.Open([]byte(text), holder{log, v2})
	if err != nil || len(signed.Sigs) == 0 || !v2 && len(signed.UnverifiedSigs) > 0 {
		return errors.New("the log did not sign the checkpoint")
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 {
		return errors.New("the checkpoint cannot be read")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, errRoot := base64.StdEncoding.DecodeString(lines[2])
	index := e.Proof.Index
	if v2 {
		index = e.Index
	}
	if err != nil || errRoot != nil || len(root) != tlog.HashSize || size <= 0 || index < 0 || index >= size {
		return errors.New("the checkpoint cannot be read")
	}
	if !v2 && (size != e.Proof.Size || !bytes.Equal(root, e.Proof.Root)) {
		return errors.New("the proof leads to another checkpoint")
	}
	proof := make(tlog.RecordProof, 0, len(e.Proof.Hashes))
	for _, h := range e.Proof.Hashes {
		if len(h) != tlog.HashSize {
			return errors.New("the proof cannot be read")
		}
		proof = append(proof, tlog.Hash(h))
	}
	if tlog.CheckRecord(proof, size, tlog.Hash(root), index, tlog.RecordHash(e.Body)) != nil {
		return errors.New("the entry is not in the log")
	}
	return nil
}

// A holder gives note.Open the one key of a log. Rekor v1 signs under names of its own.
type holder struct {
	log logKey
	v2  bool
}

func (h holder) Verifier(name string, hash uint32) (note.Verifier, error) {
	if h.v2 && name != h.log.host {
		return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
	}
	var sum [32]byte
	switch k := h.log.key.(type) {
	case *ecdsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(k)
		if err != nil {
			return nil, err
		}
		sum = sha256.Sum256(der)
	case ed25519.PublicKey: // C2SP signed-note: the name, a line break, 0x01, the key
		if !h.v2 {
			der, err := x509.MarshalPKIXPublicKey(k)
			if err != nil {
				return nil, err
			}
			sum = sha256.Sum256(der)
			break
		}
		sum = sha256.Sum256(append([]byte(name+"\n\x01"), k...))
	}
	if binary.BigEndian.Uint32(sum[:4]) != hash {
		return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
	}
	return signer{name, hash, h.log.key}, nil
}

type signer struct {
	name string
	hash uint32
	key  crypto.PublicKey
}

func (s signer) Name() string                  { return s.name }
func (s signer) KeyHash() uint32               { return s.hash }
func (s signer) Verify(message, b []byte) bool { return Signed(s.key, message, b) }

// A body is what the log was given, of the three kinds of Rekor v1 that bundles hold.
type body struct {
	Version string `json:"apiVersion"`
	Kind    string `json:"kind"`
	Spec    struct {
		// dsse 0.0.1
		Payload    digest `json:"payloadHash"`
		Signatures []struct {
			Signature []byte `json:"signature"`
			Verifier  []byte `json:"verifier"` // PEM
		} `json:"signatures"`
		// hashedrekord 0.0.1
		Data struct {
			Hash digest `json:"hash"`
		} `json:"data"`
		Signature struct {
			Content []byte `json:"content"`
			Key     struct {
				Content []byte `json:"content"` // PEM
			} `json:"publicKey"`
		} `json:"signature"`
		// intoto 0.0.2
		Content struct {
			Envelope struct {
				Signatures []struct {
					Sig []byte `json:"sig"`       // base64 once more
					Key []byte `json:"publicKey"` // PEM
				} `json:"signatures"`
			} `json:"envelope"`
			Payload digest `json:"payloadHash"`
		} `json:"content"`
	} `json:"spec"`
}

type digest struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"` // hex
}

func (d digest) is(sum []byte) bool {
	return d.Algorithm == "sha256" && d.Value == hex.EncodeToString(sum)
}

// holds compares what the log was given with what the bundle says: the same signature by
// the same signer over the same bytes.
func (e *entry) holds(b *Bundle, r *Root) error {
	var in body
	if json.Unmarshal(e.Body, &in) != nil || in.Kind != e.Kind.Kind || in.Version != e.Kind.Version {
		return errors.New("the log's entry cannot be read")
	}
	var sig, key, sum []byte
	var is digest
	if b.payload != nil {
		s := sha256.Sum256(b.payload)
		sum = s[:]
	}
	switch one := &in.Spec; in.Kind + " " + in.Version {
	case "dsse 0.0.1":
		if is = one.Payload; len(one.Signatures) == 1 {
			sig, key = one.Signatures[0].Signature, one.Signatures[0].Verifier
		}
	case "intoto 0.0.2":
		if is = one.Content.Payload; len(one.Content.Envelope.Signatures) == 1 {
			sig, _ = base64.StdEncoding.DecodeString(string(one.Content.Envelope.Signatures[0].Sig))
			key = one.Content.Envelope.Signatures[0].Key
		}
	case "hashedrekord 0.0.1":
		is, sig, key, sum = one.Data.Hash, one.Signature.Content, one.Signature.Key.Content, b.digest
	default:
		return unknown{"the log's entry is of a kind that is not known"}
	}
	switch {
	case len(sig) == 0 || !bytes.Equal(sig, b.signature):
		return errors.New("the log holds another signature")
	case len(sum) == 0 || !is.is(sum):
		return errors.New("the log holds a signature over something else")
	case !b.signedBy(key, r):
		return errors.New("the log holds another signer's signature")
	}
	return nil
}

// signedBy reports that a PEM block is the bundle's certificate or key.
func (b *Bundle) signedBy(block []byte, r *Root) bool {
	p, _ := pem.Decode(block)
	if p == nil {
		return false
	}
	if b.leaf != nil {
		return bytes.Equal(p.Bytes, b.leaf.Raw)
	}
	der, err := x509.MarshalPKIXPublicKey(r.keys[b.hint].key)
	return err == nil && bytes.Equal(p.Bytes, der)
}

// holdsV2 builds the entry that Rekor v2 must have been given, and compares it whole.
func (e *entry) holdsV2(b *Bundle, r *Root) error {
	key, kind, raw := crypto.PublicKey(nil), "publicKey", []byte(nil)
	if b.leaf != nil {
		key, kind, raw = b.leaf.PublicKey, "x509Certificate", b.leaf.Raw
	} else if der, err := x509.MarshalPKIXPublicKey(r.keys[b.hint].key); err == nil {
		key, raw = r.keys[b.hint].key, der
	}
	k, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return unknown{"the signer's key is of a kind that is not known"}
	}
	details, hash := "PKIX_ECDSA_P256_SHA_256", "SHA2_256"
	if k.Curve == elliptic.P384() {
		details, hash = "PKIX_ECDSA_P384_SHA_384", "SHA2_384"
	}
	sum := b.digest
	if b.payload != nil {
		if sum, ok = hashFor(k, pae(b.payloadType, b.payload)); !ok {
			return unknown{"the signer's key is of a kind that is not known"}
		}
	}
	b64 := base64.StdEncoding.EncodeToString
	want := fmt.Sprintf(`{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"%s","digest":"%s"},"signature":{"content":"%s","verifier":{"keyDetails":"%s","%s":{"rawBytes":"%s"}}}}}}`,
		hash, b64(sum), b64(b.signature), details, kind, b64(raw))
	if string(e.Body) != want {
		return errors.New("the log holds another entry")
	}
	return nil
}

// pae is what a DSSE signature is over (DSSE version 1, pre-authentication encoding).
func pae(kind string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload)
}

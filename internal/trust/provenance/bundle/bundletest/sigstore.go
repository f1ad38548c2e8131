// Package bundletest is a small Sigstore for tests: an authority, a certificate log, a
// Rekor of each kind and a timestamp authority, all of this process. What it makes
// sigstore-go verifies too.
package bundletest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/mod/sumdb/tlog"
)

// A Sigstore signs as Sigstore does.
type Sigstore struct {
	tb testing.TB

	ca, tsa          *x509.Certificate
	caKey, tsaKey    *ecdsa.PrivateKey
	ctKey, rekorKey  *ecdsa.PrivateKey
	rekor2           ed25519.PrivateKey
	rekor2Public     ed25519.PublicKey
	begin, signingAt time.Time
}

// Claims are what a certificate says.
type Claims struct {
	Identity, Issuer, Builder, Source, Commit, Workflow string
	V2                                                  bool // Rekor v2 and a timestamp, in place of Rekor v1
}

// New is a Sigstore of its own keys.
func New(tb testing.TB) *Sigstore {
	tb.Helper()
	s := &Sigstore{tb: tb, begin: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), signingAt: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	s.caKey, s.tsaKey, s.ctKey, s.rekorKey = s.Key(), s.Key(), s.Key(), s.Key()
	var err error
	s.rekor2Public, s.rekor2, err = ed25519.GenerateKey(rand.Reader)
	s.must(err)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test root"}, NotBefore: s.begin, NotAfter: s.begin.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, SubjectKeyId: []byte{1, 2, 3},
	}
	s.ca = s.cert(root, root, s.caKey.Public(), s.caKey)
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	s.must(err)
	stamper := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test tsa"}, NotBefore: s.begin, NotAfter: s.begin.AddDate(10, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}, // time stamping
	}
	s.tsa = s.cert(stamper, s.ca, s.tsaKey.Public(), s.caKey)
	return s
}

// Key is a fresh key.
func (s *Sigstore) Key() *ecdsa.PrivateKey {
	s.tb.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	s.must(err)
	return k
}

func (s *Sigstore) must(err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Fatal(err)
	}
}

func (s *Sigstore) cert(c, parent *x509.Certificate, pub crypto.PublicKey, by *ecdsa.PrivateKey) *x509.Certificate {
	s.tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, pub, by)
	s.must(err)
	out, err := x509.ParseCertificate(der)
	s.must(err)
	return out
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func (s *Sigstore) spki(k crypto.PublicKey) []byte {
	s.tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(k)
	s.must(err)
	return der
}

func (s *Sigstore) logID(k crypto.PublicKey) []byte {
	sum := sha256.Sum256(s.spki(k))
	return sum[:]
}

type object = map[string]any

// Root is its trusted_root.json.
func (s *Sigstore) Root() []byte {
	s.tb.Helper()
	valid := object{"start": s.begin}
	key := func(host, details string, k crypto.PublicKey) object {
		return object{
			"baseUrl": "https://" + host, "hashAlgorithm": "SHA2_256", "logId": object{"keyId": s.logID(k)},
			"publicKey": object{"rawBytes": s.spki(k), "keyDetails": details, "validFor": valid},
		}
	}
	chain := func(certs ...*x509.Certificate) object {
		all := make([]object, len(certs))
		for i, c := range certs {
			all[i] = object{"rawBytes": c.Raw}
		}
		return object{"certChain": object{"certificates": all}, "validFor": valid, "uri": "https://ca.test", "subject": object{"organization": "test"}}
	}
	out, err := json.Marshal(object{
		"mediaType":              "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		"tlogs":                  []object{key("rekor.test", "PKIX_ECDSA_P256_SHA_256", s.rekorKey.Public()), key("rekor2.test", "PKIX_ED25519", s.rekor2Public)},
		"certificateAuthorities": []object{chain(s.ca)},
		"ctlogs":                 []object{key("ct.test", "PKIX_ECDSA_P256_SHA_256", s.ctKey.Public())},
		"timestampAuthorities":   []object{chain(s.tsa, s.ca)},
	})
	s.must(err)
	return out
}

// leaf is a certificate of ten minutes with the log's promise in it.
func (s *Sigstore) leaf(c Claims, pub crypto.PublicKey) *x509.Certificate {
	s.tb.Helper()
	text := func(n int, v string) pkix.Extension {
		der, err := asn1.MarshalWithParams(v, "utf8")
		s.must(err)
		return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, n}, Value: der}
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(3), NotBefore: s.signingAt.Add(-time.Minute), NotAfter: s.signingAt.Add(9 * time.Minute),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	if id, err := url.Parse(c.Identity); err == nil && id.Scheme != "" {
		t.URIs = []*url.URL{id}
	} else {
		t.EmailAddresses = []string{c.Identity}
	}
	for n, v := range map[int]string{8: c.Issuer, 9: c.Builder, 12: c.Source, 13: c.Commit, 18: c.Workflow} {
		if v != "" {
			t.ExtraExtensions = append(t.ExtraExtensions, text(n, v))
		}
	}
	before := s.cert(t, s.ca, pub, s.caKey) // what the log promises about
	t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: s.sct(before)})
	return s.cert(t, s.ca, pub, s.caKey)
}

// sct is the list of one promise (RFC 6962 section 3.2 and 3.3).
func (s *Sigstore) sct(before *x509.Certificate) []byte {
	s.tb.Helper()
	issued := sha256.Sum256(s.ca.RawSubjectPublicKeyInfo)
	at := binary.BigEndian.AppendUint64(nil, uint64(s.signingAt.UnixMilli())) //nolint:gosec // after 1970
	var signed, list cryptobyte.Builder
	signed.AddBytes(slices.Concat([]byte{0, 0}, at, []byte{0, 1}, issued[:]))
	signed.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(before.RawTBSCertificate) })
	signed.AddUint16(0)
	list.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddBytes(slices.Concat([]byte{0}, s.logID(s.ctKey.Public()), at, []byte{0, 0, 4, 3}))
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(s.sign(s.ctKey, signed.BytesOrPanic())) })
		})
	})
	der, err := asn1.Marshal(list.BytesOrPanic())
	s.must(err)
	return der
}

func (s *Sigstore) sign(k *ecdsa.PrivateKey, message []byte) []byte {
	s.tb.Helper()
	sum := sha256.Sum256(message)
	sig, err := ecdsa.SignASN1(rand.Reader, k, sum[:])
	s.must(err)
	return sig
}

// PAE is what a DSSE signature is over.
func PAE(payload []byte) []byte {
	const kind = "application/vnd.in-toto+json"
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload)
}

// Attest signs a statement with a certificate that says c, and gives the bundle.
func (s *Sigstore) Attest(c Claims, payload []byte) []byte {
	s.tb.Helper()
	k := s.Key()
	leaf := s.leaf(c, k.Public())
	sig := s.sign(k, PAE(payload))
	verifier := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	e := s.entry(payload, sig, verifier)
	material := object{"certificate": object{"rawBytes": leaf.Raw}}
	if c.V2 {
		e = s.entry2(payload, sig, leaf)
		material["timestampVerificationData"] = object{"rfc3161Timestamps": []object{{"signedTimestamp": s.stamp(sig)}}}
	}
	material["tlogEntries"] = []object{e}
	return s.bundle(material, payload, sig)
}

// AttestKey signs a statement with a key that bundles call hint.
func (s *Sigstore) AttestKey(hint string, k *ecdsa.PrivateKey, payload []byte) []byte {
	s.tb.Helper()
	sig := s.sign(k, PAE(payload))
	e := s.entry(payload, sig, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: s.spki(k.Public())}))
	return s.bundle(object{"publicKey": object{"hint": hint}, "tlogEntries": []object{e}}, payload, sig)
}

func (s *Sigstore) bundle(material object, payload, sig []byte) []byte {
	s.tb.Helper()
	out, err := json.Marshal(object{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": material,
		"dsseEnvelope": object{"payload": payload, "payloadType": "application/vnd.in-toto+json", "signatures": []object{{"sig": sig}}},
	})
	s.must(err)
	return out
}

// entry is a line of Rekor v1: kind dsse, with a promise and a proof in a log of one line.
func (s *Sigstore) entry(payload, sig, verifier []byte) object {
	s.tb.Helper()
	sum := sha256.Sum256(payload)
	body := fmt.Appendf(nil, `{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm":"sha256","value":"%x"},"payloadHash":{"algorithm":"sha256","value":"%x"},"signatures":[{"signature":"%s","verifier":"%s"}]}}`,
		sum, sum, b64(sig), b64(verifier))
	return s.line(body, "dsse", "0.0.1")
}

func (s *Sigstore) line(body []byte, kind, version string) object {
	s.tb.Helper()
	id := s.logID(s.rekorKey.Public())
	promised := fmt.Appendf(nil, `{"body":"%s","integratedTime":%d,"logID":"%x","logIndex":0}`, b64(body), s.signingAt.Unix(), id)
	root := tlog.RecordHash(body)
	text := fmt.Sprintf("rekor.test - 1234567\n1\n%s\n", b64(root[:]))
	checkpoint := fmt.Sprintf("%s\n— rekor.test %s\n", text, b64(append(id[:4:4], s.sign(s.rekorKey, []byte(text))...)))
	return object{
		"logIndex": "0", "logId": object{"keyId": id}, "kindVersion": object{"kind": kind, "version": version}, "integratedTime": strconv.FormatInt(s.signingAt.Unix(), 10),
		"inclusionPromise": object{"signedEntryTimestamp": s.sign(s.rekorKey, promised)}, "canonicalizedBody": body,
		"inclusionProof": object{"logIndex": "0", "treeSize": "1", "rootHash": root[:], "hashes": []string{}, "checkpoint": object{"envelope": checkpoint}},
	}
}

// entry2 is a line of Rekor v2, whose checkpoint is a C2SP note, and which signs no time.
func (s *Sigstore) entry2(payload, sig []byte, leaf *x509.Certificate) object {
	s.tb.Helper()
	sum := sha256.Sum256(PAE(payload))
	body := fmt.Appendf(nil, `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"%s"},"signature":{"content":"%s","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","x509Certificate":{"rawBytes":"%s"}}}}}}`,
		b64(sum[:]), b64(sig), b64(leaf.Raw))
	root := tlog.RecordHash(body)
	text := fmt.Sprintf("rekor2.test\n1\n%s\n", b64(root[:]))
	id := sha256.Sum256(append([]byte("rekor2.test\n\x01"), s.rekor2Public...))
	checkpoint := fmt.Sprintf("%s\n— rekor2.test %s\n", text, b64(append(id[:4:4], ed25519.Sign(s.rekor2, []byte(text))...)))
	return object{
		"logIndex": "0", "logId": object{"keyId": s.logID(s.rekor2Public)}, "kindVersion": object{"kind": "hashedrekord", "version": "0.0.2"}, "canonicalizedBody": body,
		"inclusionProof": object{"logIndex": "0", "treeSize": "1", "rootHash": root[:], "hashes": []string{}, "checkpoint": object{"envelope": checkpoint}},
	}
}

func (s *Sigstore) stamp(sig []byte) []byte {
	s.tb.Helper()
	sum := sha256.Sum256(sig)
	t := timestamp.Timestamp{
		HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: s.signingAt, Nonce: big.NewInt(7), Policy: asn1.ObjectIdentifier{1, 2, 3, 4, 1},
		AddTSACertificate: true,
	}
	out, err := t.CreateResponseWithOpts(s.tsa, s.tsaKey, crypto.SHA256)
	s.must(err)
	return out
}

// SignBlob signs a file with a certificate that says c, and gives the bundle, as cosign
// sign-blob does.
func (s *Sigstore) SignBlob(c Claims, blob []byte) []byte {
	s.tb.Helper()
	k := s.Key()
	leaf := s.leaf(c, k.Public())
	sig, sum := s.sign(k, blob), sha256.Sum256(blob)
	out, err := json.Marshal(object{
		"mediaType":            "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": object{"certificate": object{"rawBytes": leaf.Raw}, "tlogEntries": []object{s.blobLine(leaf, blob, sig)}},
		"messageSignature":     object{"messageDigest": object{"algorithm": "SHA2_256", "digest": sum[:]}, "signature": sig},
	})
	s.must(err)
	return out
}

// blobLine is a line of Rekor v1 of the kind hashedrekord.
func (s *Sigstore) blobLine(leaf *x509.Certificate, blob, sig []byte) object {
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	body := fmt.Appendf(nil, `{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"%x"}},"signature":{"content":"%s","publicKey":{"content":"%s"}}}}`, sha256.Sum256(blob), b64(sig), b64(cert))
	return s.line(body, "hashedrekord", "0.0.1")
}

// A Legacy is a keyless signature as cosign 2 stores it beside an image: the certificate as
// PEM, and the line of the log as an annotation.
type Legacy struct {
	Certificate, Bundle string
	Signature           []byte
}

// SignLegacy signs a payload with a certificate that says c.
func (s *Sigstore) SignLegacy(c Claims, payload []byte) Legacy {
	s.tb.Helper()
	k := s.Key()
	leaf := s.leaf(c, k.Public())
	sig := s.sign(k, payload)
	e := s.blobLine(leaf, payload, sig)
	promise, ok := e["inclusionPromise"].(object)
	if !ok {
		s.tb.Fatal("no promise")
	}
	out, err := json.Marshal(object{
		"SignedEntryTimestamp": promise["signedEntryTimestamp"],
		"Payload":              object{"body": e["canonicalizedBody"], "integratedTime": s.signingAt.Unix(), "logIndex": 0, "logID": hex.EncodeToString(s.logID(s.rekorKey.Public()))},
	})
	s.must(err)
	return Legacy{string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})), string(out), sig}
}

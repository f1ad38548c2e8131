package bundle

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// oidSCT is the extension that holds a certificate's promises (RFC 6962 section 3.3).
var oidSCT = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

// promised demands that one certificate log of the root signed leaf, which issuer issued.
func (r *Root) promised(leaf, issuer *x509.Certificate) error {
	list, err := promises(leaf)
	if err != nil {
		return err
	}
	tbs, err := precertificate(leaf)
	if err != nil {
		return err
	}
	known := false
	for len(list) > 0 {
		var one cryptobyte.String
		if !list.ReadUint16LengthPrefixed(&one) {
			return errors.New("the certificate's promises cannot be read")
		}
		signed, id, at, sig, ok := readSCT(one, tbs, issuer)
		if !ok {
			continue
		}
		log, found := r.ct[string(id)]
		if !found || !log.time.holds(at) {
			continue
		}
		known = true
		if Signed(log.key, signed, sig) {
			return nil
		}
	}
	if !known {
		return unknown{"no certificate log that the trusted root knows promises to publish the certificate"}
	}
	return errors.New("the certificate log did not sign this certificate")
}

func promises(leaf *x509.Certificate) (cryptobyte.String, error) {
	for _, e := range leaf.Extensions {
		if !e.Id.Equal(oidSCT) {
			continue
		}
		in, octets, list := cryptobyte.String(e.Value), cryptobyte.String(nil), cryptobyte.String(nil)
		if !in.ReadASN1(&octets, cbasn1.OCTET_STRING) || !in.Empty() || !octets.ReadUint16LengthPrefixed(&list) || !octets.Empty() {
			return nil, errors.New("the certificate's promises cannot be read")
		}
		return list, nil
	}
	return nil, errors.New("no certificate log promises to publish the certificate")
}

// readSCT reads one promise, and builds what it is over (RFC 6962 section 3.2): version,
// type, time, entry type 1, SHA-256 of the issuer's key, the certificate, extensions.
func readSCT(in cryptobyte.String, tbs []byte, issuer *x509.Certificate) (signed, id []byte, at time.Time, sig []byte, ok bool) {
	var version, hash, algorithm uint8
	var ms uint64
	var ext, signature cryptobyte.String
	if !in.ReadUint8(&version) || version != 0 || !in.ReadBytes(&id, 32) || !in.ReadUint64(&ms) || !in.ReadUint16LengthPrefixed(&ext) ||
		!in.ReadUint8(&hash) || !in.ReadUint8(&algorithm) || !in.ReadUint16LengthPrefixed(&signature) || !in.Empty() ||
		hash != 4 || algorithm != 3 || ms > 1<<53 { // SHA-256, ECDSA (RFC 5246 section 7.4.1.4.1)
		return nil, nil, time.Time{}, nil, false
	}
	issued := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	var b cryptobyte.Builder
	b.AddBytes([]byte{0, 0})
	b.AddUint64(ms)
	b.AddBytes(binary.BigEndian.AppendUint16(nil, 1))
	b.AddBytes(issued[:])
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(tbs) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(ext) })
	signed, err := b.Bytes()
	return signed, id, time.UnixMilli(int64(ms)), signature, err == nil
}

// precertificate is the certificate's signed part without its promises: those were made
// over it.
func precertificate(leaf *x509.Certificate) ([]byte, error) {
	in, tbs := cryptobyte.String(leaf.RawTBSCertificate), cryptobyte.String(nil)
	bad := errors.New("the certificate cannot be read")
	if !in.ReadASN1(&tbs, cbasn1.SEQUENCE) {
		return nil, bad
	}
	var b cryptobyte.Builder
	failed := false
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for !tbs.Empty() {
			var element cryptobyte.String
			var tag cbasn1.Tag
			if !tbs.ReadAnyASN1Element(&element, &tag) {
				failed = true
				return
			}
			if tag != cbasn1.Tag(3).ContextSpecific().Constructed() {
				b.AddBytes(element)
				continue
			}
			failed = !withoutPromises(b, element, tag) || failed
		}
	})
	out, err := b.Bytes()
	if err != nil || failed {
		return nil, bad
	}
	return out, nil
}

func withoutPromises(b *cryptobyte.Builder, element cryptobyte.String, tag cbasn1.Tag) bool {
	var wrapped, list cryptobyte.String
	if !element.ReadASN1(&wrapped, tag) || !wrapped.ReadASN1(&list, cbasn1.SEQUENCE) || !wrapped.Empty() {
		return false
	}
	ok := true
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for !list.Empty() {
				var one, inside cryptobyte.String
				var id asn1.ObjectIdentifier
				if !list.ReadASN1Element(&one, cbasn1.SEQUENCE) {
					ok = false
					return
				}
				whole := one
				if !one.ReadASN1(&inside, cbasn1.SEQUENCE) || !inside.ReadASN1ObjectIdentifier(&id) {
					ok = false
					return
				}
				if !id.Equal(oidSCT) {
					b.AddBytes(whole)
				}
			}
		})
	})
	return ok
}

package app

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// SigstoreFile is Sigstore of the trusted root in a file; nil, which believes nobody, where
// path is "".
func SigstoreFile(path string) (signer.VerifyBundle, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // nobody is believed, and that is no fault
	}
	text, err := os.ReadFile(path) //nolint:gosec // the file that was asked for
	if err != nil {
		return nil, err
	}
	root, err := bundle.ParseRoot(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sigstore(root), nil
}

// sigstore verifies, offline, whose bundle it is over a blob of a digest, as cosign
// sign-blob makes it. A key is nobody's identity, and a statement that names the digest
// among its subjects, as a build's provenance does, is not a signature over it.
func sigstore(root *bundle.Root) signer.VerifyBundle {
	if root == nil {
		return nil
	}
	return func(b []byte, d signer.Digest) (issuer, subject string, err error) {
		parsed, err := bundle.Parse(b)
		if err != nil {
			return "", "", err
		}
		s, err := root.Verify(parsed, bundle.Digest{Algorithm: "sha256", Hex: hex.EncodeToString(d[:])})
		switch {
		case err != nil:
			return "", "", err
		case s.Statement != nil:
			return "", "", errors.New("it is an attestation; sign the statement as a file (cosign sign-blob)")
		case s.Identity == "" || s.Issuer == "":
			return "", "", errors.New("a key signed it, and no identity")
		}
		return s.Issuer, s.Identity, nil
	}
}

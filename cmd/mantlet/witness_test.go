package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cosign is what a witness does, by hand (C2SP tlog-cosignature): it puts its cosignature
// under the checkpoint in a file, or none for -, and its key into a variable of its name.
func cosign(ts *testscript.TestScript, _ bool, args []string) {
	file, name := args[0], args[1]
	seed := sha256.Sum256([]byte(name))
	key := ed25519.NewKeyFromSeed(seed[:])
	typed := append([]byte{4}, key.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte(name+"\n"), typed...))
	ts.Setenv(name, fmt.Sprintf("%s+%x+%s", name, id[:4], base64.StdEncoding.EncodeToString(typed)))
	if file == "-" {
		return
	}
	signed, err := os.ReadFile(ts.MkAbs(file))
	ts.Check(err)
	text, _, _ := strings.Cut(string(signed), "\n\n")
	const at = 1_700_000_000
	sig := ed25519.Sign(key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s\n", at, text))
	blob := bytes.Join([][]byte{id[:4], binary.BigEndian.AppendUint64(nil, at), sig}, nil)
	signed = fmt.Appendf(signed, "— %s %s\n", name, base64.StdEncoding.EncodeToString(blob))
	ts.Check(os.WriteFile(ts.MkAbs(file), signed, 0o600))
}

package inspect_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/jws"
)

// signatures believes results that say so.
type signatures struct{}

func (signatures) Verify(_ string, params, result []byte) error {
	switch {
	case !bytes.Contains(result, []byte("signature")):
		return jws.ErrUnsigned
	case bytes.Contains(result, params):
		return nil
	}
	return errors.New("it is forged")
}

func TestSignedResults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		required   bool
		again      bool
		ok         bool
	}{
		{name: "signed", text: `{"signature":"{1}"}`, ok: true},
		{name: "forged", text: `{"signature":"{2}"}`},
		{name: "unsigned", text: `{}`, ok: true},
		{name: "unsigned, and has to be", text: `{}`, required: true},
		{name: "edited here since", text: `{"signature":"{2}"}`, again: true, ok: true},
	} {
		r, err := inspect.New(inspect.Options{Protocol: lenient, Signatures: signatures{}, Signed: c.required})
		if err != nil {
			t.Fatal(err)
		}
		of := result(c.text)
		of.Asked, of.Again = []byte("{1}"), c.again
		if rep, err := r.Inspect(t.Context(), of); err != nil || (rep.Refused == "") != c.ok {
			t.Errorf("%s: %+v, %v", c.name, rep, err)
		}
	}
}

package bundle

import (
	"encoding/hex"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Statement is in-toto's, version 0.1 or 1.
type Statement struct {
	Type      string         `json:"_type"` //nolint:tagliatelle // in-toto's word
	Subjects  []Subject      `json:"subject"`
	Kind      string         `json:"predicateType"`
	Predicate jsontext.Value `json:"predicate"`

	// Named is the subject that is the artifact.
	Named Subject `json:"-"`
}

// A Subject is what a statement is about.
type Subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

const maxSubjects = 1024

// statement reads a signed payload and finds d among its subjects.
func statement(kind string, payload []byte, d Digest) (*Statement, error) {
	if kind != "application/vnd.in-toto+json" {
		return nil, unknown{"what is signed is no in-toto statement"}
	}
	var s Statement
	if json.Unmarshal(payload, &s) != nil || len(s.Subjects) > maxSubjects {
		return nil, errors.New("the statement cannot be read")
	}
	if s.Type != "https://in-toto.io/Statement/v0.1" && s.Type != "https://in-toto.io/Statement/v1" {
		return nil, unknown{"the statement is of a version that is not known"}
	}
	if _, err := hex.DecodeString(d.Hex); err != nil || d.Hex == "" {
		return nil, errors.New("the artifact's digest cannot be read")
	}
	for _, one := range s.Subjects {
		if d.Same(Digest{d.Algorithm, one.Digest[d.Algorithm]}) {
			s.Named = one
			return &s, nil
		}
	}
	return nil, errors.New("the statement is about another artifact")
}

package canary_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/inspect/canary"
)

const value = "decoy-Key/4711?with=marks"

func TestFind(t *testing.T) {
	v, err := canary.New(map[string]string{"key": value, "row": "Ms Nobody, 1 January"})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as it is":         "x " + value + " y",
		"in another case":  strings.ToUpper(value),
		"hexadecimal":      "x" + hex.EncodeToString([]byte(value)),
		"a query":          "https://x/?q=" + url.QueryEscape(value),
		"base64":           base64.StdEncoding.EncodeToString([]byte(value)),
		"base64 of a part": base64.URLEncoding.EncodeToString([]byte("it is: " + value + ", see")),
	} {
		hits := v.Find(nil, []byte(text))
		if len(hits) == 0 || hits[0].Rule != "canary/key" || strings.Contains(hits[0].Words, value) {
			t.Errorf("%s: %+v", name, hits)
		}
	}
	if hits := v.Find(nil, []byte("nothing of it: decoy-Key/4712")); len(hits) > 0 {
		t.Errorf("%+v", hits)
	}
}

func TestShortValuesAreRefused(t *testing.T) {
	if _, err := canary.New(map[string]string{"k": "short"}); err == nil || strings.Contains(err.Error(), "short;") {
		t.Errorf("%v", err)
	}
}

// TestWhereverItStands holds that base64 hides a value at no place and under no neighbours.
func TestWhereverItStands(t *testing.T) {
	v, err := canary.New(map[string]string{"key": value})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.String().Draw(t, "before") + value + rapid.String().Draw(t, "after")
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			if len(v.Find(nil, []byte(e.EncodeToString([]byte(whole))))) == 0 {
				t.Fatalf("%q", whole)
			}
		}
	})
}

package inspect_test

import "github.com/go-json-experiment/json/jsontext"

// valid is what package wire asks of a message.
func valid(s string) bool { return jsontext.Value(s).IsValid() }

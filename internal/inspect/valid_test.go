package inspect_test

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// valid is what package wire asks of a message.
func valid(s string) bool { return jsontext.Value(s).IsValid() }

// lenient is for tests whose messages are of no protocol.
var lenient = inspect.ProtocolActions{In: inspect.Off, Back: inspect.Off, From: finding.High}

// Package inspect finds what should not pass, in either direction, and proposes
// the edit.
//
// The question: is the content safe? The threats: injection in results and
// descriptions (H01, H05, H08), exfiltration (E03), secrets (I04, I06), malformed
// arguments. The controls: C003,
// C005-C006, C047-C059. It trusts no content. When it breaks, the message is refused.
//
// This is the room's door and its named stand-in; the detectors come with a
// later part.
package inspect

import (
	"context"

	"github.com/mantlet-mcp/mantlet"
)

// A Content is one message, or the part of it that carries content. Text aliases
// the message and is never written to.
type Content struct {
	Back   bool   // from the server to the caller; false is the way in
	Method string // the method that it is, or that it answers
	Target mantlet.Target
	Text   []byte
}

// A Finding is something that should not pass.
type Finding struct {
	Detector   string
	Start, End int // in Text
	Block      bool
}

// A Cut replaces Text[Start:End] with With.
type Cut struct {
	Start, End int
	With       []byte
}

// A Report is what an inspection found. The zero Report found nothing.
type Report struct {
	Findings []Finding
	Facts    []string // for policy: what is now known of the content
	Cuts     []Cut    // the edit it proposes, in order, not overlapping
}

// Nothing is the inspection room switched off: all content passes as it is.
// `mantlet check` names it, and `mantlet serve` prints it.
type Nothing struct{}

// Inspect finds nothing.
func (Nothing) Inspect(context.Context, Content) (Report, error) { return Report{}, nil }

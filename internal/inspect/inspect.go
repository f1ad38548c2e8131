// Package inspect finds what should not pass, in either direction, and proposes
// the edit.
//
// The question: is the content safe? The threats: injection in results and
// descriptions (H01, H05, H08), exfiltration (E03), arguments that are code for what is
// behind a server (G-01 to G-07), secrets (I04, I06), malformed and costly messages (B06,
// B07). The controls: C003, C005-C006, C027-C029, C033, C047-C059, C081, C100. It trusts
// no content. When it breaks, the message is refused.
//
// A Room walks each message once, text by text (package leaf). What a tool is called with
// and what it answers is held against the schema that it was approved with (package
// schema). Each text is shown to a table of detectors, each a package of its own that knows
// texts and nothing else; what follows from a hit is one line of the configuration: note it
// as a fact for policy, mask it, strip it, or refuse the message. What was cut is judged
// again by the corridor.
//
// Detection is a layer and carries no promise: pins, policy, flow labels and the sandbox do.
// How much of what it finds is measured by `make eval` and stands in docs/detection.md.
//
// Nothing is the room switched off, by name.
package inspect

import (
	"context"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// A Content is one message, or the part of it that carries content. Text aliases
// the message and is never written to.
type Content struct {
	Back     bool   // from the server to the caller; false is the way in
	Kind     Kind   // of the message
	Method   string // the method that it is, or that it answers
	Target   mantlet.Target
	Digest   [32]byte             // of the target's approved definition; zero where there is none
	Modern   bool                 // the caller speaks 2026-07-28 or later
	Again    bool                 // it was inspected, edited, and is looked at once more
	Vetted   bool                 // its definitions are those that were approved, and were looked at then
	Bound    mantlet.Conversation // what reversible tokens belong to, beside the target's server
	Stream   *Window              // what the same stream has said before; nil where it is the only message
	Restored []Restored           // what an earlier look has put back in this message, or in the request that it answers
	Text     []byte
	Asked    []byte // of a result: the params of the request that it answers; with Restored, of all that answers it
	Value    []byte // the arguments of a call, or the structured content that answers it; nil where there are none
}

// A Kind is what sort of message a content is.
type Kind uint8

// The kinds of messages.
const (
	Request Kind = iota + 1
	Notification
	Result
	Error
)

// A Finding is something that should not pass, or that policy should know.
type Finding struct {
	Rule     string // of a detector: "secret/github-token"
	Severity finding.Severity
	At       string // JSON pointer (RFC 6901) into the content
	Action   Action // what follows from it
	Words    string // for the record and for people; holds nothing of the content
}

// A Cut replaces Text[Start:End] with With.
type Cut struct {
	Start, End int
	With       []byte
}

// A Restored is a text of a message that a look has put back in place of its token.
type Restored struct {
	At    string // JSON pointer into the content
	Class string // the fact of the row that found it on its way back
}

// A Report is what an inspection found. The zero Report found nothing.
type Report struct {
	Findings []Finding
	Facts    []string   // for policy: what is now known of the content
	Cuts     []Cut      // the edit it proposes, in order, not overlapping
	Restored []Restored // what the edit puts back; the next look has to be told
	Refused  string     // why the message may not pass, for its sender; "" where it may
}

// Nothing is the inspection room switched off: all content passes as it is.
// `mantlet check` names it, and `mantlet serve` prints it.
type Nothing struct{}

// Inspect finds nothing.
func (Nothing) Inspect(context.Context, Content) (Report, error) { return Report{}, nil }

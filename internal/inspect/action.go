package inspect

import (
	"fmt"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// An Action is what follows from a hit. The zero Action is none that anybody chose, and
// refuses like Block.
type Action uint8

// The actions, from the mildest on. Strip takes the bytes away, Mask puts a word in their
// place that says what stood there, Tokenise a token that Options.Tokens gives the value back
// for.
const (
	Off  Action = iota + 1 // it is not looked for
	Note                   // policy learns of it, and the record
	Strip
	Mask
	Tokenise // on the way back alone
	Block
)

var actions = [...]string{"none", "off", "note", "strip", "mask", "tokenise", "block"}

// String is the action's name.
func (a Action) String() string {
	if int(a) < len(actions) {
		return actions[a]
	}
	return actions[0]
}

// ParseAction reads an action's name.
func ParseAction(s string) (Action, error) {
	for i, name := range actions[1:] {
		if s == name {
			return Action(i + 1), nil //nolint:gosec // there are six
		}
	}
	return 0, fmt.Errorf("%q is no action; use off, note, strip, mask, tokenise or block", s)
}

// A Surface is where a text will be read, and by whom.
type Surface uint16

// The surfaces. Those on the way in are read by a server, those on the way back by a model
// or a person.
const (
	Argument    Surface = 1 << iota // what a tool, prompt or resource is asked with
	Answer                          // what a client answers to a server's question
	Inward                          // all else that goes to a server
	Data                            // results of tools, resources and prompts
	Description                     // what a server says of itself and of what it offers
	Question                        // what a server asks for: sampling, elicitation
	Remark                          // logs, progress, errors
)

// In and Back are all surfaces of one direction.
const (
	In   = Argument | Answer | Inward
	Back = Data | Description | Question | Remark
)

// A Detector finds things in one text: it adds its hits to dst. It is asked by many
// goroutines at once, keeps nothing of text, and costs no more than in proportion to it.
type Detector interface {
	Find(dst []finding.Hit, text []byte) []finding.Hit
}

// A Namer is a Detector that is also shown the name of the member that a text is the value of.
type Namer interface {
	Named(dst []finding.Hit, member string, text []byte) []finding.Hit
}

// A Row is one line of what a Room looks for. Hits below From are noted, whatever Do says.
type Row struct {
	Fact     string // what policy calls it: "secret", "injection"
	Detector Detector
	On       Surface // where it looks
	Do       Action
	From     finding.Severity
	Private  bool // what it finds is shown to no judge outside of this program
	Returned bool // what a grant has put back passes it, and is noted
}

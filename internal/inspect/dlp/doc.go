// Package dlp is what must not leave, in arguments or in results: secrets, personal data, the
// words and the records that an organisation has named.
//
// The question: may this text go where it is sent? The threats: data that leaves in calls
// (E03), a secret as a tool's argument (I04), keys and personal data in results (I06). The
// controls: C056, C057, C100. Secrets and Personal know forms (packages secret and
// personal); Custom knows words; EDM knows the keyed hashes of an organisation's own records
// (package exact), and not the records. What is found may be replaced by a token that only
// the server it came from gets back as the value (package token).
//
// Each is a detector of texts and decides nothing. It trusts no text, keeps none, names none
// in what it says, and takes time in proportion to the text. When it breaks, the room refuses
// the message.
package dlp

import (
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/exact"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/personal"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/secret"
)

// Reach is how many bytes of what was said before have to be read again with what follows, so
// that nothing that is split is missed.
const Reach = max(secret.Reach, personal.Reach, exact.Reach)

// Secrets finds keys, tokens and passwords; NewSecrets makes it.
type Secrets = secret.Detector

// NewSecrets makes the formats of secrets ready.
func NewSecrets() *Secrets { return secret.New() }

// Personal finds what tells of one person. Its zero value is ready.
type Personal = personal.Detector

// EDM finds the records whose fingerprints a file holds; exact.Open makes it.
type EDM = exact.Detector

package wire

import "slices"

// A Revision is a published revision of MCP, by its date.
type Revision string

// The five revisions. Those before 2026-07-28 are called legacy, it and what
// follows modern (2026-07-28, basic/versioning).
const (
	Rev20241105 Revision = "2024-11-05"
	Rev20250326 Revision = "2025-03-26"
	Rev20250618 Revision = "2025-06-18"
	Rev20251125 Revision = "2025-11-25"
	Rev20260728 Revision = "2026-07-28"
)

// Revisions are all that are known, oldest first. Handles seal a revision as its
// place in this list: append, never insert.
var Revisions = []Revision{Rev20241105, Rev20250326, Rev20250618, Rev20251125, Rev20260728}

// Known reports whether r is one of Revisions.
func (r Revision) Known() bool { return slices.Contains(Revisions, r) }

// Modern reports whether r is a known revision that describes each request by
// itself, without handshake or session.
func (r Revision) Modern() bool { return r == Rev20260728 }

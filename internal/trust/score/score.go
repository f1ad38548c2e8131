// Package score says how much there is to say for a server, as a number from 0 to 100 whose
// every point can be traced.
//
// The question: what is known in favour of this server, and what would change that? The
// threats: a server that is approved because nobody asked (H03, H09, F09). The controls:
// C023, C030. It trusts its inputs, each of which something else has observed; what is not
// known counts as nothing, and never for it. When it breaks, the score is 0.
//
// The score is the sum of twelve terms, each a value from 0 to 1 times its weight, and then
// the least of the caps that apply. Age alone earns little, bad news ends most of it at
// once, and time heals by halves.
//
//	term             weight  value
//	provenance           14  1 verified; 0 unknown or failed
//	registry signature    6  1 verified; 0 unknown or failed
//	evidence             12  items satisfied / required; 0 where none is required
//	signatures           12  given / required; 0 where none is required
//	vulnerabilities      16  0.5^(4 critical + 1.5 high + 1.5 unrated + 0.35 medium + 0.1 low); 0 unknown
//	scan                 10  as vulnerabilities, of the scan's findings; 0 not scanned
//	declared              6  1/4 owner + 1/4 purpose + 1/10 for each of the manifest's five parts
//	age                   4  1 - 0.5^(days since first seen / 30)
//	stability             8  (1 - 0.5^(days since the last material change / 30)) * 0.5^(changes in 180 days / 4)
//	quarantines           4  1 - (1 - 0.5^n) * 0.5^(days since the last / 90); 0 never seen
//	effects               4  tier 1: 1, 2: 2/3, 3: 1/3, 4 or unknown: 0
//	identity              4  1 exact launch or pinned TLS key; 1/2 a CA vouches; 0 floating or unknown
//
//	cap                          at most
//	provenance failed                 30
//	look-alike unresolved             40
//	a critical vulnerability          40
//	a critical finding of the scan    40
//	registry signature failed         40
//	recertification overdue           60
//	launched by a floating version    60
//	a high vulnerability              65
//	a high finding of the scan        65
//	nobody looked for look-alikes     70
//	no date of recertification        80
//
// Half-lives: 30 days for age and stability, 90 days for quarantines, a half for each four
// changes. The weights are a judgement, not a measurement; Sensitivity shows what hangs on
// each.
package score

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// An Answer is what is known of a yes-or-no question. The zero value is that nobody knows.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota
	Bad
	Good
)

// A Share is how many of those that were asked for are there.
type Share struct{ Have, Of int }

// Counts are findings by severity. Known says that somebody looked.
type Counts struct {
	Known                                bool
	Critical, High, Medium, Low, Unrated int
}

// An Identity is how a server is known to be the same one.
type Identity uint8

// The identities.
const (
	Nameless Identity = iota // unknown
	Floating                 // what is newest at the start runs
	Vouched                  // over TLS, by any CA
	Pinned                   // an exact launch, a pinned key, a SPIFFE id
)

// Inputs are what was observed of a server or tool. The zero value is that nothing was.
type Inputs struct {
	Provenance        Answer
	RegistrySignature Answer
	Evidence          Share // items of the tier's list
	Signatures        Share // of the roles
	Vulnerabilities   Counts
	Scan              Counts
	Owner, Purpose    bool
	Manifest          int       // of its five parts, how many are there
	FirstSeen         time.Time // zero: never
	LastChange        time.Time // the last material one; zero: none since FirstSeen
	Changes           int       // material ones in 180 days
	Quarantines       int
	LastQuarantine    time.Time
	Tier              int // of effects and data, 1 to 4; 0 unknown
	Identity          Identity
	Distinct          Answer    // Good: looks like no other; Bad: an unresolved look-alike
	Recertify         time.Time // by when; zero: nobody set a date
}

// A Term is one row of the sum.
type Term struct {
	Name   string
	Value  float64 // 0 to 1
	Weight int
	Points float64 // Value * Weight
	Why    string  // fit for a terminal
}

// A Cap is a reason for which the score is no higher.
type Cap struct {
	Most int
	Why  string
}

// A Score is the number and all that made it.
type Score struct {
	Points int     // 0 to 100
	Sum    float64 // before the caps
	Terms  []Term  // in the order of the table
	Caps   []Cap   // those that apply, the lowest first
}

const day = 24 * time.Hour

// The half-lives.
const (
	halfAge        = 30 * day
	halfStability  = 30 * day
	halfQuarantine = 90 * day
	halfChanges    = 4 // changes
)

// Of is the score at a time.
func Of(in Inputs, now time.Time) Score {
	s := Score{Caps: caps(&in, now)}
	for _, t := range terms {
		value, why := t.value(&in, now)
		if !(value >= 0) { // NaN, too
			value = 0
		}
		value = min(value, 1)
		points := value * float64(t.weight)
		s.Terms = append(s.Terms, Term{t.name, value, t.weight, points, why})
		s.Sum += points
	}
	s.Points = min(int(s.Sum+1e-9), 100) // 74.999... is 75, and no more than that
	if len(s.Caps) > 0 {
		s.Points = min(s.Points, s.Caps[0].Most)
	}
	return s
}

// terms are the table of the package's comment.
var terms = []struct {
	name   string
	weight int
	value  func(in *Inputs, now time.Time) (float64, string)
}{
	{"provenance", 14, func(in *Inputs, _ time.Time) (float64, string) { return answer(in.Provenance) }},
	{"registry signature", 6, func(in *Inputs, _ time.Time) (float64, string) { return answer(in.RegistrySignature) }},
	{"evidence", 12, func(in *Inputs, _ time.Time) (float64, string) { return in.Evidence.value("satisfied") }},
	{"signatures", 12, func(in *Inputs, _ time.Time) (float64, string) { return in.Signatures.value("given") }},
	{"vulnerabilities", 16, func(in *Inputs, _ time.Time) (float64, string) { return in.Vulnerabilities.value() }},
	{"scan", 10, func(in *Inputs, _ time.Time) (float64, string) { return in.Scan.value() }},
	{"declared", 6, declared},
	{"age", 4, age},
	{"stability", 8, stability},
	{"quarantines", 4, quarantines},
	{"effects", 4, effects},
	{"identity", 4, identity},
}

func answer(a Answer) (float64, string) {
	switch a {
	case Good:
		return 1, "verified"
	case Bad:
		return 0, "failed"
	default:
		return 0, "unknown"
	}
}

func (s Share) value(done string) (float64, string) {
	if s.Of <= 0 || s.Have < 0 {
		return 0, "none is asked for"
	}
	return float64(min(s.Have, s.Of)) / float64(s.Of), fmt.Sprintf("%d of %d %s", s.Have, s.Of, done)
}

func (c Counts) value() (float64, string) {
	if !c.Known || min(c.Critical, c.High, c.Medium, c.Low, c.Unrated) < 0 {
		return 0, "unknown"
	}
	weight := 4*float64(c.Critical) + 1.5*float64(c.High) + 1.5*float64(c.Unrated) + 0.35*float64(c.Medium) + 0.1*float64(c.Low)
	if weight == 0 {
		return 1, "none"
	}
	return math.Exp2(-weight), fmt.Sprintf("%d critical, %d high, %d medium, %d low, %d unrated", c.Critical, c.High, c.Medium, c.Low, c.Unrated)
}

func declared(in *Inputs, _ time.Time) (float64, string) {
	parts := max(0, min(in.Manifest, 5))
	value := float64(parts) / 10
	why := fmt.Sprintf("%d of 5 parts", parts)
	if in.Owner {
		value += 0.25
	} else {
		why += ", no owner"
	}
	if in.Purpose {
		value += 0.25
	} else {
		why += ", no purpose"
	}
	return value, why
}

// fade is 0.5^(time since t / half), 1 where t is not yet.
func fade(t, now time.Time, half time.Duration) float64 {
	return math.Exp2(-float64(max(0, now.Sub(t))) / float64(half))
}

func age(in *Inputs, now time.Time) (float64, string) {
	if in.FirstSeen.IsZero() {
		return 0, "never seen"
	}
	return 1 - fade(in.FirstSeen, now, halfAge), "first seen " + since(in.FirstSeen, now)
}

// stability counts from the first sight where nothing has changed, and from there too where
// a change is said to be older than that.
func stability(in *Inputs, now time.Time) (float64, string) {
	if in.FirstSeen.IsZero() || in.Changes < 0 {
		return 0, "never seen"
	}
	last, why := in.FirstSeen, "unchanged since it was seen"
	if in.LastChange.After(last) {
		last, why = in.LastChange, "changed "+since(in.LastChange, now)
	}
	if in.Changes > 0 {
		why += fmt.Sprintf(", %d in 180 days", in.Changes)
	}
	return (1 - fade(last, now, halfStability)) * math.Exp2(-float64(in.Changes)/halfChanges), why
}

func quarantines(in *Inputs, now time.Time) (float64, string) {
	switch {
	case in.FirstSeen.IsZero() || in.Quarantines < 0:
		return 0, "never seen"
	case in.Quarantines == 0:
		return 1, "none"
	}
	heal := 1.0 // the time of the last is not known
	why := strconv.Itoa(in.Quarantines)
	if !in.LastQuarantine.IsZero() {
		heal = fade(in.LastQuarantine, now, halfQuarantine)
		why += ", the last " + since(in.LastQuarantine, now)
	}
	return 1 - (1-math.Exp2(-float64(in.Quarantines)))*heal, why
}

func effects(in *Inputs, _ time.Time) (float64, string) {
	if in.Tier < 1 || in.Tier > 4 {
		return 0, "unknown"
	}
	return float64(4-in.Tier) / 3, fmt.Sprintf("tier %d", in.Tier)
}

func identity(in *Inputs, _ time.Time) (float64, string) {
	switch in.Identity {
	case Pinned:
		return 1, "pinned"
	case Vouched:
		return 0.5, "any CA vouches for it"
	case Floating:
		return 0, "launched by a floating version"
	default:
		return 0, "unknown"
	}
}

// since is how long ago t was, in whole days.
func since(t, now time.Time) string {
	switch n := int(now.Sub(t) / day); {
	case n < 1:
		return "today"
	case n == 1:
		return "a day ago"
	default:
		return fmt.Sprintf("%d days ago", n)
	}
}

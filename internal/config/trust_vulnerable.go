package config

import (
	"fmt"
	"slices"
	"time"
)

// Vulnerable is what a known vulnerability does to the server that it is in, by how bad it
// is: "quarantine" (its calls are refused until somebody has decided), "warn" (it is logged
// and shown) or "pass" (it is shown). No severity gets less than the one below it.
// insecure.vulnerableAllowed stops nothing, whatever stands here.
type Vulnerable struct {
	// Critical is what a critical one does. Default: quarantine.
	Critical string `yaml:"critical"`
	// High is what a high one does. Default: quarantine.
	High string `yaml:"high"`
	// Medium is what a medium one does. Default: warn.
	Medium string `yaml:"medium"`
	// Low is what a low one does. Default: pass.
	Low string `yaml:"low"`
	// Unrated is what one does that nobody has rated. Default: warn.
	Unrated string `yaml:"unrated"`
	// MaxAge is how old the newest advisory about npm, PyPI and so on may be: older data say
	// nothing. Default: 336h.
	MaxAge Duration `yaml:"maxAge,omitempty"`
	// Ignore are vulnerabilities that somebody decided to live with.
	Ignore []IgnoredHole `yaml:"ignore"`
}

// An IgnoredHole counts for nothing until a day, for a reason.
type IgnoredHole struct {
	// ID is the advisory's, or one of its aliases, such as CVE-2026-1234.
	ID string `yaml:"id"`
	// Until is the last day, such as 2027-03-31, in UTC.
	Until string `yaml:"until"`
	// Why is the reason, for those who read it later.
	Why string `yaml:"why"`
}

// End is the moment at which i ends; zero where Until is no day.
func (i *IgnoredHole) End() time.Time {
	day, err := time.Parse(time.DateOnly, i.Until)
	if err != nil {
		return time.Time{}
	}
	return day.AddDate(0, 0, 1)
}

// The actions, the least first.
var holeActions = []string{"pass", "warn", "quarantine"}

func (v *Vulnerable) fill() {
	or(&v.Critical, "quarantine")
	or(&v.High, "quarantine")
	or(&v.Medium, "warn")
	or(&v.Low, "pass")
	or(&v.Unrated, "warn")
	or(&v.MaxAge, Duration(14*24*time.Hour))
}

func (c *checker) vulnerable(t *Trust) {
	const at = "trust.vulnerable"
	v, below := &t.Vulnerable, 0
	for _, one := range []struct{ name, does string }{
		{"low", v.Low}, {"medium", v.Medium}, {"high", v.High}, {"critical", v.Critical},
	} {
		path, action := at+"."+one.name, slices.Index(holeActions, one.does)
		switch {
		case action < 0:
			c.add(path, "%q is none of quarantine, warn and pass", one.does)
		case action < below:
			c.add(path, "%s is less than what a lesser one gets (%s); write %s, or less for those below", one.does, holeActions[below], holeActions[below])
		}
		below = max(below, action)
	}
	if !slices.Contains(holeActions, v.Unrated) {
		c.add(at+".unrated", "%q is none of quarantine, warn and pass", v.Unrated)
	}
	for i := range v.Ignore {
		if one := &v.Ignore[i]; one.ID == "" || one.Why == "" || one.End().IsZero() {
			c.add(fmt.Sprintf("%s.ignore[%d]", at, i), "names an advisory (id), a last day such as 2027-03-31 (until), and a reason (why); without one of them it would count for nothing")
		}
	}
}

// lessened says what is let through that is not by default; "" for nothing.
func (v *Vulnerable) lessened() string {
	if v.Critical == "quarantine" && v.High == "quarantine" {
		return ""
	}
	return fmt.Sprintf("KNOWN VULNERABILITIES stop less than usual (trust.vulnerable): critical ones %s, high ones %s", said(v.Critical), said(v.High))
}

func said(action string) string {
	return map[string]string{"quarantine": "are quarantined", "warn": "are only logged", "pass": "are let through"}[action]
}

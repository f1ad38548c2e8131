package score

import (
	"slices"
	"time"
)

// caps are those that apply, the lowest first.
func caps(in *Inputs, now time.Time) []Cap {
	var out []Cap
	for _, c := range []struct {
		is   bool
		most int
		why  string
	}{
		{in.Provenance == Bad, 30, "its provenance failed"},
		{in.Distinct == Bad, 40, "it looks like another, and nobody resolved that"},
		{in.Vulnerabilities.Critical > 0, 40, "a critical vulnerability is known"},
		{in.Scan.Critical > 0, 40, "the scan has a critical finding"},
		{in.RegistrySignature == Bad, 40, "the registry's signature failed"},
		{!in.Recertify.IsZero() && !now.Before(in.Recertify), 60, "its recertification is overdue"},
		{in.Identity == Floating, 60, "it is launched by a floating version"},
		{in.Vulnerabilities.High > 0, 65, "a high vulnerability is known"},
		{in.Scan.High > 0, 65, "the scan has a high finding"},
		{in.Distinct != Good && in.Distinct != Bad, 70, "nobody looked for look-alikes"},
		{in.Recertify.IsZero(), 80, "no date of recertification is set"},
	} {
		if c.is {
			out = append(out, Cap{c.most, c.why})
		}
	}
	slices.SortStableFunc(out, func(a, b Cap) int { return a.Most - b.Most })
	return out
}

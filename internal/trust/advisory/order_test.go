package advisory

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ascending are versions, each below the next; those in one row, parted by spaces, are
// equal. They are the examples of the specifications, and what their words say.
var ascending = map[string][]string{
	// semver.org 11.4 and 11.2
	"npm": {"0.0.0-0", "0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0 v1.0.0 1.0.0+build 1", "2.0.0", "2.1.0", "2.1.1", "10.0.0", "99999999999999999999999.0.0"},
	// PEP 440, "Summary of permitted suffixes and relative ordering", "Local version
	// identifiers", "Normalization"
	"PyPI": {
		"1.dev0", "1.0.dev456 1.0-DEV456", "1.0a1 1.0.alpha1 1.0-a.1 1.0_ALPHA_1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1 1.0c1 1.0-pre1 1.0.preview1",
		"1.0 1 1.0.0 v1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0.post456.dev34", "1.0.post456 1.0-456 1.0.rev456 1.0-r456", "1.0.15", "1.1.dev1", "1.1", "1!0.5",
	},
	// Maven's POM reference
	"Maven": {"1-alpha-1 1-a1 1.0.0-alpha1", "1-beta", "1-milestone", "1-rc 1-cr", "1-snapshot 1.0-SNAPSHOT", "1 1.0 1.0.0 1.ga 1-ga 1-0 1. 1.final 1-release", "1-ga.1", "1-sp", "1-sp-1", "1-sp.1", "1-bar", "1.foo 1-foo 1.0.0-foo.0.0", "1-foo2 1-foo-2", "1-foo10", "1-0.1", "1-1 1-ga-1", "1.0.1", "1.1"},
	// Gem::Version's documentation
	"RubyGems": {"0.9", "1.0.a", "1.0.a.2 1.a.2", "1.0.a10", "1.0.b1", "1.0-1 1.0.pre.1 1.pre.1", "1.0.rc1", "1.0 1 1.0.0", "1.0.1", "1.1.a", "1.1", "1.10"},
	// NuGet's "Package versioning"
	"NuGet": {"1.0.0-alpha 1.0.0-ALPHA", "1.0.0-alpha.2", "1.0.0-alpha.10", "1.0.0-beta", "1.0.0 1.0 1 1.0.0.0 1.0.00.0+x", "1.0.0.1", "1.0.1.0", "1.0.1.1", "1.2"},
	// Debian policy 5.6.12
	"Debian": {"1.0~~", "1.0~~a", "1.0~", "1.0 1.0-0 0:1.0", "1.0a", "1.0+b", "1.0.1-1", "1.0.1-1+deb12u1", "1.0.1-1+deb12u2", "1.0.1-2", "1.2", "1.10", "1:0.5"},
	// apk-package(5)
	"Alpine": {"1.2_alpha", "1.2_alpha2", "1.2_beta", "1.2_pre1", "1.2_rc1", "1.2 1.2-r0", "1.2-r1", "1.2-r10", "1.2_p1", "1.2_p2-r1", "1.2.0", "1.2.3", "1.2.10", "1.2.10a", "1.2.10b", "1.10", "2"},
}

func TestAscending(t *testing.T) {
	for eco, rows := range ascending {
		cmp := orders[eco]
		for i, row := range rows {
			for j, other := range rows {
				for a := range strings.FieldsSeq(row) {
					for b := range strings.FieldsSeq(other) {
						if c, ok := cmp(a, b); !ok || c != sign(i-j) {
							t.Errorf("%s: %s against %s is %d %v, want %d", eco, a, b, c, ok, sign(i-j))
						}
					}
				}
			}
		}
	}
}

func TestNoVersion(t *testing.T) {
	for eco, all := range map[string]string{
		"npm": "x 1.x 1.0.0.0 1..0 1.0.0- 1.0.0-a..b 1.0.0-ü latest ^1.0.0", "PyPI": "x 1.0.x 1.0-foo 1.0+ü !1", "RubyGems": "x 1..0 1.0_a", "NuGet": "1.0.0.0.0 x",
		"Debian": "x a:1 1_0 -1", "Alpine": "x 1.2_foo 1.2-1 1.2ab", "Maven": "ü",
	} {
		for v := range strings.FieldsSeq(all + " \x00") {
			if c, ok := orders[eco](v, v); ok {
				t.Errorf("%s: %q is taken for a version (%d)", eco, v, c)
			}
		}
		if _, ok := orders[eco]("", "1"); ok {
			t.Errorf("%s: nothing is taken for a version", eco)
		}
	}
}

// Every order is one: reflexive, antisymmetric, transitive, whatever the versions.
func TestOrders(t *testing.T) {
	for eco, cmp := range orders {
		t.Run(eco, func(t *testing.T) {
			version := versions(eco)
			rapid.Check(t, func(t *rapid.T) {
				a, b, c := version.Draw(t, "a"), version.Draw(t, "b"), version.Draw(t, "c")
				ab, ok := cmp(a, b)
				ba, _ := cmp(b, a)
				bc, ok2 := cmp(b, c)
				ac, ok3 := cmp(a, c)
				if !ok || !ok2 || !ok3 {
					t.Skip() // a draw that is no version: rapid draws another
				}
				if aa, _ := cmp(a, a); aa != 0 || ab != -ba {
					t.Fatalf("%q %q: %d, %d", a, b, ab, ba)
				}
				if ab <= 0 && bc <= 0 && ac > 0 || ab == 0 && ac != bc {
					t.Fatalf("%q %q %q: %d %d %d", a, b, c, ab, bc, ac)
				}
			})
		})
	}
}

// versions draws from the parts of the table's own versions, so that most are versions.
func versions(eco string) *rapid.Generator[string] {
	table, ok := ascending[eco]
	if !ok {
		table = ascending["npm"]
	}
	if eco == "Ubuntu" {
		table = ascending["Debian"]
	}
	whole := rapid.SampledFrom(strings.Fields(strings.Join(table, " ")))
	return rapid.Custom(func(t *rapid.T) string {
		s := whole.Draw(t, "whole")
		if rapid.Bool().Draw(t, "as it is") {
			return s
		}
		tail := whole.Draw(t, "tail")
		return s[:rapid.IntRange(1, len(s)).Draw(t, "to")] + tail[rapid.IntRange(0, len(tail)-1).Draw(t, "from"):]
	})
}

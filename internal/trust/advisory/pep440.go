package advisory

import (
	"regexp"
	"strings"
)

// A Python version (PEP 440): epoch, release, and what stands around a release. Of what is
// missing, a developmental release is below, a pre-release below, a post-release above.
type python struct {
	epoch   string
	release []string
	pre     string // "a", "b", "rc"; see phase
	preN    string
	post    string // digits
	dev     string
	local   []string
	hasPost bool
	hasDev  bool
}

var pep440 = by(parsePython, comparePython)

// pythonForm is the permissive form of the PEP's appendix B, written by its parts.
var pythonForm = regexp.MustCompile(`^v?(?:(\d+)!)?(\d+(?:\.\d+)*)` +
	`(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?` +
	`(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?` +
	`(?:[-_.]?(dev)[-_.]?(\d*))?` +
	`(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$`)

var phases = map[string]string{"alpha": "a", "a": "a", "beta": "b", "b": "b", "preview": "rc", "pre": "rc", "c": "rc", "rc": "rc"}

func parsePython(s string) (python, bool) {
	m := pythonForm.FindStringSubmatch(strings.ToLower(strings.TrimSpace(s)))
	if m == nil {
		return python{}, false
	}
	v := python{
		epoch: m[1], release: strings.Split(m[2], "."), pre: phases[m[3]], preN: m[4],
		post: m[5] + m[7], hasPost: m[5] != "" || m[6] != "", dev: m[9], hasDev: m[8] != "",
	}
	if m[10] != "" {
		v.local = strings.FieldsFunc(m[10], func(r rune) bool { return r == '.' || r == '-' || r == '_' })
	}
	return v, true
}

func comparePython(a, b python) int {
	for _, c := range []int{
		numeric(a.epoch, b.epoch),
		numbers(a.release, b.release),
		sign(a.phase() - b.phase()),
		numeric(a.preN, b.preN),
		bools(a.hasPost, b.hasPost),
		numeric(a.post, b.post),
		bools(b.hasDev, a.hasDev),
		numeric(a.dev, b.dev),
	} {
		if c != 0 {
			return c
		}
	}
	return locals(a.local, b.local)
}

// phase is where v stands around its release: 1.dev0 < 1a < 1b < 1rc < 1 = 1.post0's.
func (v python) phase() int {
	switch {
	case v.pre == "" && !v.hasPost && v.hasDev:
		return 0
	case v.pre == "a":
		return 1
	case v.pre == "b":
		return 2
	case v.pre == "rc":
		return 3
	}
	return 4
}

func bools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// locals compares what follows "+": words below numbers, the longer above its own head.
func locals(a, b []string) int {
	for i := range min(len(a), len(b)) {
		x, y := digits(a[i]), digits(b[i])
		c := bools(x, y)
		switch {
		case x && y:
			c = numeric(a[i], b[i])
		case !x && !y:
			c = strings.Compare(a[i], b[i])
		}
		if c != 0 {
			return c
		}
	}
	return sign(len(a) - len(b))
}

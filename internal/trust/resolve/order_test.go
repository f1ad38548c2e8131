package resolve

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/test/peers"
)

type pair struct {
	Range   string `json:"r"`
	Version string `json:"v"`
}

// referee asks another program whether each version is in its range. null says that the
// range cannot be read.
func referee(t *testing.T, pairs []pair, command string, args ...string) []*bool {
	t.Helper()
	in, err := json.Marshal(pairs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), command, args...)
	cmd.Stdin, cmd.Env = bytes.NewReader(in), os.Environ()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if strings.Contains(stderr.String(), "No module named") || strings.Contains(stderr.String(), "Cannot find module") {
			t.Skipf("SKIPPED: the other implementation is not here (%s)", filepath.Base(command))
		}
		t.Fatal(err, stderr.String())
	}
	var said []*bool
	if err := json.Unmarshal(out, &said); err != nil || len(said) != len(pairs) {
		t.Fatal(err, len(said))
	}
	return said
}

func judge(t *testing.T, pairs []pair, said []*bool, ours func(pair) (holds, read bool)) {
	t.Helper()
	in, refused := 0, 0
	for i, p := range pairs {
		holds, read := ours(p)
		switch {
		case !read:
			refused++ // fewer ranges than the other reads: an error, never another version
		case said[i] == nil:
			t.Errorf("%q is read, which the other refuses", p.Range)
		case *said[i] != holds:
			t.Errorf("%q in %q: %t, the other says %t", p.Version, p.Range, holds, *said[i])
		case holds:
			in++
		}
	}
	t.Logf("%d pairs, %d versions in their range, %d ranges refused", len(pairs), in, refused)
	if in < len(pairs)/20 || refused > len(pairs)/2 {
		t.Error("this compared too little")
	}
}

func choose(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

// npm's own semver agrees about what is in a range.
func TestSemverAsNPM(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	digit := func() string { return choose(r, "0", "1", "2", "10") }
	pre := func() string { return choose(r, "", "", "", "-0", "-rc.1", "-rc.2", "-alpha", "-1.a") }
	pairs := make([]pair, 6000)
	for i := range pairs {
		word := func() string {
			s := choose(r, "", "", "^", "~", ">=", "<=", "<", ">", "=", "~>", ">= ")
			switch r.IntN(6) {
			case 0:
				return s + digit()
			case 1:
				return s + digit() + "." + digit()
			case 2:
				return s + digit() + choose(r, ".x", ".*", ".X")
			}
			return s + digit() + "." + digit() + "." + digit() + pre()
		}
		text := word()
		switch r.IntN(6) {
		case 0:
			text += " " + word()
		case 1:
			text += choose(r, " || ", "||") + word()
		case 2:
			text = digit() + "." + digit() + choose(r, "", ".3") + " - " + digit() + choose(r, "", ".1", ".1.2-rc.1")
		case 3:
			text = choose(r, "*", "", "x", text)
		}
		pairs[i] = pair{text, digit() + "." + digit() + "." + digit() + pre()}
	}
	node := peers.NPM(t, "node")
	script := `const s=require(process.argv[1]);const p=JSON.parse(require("fs").readFileSync(0));
console.log(JSON.stringify(p.map(x=>s.validRange(x.r)===null?null:s.satisfies(x.v,x.r))))`
	found := ""
	for _, at := range []string{filepath.Join(peers.Root(t), ".cache/npm/node_modules/semver"), "/usr/lib/node_modules/npm/node_modules/semver", "/usr/share/nodejs/semver"} {
		if _, err := os.Stat(at); err == nil {
			found = at
			break
		}
	}
	if found == "" {
		t.Skip("SKIPPED: npm's semver is not installed")
	}
	judge(t, pairs, referee(t, pairs, node, "-e", script, found), func(p pair) (holds, read bool) {
		in, err := parseRange(p.Range)
		v, ok := parseSemver(p.Version)
		return err == nil && ok && in.holds(v), err == nil && ok
	})
}

// pip's own reader of PEP 440 agrees about what fits.
func TestVersionsAsPip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	digit := func() string { return choose(r, "0", "1", "2", "10") }
	version0 := func() string {
		return digit() + choose(r, "", "."+digit()) + choose(r, "", "", "", "a1", "b2", "rc1", "-alpha", "pre2") + choose(r, "", "", "", ".post1", "-1") + choose(r, "", "", "", ".dev1")
	}
	version := func() string { return choose(r, "", "", "", "1!") + choose(r, "", digit()+".") + version0() }
	pairs := make([]pair, 6000)
	for i := range pairs { // a version's two numbers: to pip 2.dev1 does not begin with 2.0
		one := func() string {
			op := choose(r, "==", "!=", "<", ">", "<=", ">=", "~=")
			if r.IntN(6) == 0 {
				return choose(r, "==", "!=") + digit() + choose(r, "", "."+digit()) + ".*"
			}
			return op + version()
		}
		text := one()
		if r.IntN(4) == 0 {
			text += "," + one()
		}
		pairs[i] = pair{text, digit() + "." + version0() + choose(r, "", "", "", "+local.1")}
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: there is no python3")
	}
	script := `
import json,sys
try:
    from packaging.specifiers import SpecifierSet as S
except ImportError:
    from pip._vendor.packaging.specifiers import SpecifierSet as S
def ask(x):
    try: return S(x["r"]).contains(x["v"], prereleases=True)
    except Exception: return None
print(json.dumps([ask(x) for x in json.load(sys.stdin)]))`
	judge(t, pairs, referee(t, pairs, python, "-c", script), func(p pair) (holds, read bool) {
		in, err := parseSpecifiers(p.Range)
		v, ok := parsePEP440(p.Version)
		return err == nil && ok && in.holds(v), err == nil && ok
	})
}

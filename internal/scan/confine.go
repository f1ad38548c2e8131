package scan

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
)

// system is what programs need of the system to run; none of it is a user's.
var system = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/snap",
	"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
	"/etc/hosts", "/etc/resolv.conf", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/crypto-policies", "/dev/urandom", "/dev/random", "/dev/zero",
}

// confinement is what a command that is looked at may touch: the system's programs, its
// own package, the files that its command line names, and a private home. The person's own
// home is in none of it, and neither is whatever holds it.
func confinement(c Command, home string, network bool) *process.Confinement {
	p := placed{own: ownHome()}
	p.program(c.Command, 0)
	for _, a := range c.Args {
		p.argument(c.Dir, a)
	}
	return &process.Confinement{Read: append(slices.Clone(system), p.read...), Write: []string{home, "/dev/null"}, Network: network}
}

func ownHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return "/"
	}
	if at, err := filepath.EvalSymlinks(home); err == nil {
		return at
	}
	return home
}

// placed collects what a command line needs.
type placed struct {
	own  string // the person's home
	read []string
}

// add takes path, unless it is the person's home or holds it.
func (p *placed) add(path string) bool {
	if path == "/" || path == p.own || strings.HasPrefix(p.own, strings.TrimSuffix(path, "/")+"/") {
		return false
	}
	p.read = append(p.read, path)
	return true
}

// program takes a program, what it was installed with, and its interpreter.
func (p *placed) program(name string, depth int) {
	found, err := exec.LookPath(name)
	if err != nil || depth > 4 {
		return
	}
	if found, err = filepath.Abs(found); err != nil {
		return
	}
	p.installed(found)
	at, err := filepath.EvalSymlinks(found)
	if err != nil {
		return
	}
	p.installed(at)
	p.packaged(at)
	for _, word := range shebang(at) {
		p.program(word, depth+1)
	}
}

// installed takes the prefix that a program's bin stands in, or else the program alone.
func (p *placed) installed(path string) {
	if dir := filepath.Dir(path); filepath.Base(dir) != "bin" || !p.add(filepath.Dir(dir)) {
		p.add(path)
	}
}

// argument takes a file that the command line names, with its package, or a directory.
func (p *placed) argument(dir, a string) {
	if !filepath.IsAbs(a) {
		a = filepath.Join(dir, a)
	}
	at, err := filepath.EvalSymlinks(a)
	if err != nil {
		return
	}
	if at, err = filepath.Abs(at); err != nil {
		return
	}
	info, err := os.Stat(at)
	if err != nil {
		return
	}
	if p.add(at) && info.Mode().IsRegular() {
		p.packaged(at)
	}
}

// packaged takes the package that a file is a part of, with what it needs: the nearest
// directory that says so, or the outermost node_modules.
func (p *placed) packaged(path string) {
	if before, _, ok := strings.Cut(path, "/node_modules/"); ok {
		p.add(before + "/node_modules")
		return
	}
	for dir := filepath.Dir(path); dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		for _, sign := range []string{"package.json", "pyproject.toml", "setup.py", "pyvenv.cfg"} {
			if _, err := os.Stat(filepath.Join(dir, sign)); err == nil {
				p.add(dir)
				return
			}
		}
	}
}

// shebang are the programs that the first line of a script names.
func shebang(path string) []string {
	f, err := os.Open(path) //nolint:gosec // the command that a person has named
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // read only
	line, _ := bufio.NewReader(io.LimitReader(f, 256)).ReadString('\n')
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return nil
	}
	return slices.DeleteFunc(strings.Fields(rest), func(w string) bool { return strings.HasPrefix(w, "-") || strings.Contains(w, "=") })
}

// CanConfine says why this system cannot hold what Launch starts; nil where it can.
func CanConfine() error { return process.CanConfine() }

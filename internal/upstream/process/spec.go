package process

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/childenv"
)

// A Spec is a program to run. Its environment is built from empty: a safe base
// (see base) and Env, nothing else of Mantlet's own.
type Spec struct {
	Command string
	Args    []string
	Dir     string // "" is Mantlet's own
	Env     map[string]string
	MaxLine int               // bytes of one line on stdout; required
	Grace   time.Duration     // between each of: stdin closed, SIGTERM, SIGKILL; 0 is 2 s
	Stderr  func(line string) // told each line of stderr, cut and rate-limited; nil drops them
	Confine *Confinement      // nil does not confine it
}

// base are the variables that a program may have from Mantlet's own environment.
var base = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP",
	"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
	"SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "PROGRAMFILES", "PROGRAMDATA", "HOMEDRIVE", "HOMEPATH",
}

// CheckEnv says why a variable may not be set for a server; nil where it may. The
// configuration's reader asked the same list before.
func CheckEnv(name string) error {
	if why, refused := childenv.Refused(name); refused {
		return fmt.Errorf("environment variable %q %s", name, why)
	}
	return nil
}

// environment is what the program will see, sorted.
func (s Spec) environment() ([]string, error) {
	var out []string
	for _, name := range base {
		if v, ok := os.LookupEnv(name); ok && !has(s.Env, name) {
			out = append(out, name+"="+v)
		}
	}
	for name, v := range s.Env {
		if err := CheckEnv(name); err != nil {
			return nil, err
		}
		if strings.ContainsRune(v, 0) {
			return nil, fmt.Errorf("the value of environment variable %s holds a NUL", name)
		}
		out = append(out, name+"="+v)
	}
	slices.Sort(out)
	return out, nil
}

func has(m map[string]string, name string) bool {
	_, ok := m[name]
	return ok
}

func (s Spec) grace() time.Duration {
	if s.Grace <= 0 {
		return 2 * time.Second
	}
	return s.Grace
}

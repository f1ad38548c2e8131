package process

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
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
}

// base are the variables that a program may have from Mantlet's own environment.
var base = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP",
	"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
	"SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "PROGRAMFILES", "PROGRAMDATA", "HOMEDRIVE", "HOMEPATH",
}

// forbidden are variables by which somebody who writes a configuration has other
// code run than the command that people are shown.
var forbidden = []string{
	"NODE_OPTIONS", "NODE_PATH", "BASH_ENV", "ENV", "PROMPT_COMMAND", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONINSPECT",
	"PERL5OPT", "PERL5LIB", "PERL5DB", "RUBYOPT", "RUBYLIB", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS",
	"DOTNET_STARTUP_HOOKS", "CORECLR_PROFILER", "GCONV_PATH", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_EXEC_PATH", "GIT_PAGER",
	"GIT_EXTERNAL_DIFF", "GIT_ASKPASS", "SSH_ASKPASS", "LESSOPEN", "IFS", "PS4", "SHELLOPTS", "BASHOPTS", "ELECTRON_RUN_AS_NODE",
}

var forbiddenPrefixes = []string{"LD_", "DYLD_", "BASH_FUNC_", "GIT_CONFIG"}

// CheckEnv says why a variable may not be set for a server; nil where it may.
func CheckEnv(name string) error {
	upper := strings.ToUpper(name)
	switch {
	case name == "" || strings.ContainsAny(name, "=\x00"):
		return fmt.Errorf("environment variable %q has no usable name", name)
	case slices.Contains(forbidden, upper), slices.ContainsFunc(forbiddenPrefixes, func(p string) bool { return strings.HasPrefix(upper, p) }):
		return fmt.Errorf("environment variable %s makes other code run than the command shows; put it into the command where people see it", name)
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

package childenv

import "strings"

const (
	otherCode = "makes other code run than the command shows; put it into the command where people see it"
	noName    = "is not the name of a variable; use letters, digits and _, and begin with no digit"
)

// exact are whole names, in capitals.
var exact = set(
	// shells
	"BASH_ENV", "ENV", "ZDOTDIR", "PROMPT_COMMAND", "SHELLOPTS", "BASHOPTS", "PS4", "IFS",
	// the C library's loader and converters
	"GLIBC_TUNABLES", "GCONV_PATH",
	// Python
	"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONUSERBASE", "PYTHONEXECUTABLE",
	// Node, npm, Electron
	"NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "ELECTRON_RUN_AS_NODE",
	"NPM_CONFIG_SCRIPT_SHELL", "NPM_CONFIG_NODE_OPTIONS", "NPM_CONFIG_GIT", "NPM_CONFIG_GLOBALCONFIG", "NPM_CONFIG_USERCONFIG",
	// Perl, Ruby, PHP
	"PERL5OPT", "PERL5LIB", "PERLLIB", "PERL5DB", "RUBYOPT", "RUBYLIB", "PHPRC", "PHP_INI_SCAN_DIR",
	// Java, .NET
	"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH", "DOTNET_STARTUP_HOOKS",
	// git and what it starts
	"GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_PAGER",
	"GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PROXY_COMMAND", "GIT_TEMPLATE_DIR",
	// less
	"LESSOPEN", "LESSCLOSE",
)

// prefixes are how whole families of names begin, in capitals.
var prefixes = []string{"LD_", "DYLD_", "BASH_FUNC_", "GIT_CONFIG", "CORECLR_PROFILER", "COR_PROFILER", "LUA_INIT"}

// Refused says whether a variable may not be set for a server, and why: words that
// follow the name in a sentence. Names that are not names are refused too: a shell
// function is exported under one, and "A=B" sets another variable.
func Refused(name string) (why string, refused bool) {
	if !isName(name) && !strings.HasPrefix(strings.ToUpper(name), "BASH_FUNC_") {
		return noName, true
	}
	upper := strings.ToUpper(name)
	if exact[upper] {
		return otherCode, true
	}
	for _, p := range prefixes {
		if strings.HasPrefix(upper, p) {
			return otherCode, true
		}
	}
	return "", false
}

// isName is the portable form, [A-Za-z_][A-Za-z0-9_]*.
func isName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || (c|0x20 >= 'a' && c|0x20 <= 'z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

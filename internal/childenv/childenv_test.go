package childenv

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatMakesOtherCodeRunIsRefused(t *testing.T) {
	for name := range strings.FieldsSeq(`
		LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH DYLD_INSERT_LIBRARIES GLIBC_TUNABLES GCONV_PATH
		PYTHONPATH PYTHONHOME PYTHONINSPECT PYTHONSTARTUP NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS
		PERL5LIB PERLLIB PERL5DB PERL5OPT RUBYLIB RUBYOPT _JAVA_OPTIONS JDK_JAVA_OPTIONS JAVA_TOOL_OPTIONS CLASSPATH
		BASH_ENV ENV ZDOTDIR PROMPT_COMMAND SHELLOPTS BASHOPTS PS4 IFS BASH_FUNC_x%%
		GIT_SSH GIT_SSH_COMMAND GIT_EXTERNAL_DIFF GIT_EXEC_PATH GIT_ASKPASS GIT_CONFIG_COUNT GIT_CONFIG_GLOBAL GIT_PAGER
		npm_config_script_shell npm_config_node_options npm_config_git npm_config_globalconfig npm_config_userconfig
		DOTNET_STARTUP_HOOKS CORECLR_PROFILER CORECLR_PROFILER_PATH_64 COR_PROFILER COR_PROFILER_PATH
		ELECTRON_RUN_AS_NODE LUA_INIT LUA_INIT_5_4 PHPRC PHP_INI_SCAN_DIR LESSOPEN SSH_ASKPASS`) {
		for _, n := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if why, refused := Refused(n); !refused || why != otherCode {
				t.Errorf("%s: %q, %v", n, why, refused)
			}
		}
	}
}

func TestWhatServersNeedIsNotRefused(t *testing.T) {
	for _, name := range []string{
		"PATH", "HOME", "TOKEN", "API_KEY", "GITHUB_TOKEN", "DEBUG", "_", "_A1", "a", "npm_config_registry", "npm_config_prefix",
		"GIT_AUTHOR_NAME", "GIT_DIR", "NODE_ENV", "PYTHONUNBUFFERED", "LDAP_URL", "PHP_VERSION", "ENVIRONMENT", "JAVA_HOME",
	} {
		if why, refused := Refused(name); refused {
			t.Errorf("%s %s", name, why)
		}
	}
}

func TestWhatIsNoNameIsRefused(t *testing.T) {
	for _, name := range []string{"", "1A", "A=B", "A\x00", "A B", "A-B", "Ä", "A\n", "%", "A.B", "[", "@", "{", "`"} {
		if why, refused := Refused(name); !refused || why != noName {
			t.Errorf("%q: %q, %v", name, why, refused)
		}
	}
}

// The hand-written loop says what the documented pattern says.
func TestNames(t *testing.T) {
	pattern := regexp.MustCompile(`\A[A-Za-z_][A-Za-z0-9_]*\z`)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9_\[@{-]{0,5}`)).Draw(t, "name")
		if isName(name) != pattern.MatchString(name) {
			t.Fatalf("%q: %v", name, isName(name))
		}
	})
}

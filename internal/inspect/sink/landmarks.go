package sink

import (
	"bytes"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// A landmark is a place of a file system that it matters to reach. What begins with a slash begins
// a part of the path; what ends with one, or with _, has others below or after it.
type landmark struct {
	at       string
	read     finding.Severity
	write    finding.Severity
	anywhere bool // else it lies at the root
}

// landmarkSet finds those of anywhere, in the order of landmarks; rooted are the others, by their
// second byte.
var landmarkSet, rootedAt = func() (*literal.Set, map[byte][]int) {
	all, rooted := make([]string, len(landmarks)), make(map[byte][]int)
	for i := range landmarks {
		if all[i] = landmarks[i].at; !landmarks[i].anywhere {
			all[i] = "" // never found
			rooted[landmarks[i].at[1]] = append(rooted[landmarks[i].at[1]], i)
		}
	}
	return literal.New(all, false), rooted
}()

// reached is how bad it is to read, and to write, at a clean path in lower case that begins with a
// slash or a drive.
func reached(path []byte, c *clean) (read, write finding.Severity) {
	var buf [16]literal.Match
	note := func(i, end int) {
		l := &landmarks[i]
		if last := l.at[len(l.at)-1]; last != '/' && last != '_' && end < len(path) && path[end] != '/' {
			return
		}
		if l.at == "/.ssh/id_" && bytes.HasSuffix(path, []byte(".pub")) {
			return
		}
		read, write = max(read, l.read), max(write, l.write)
	}
	for _, m := range landmarkSet.Scan(buf[:0], path) {
		note(m.Word, m.End)
	}
	if len(path) > 2 && path[1] == ':' {
		path = path[2:]
	}
	if !c.absolute && c.climbs == 0 || len(path) < 2 {
		return read, write // "bin/run" is a project's own
	}
	for _, i := range rootedAt[path[1]] {
		if bytes.HasPrefix(path, []byte(landmarks[i].at)) {
			note(i, len(landmarks[i].at))
		}
	}
	if digits, proc := bytes.CutPrefix(path, []byte("/proc/")); proc && len(digits) > 0 && digits[0] >= '0' && digits[0] <= '9' {
		read = finding.High
	}
	return read, write
}

// landmarks are what attackers read first, and what some program runs or believes once it is written.
var landmarks = func() (all []landmark) {
	add := func(anywhere bool, read, write finding.Severity, places ...string) {
		for _, p := range places {
			all = append(all, landmark{p, read, write, anywhere})
		}
	}
	const none = finding.Severity(0)
	// kept secret, or what every probe asks for
	add(false, finding.High, finding.High, "/etc/passwd", "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d/", "/etc/master.passwd", "/etc/security/passwd", "/etc/ld.so.preload", "/dev/mem", "/dev/kmem", "/proc/self", "/proc/thread-self", "/proc/cmdline", "/proc/environ", "/proc/version", "/boot.ini",
		"/windows/win.ini", "/windows/system.ini", "/windows/system32/config/", "/windows/system32/drivers/etc/hosts", "/windows/repair/", "/windows/panther/", "/winnt/", "/var/run/secrets/", "/run/secrets/", "/var/run/docker.sock", "/run/docker.sock")
	add(true, finding.High, finding.High, "/etc/passwd", "/etc/shadow", "/boot.ini", "/win.ini", "/.ssh/id_", "/.aws/credentials", "/.gnupg/", "/.git-credentials", "/.pgpass", "/.htpasswd", "/system32/config/", "/.config/gcloud/", "/.azure/", "/.bash_history", "/.zsh_history", "/.mysql_history", "/ntuser.dat", "/sysprep.xml", "/sysprep.inf", "/sam.log", "/web-inf/")
	add(true, finding.Medium, finding.High, "/.ssh/", "/.netrc", "/.kube/config", "/.docker/config.json", "/.npmrc", "/.pypirc", "/.htaccess", "/.passwd", "/wp-config.php", "/web.config", "/.vault-token", "/.password-store/", "/login.keychain-db")
	add(true, finding.Medium, finding.Medium, "/.env", "/.env.local", "/.env.production")
	// a system's own
	add(false, finding.Medium, finding.Medium, "/etc/", "/proc/", "/sys/", "/boot/", "/root/", "/var/log/", "/var/adm/", "/var/run/", "/usr/local/etc/", "/usr/pkg/etc/", "/windows/", "/private/etc/", "/private/var/", "/library/webserver/", "/dev/sd", "/dev/nvme", "/$recycle.bin/")
	add(true, none, finding.Medium, "/system32/")
	// run or believed by programs, once written
	add(true, none, finding.High, "/.git/", "/.bashrc", "/.bash_profile", "/.bash_login", "/.bash_logout", "/.bash_aliases", "/.zshrc", "/.zprofile", "/.zshenv", "/.zlogin", "/.profile", "/.cshrc", "/.tcshrc", "/.kshrc", "/.inputrc", "/.xinitrc", "/.xprofile", "/.pam_environment", "/.config/fish/config.fish", "/.envrc",
		"/authorized_keys", "/.config/autostart/", "/.config/systemd/", "/launchagents/", "/launchdaemons/", "/start menu/programs/startup/", "/microsoft.powershell_profile.ps1", "/profile.ps1",
		"/.vscode/tasks.json", "/.vscode/launch.json", "/.vscode/mcp.json", "/.cursor/mcp.json", "/.cursor/hooks.json", "/.mcp.json", "/mcp.json", "/mcp_config.json", "/claude_desktop_config.json", "/.claude.json", "/.claude/settings.json", "/.claude/settings.local.json", "/.claude/hooks/", "/.codex/config.toml", "/.gemini/settings.json", "/.idea/workspace.xml",
		"/.gitconfig", "/.gitmodules", "/.husky/", "/sitecustomize.py", "/usercustomize.py", "/cline_mcp_settings.json", "/.emacs", "/.vimrc", "/.config/nvim/init.lua", "/.tmux.conf", "/.lldbinit", "/.gdbinit", "/.yarnrc.yml", "/.pnpmfile.cjs")
	add(false, none, finding.High, "/etc/crontab", "/etc/cron.d/", "/etc/cron.daily/", "/etc/cron.hourly/", "/etc/cron.weekly/", "/etc/cron.monthly/", "/var/spool/cron/", "/etc/profile", "/etc/profile.d/", "/etc/bash.bashrc", "/etc/bashrc", "/etc/environment", "/etc/init.d/", "/etc/rc.local", "/etc/systemd/", "/lib/systemd/", "/usr/lib/systemd/", "/etc/ld.so.conf", "/etc/pam.d/", "/etc/ssh/", "/etc/hosts", "/etc/resolv.conf", "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/windows/system32/")
	add(true, none, finding.Medium, "/.vscode/settings.json", "/.git", "/.github/workflows/", "/.gitlab-ci.yml", "/.circleci/config.yml", "/jenkinsfile", "/binding.gyp", "/.pre-commit-config.yaml", "/.cursorrules", "/.cursor/rules/", "/claude.md", "/agents.md", "/.github/copilot-instructions.md", "/.devcontainer/")
	add(true, none, finding.Low, "/package.json", "/makefile", "/dockerfile", "/setup.py", "/pyproject.toml", "/conftest.py", "/build.rs", "/docker-compose.yml")
	return all
}()

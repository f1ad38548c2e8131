package sink

import (
	"bytes"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// word holds what is one word of a command, a key or a path against what a shell, or a command
// that splits at blanks, makes of it.
func (k *look) word(text []byte, s shape) {
	k.flags(text, s)
	if s.has(newline) && !k.onlyTrailing(text) {
		i := bytes.IndexAny(text, "\r\n")
		k.say(lineBreak, finding.High, i, i+1)
	}
	if s.has(null) && k.kind&Path == 0 {
		k.say(nul, finding.High, bytes.IndexByte(text, 0), len(text))
	}
	if s.has(semicolon | pipe | ampersand | dollar | parenthesis | backtick | angle) {
		k.metacharacters(text)
	}
	if s.has(blank) && k.kind&Argument != 0 && !k.whole {
		i := bytes.IndexAny(text, " \t")
		k.say(blanks, finding.Medium, i, i+1)
	} else if s.has(blank) && s.has(slash|backslash) && k.kind&Identifier != 0 && command(text[:bytes.IndexAny(text, " \t")]) {
		k.say(injected, finding.Medium, 0, len(text))
	}
}

// onlyTrailing reports whether the line's end is the text's: harmless, and common.
func (k *look) onlyTrailing(text []byte) bool {
	return !k.whole && !bytes.ContainsAny(bytes.TrimRight(text, "\r\n"), "\r\n")
}

// flags finds what a command takes for an option.
func (k *look) flags(text []byte, s shape) {
	if !s.has(dash) {
		return
	}
	trimmed := bytes.TrimLeft(text, " \t")
	if option(trimmed) {
		k.say(flag, finding.High, 0, len(text))
		return
	}
	if !s.has(blank|newline) || k.kind&(Argument|Identifier|Host) == 0 {
		return
	}
	for i := 1; i < len(text); i++ {
		if c := text[i-1]; (c == ' ' || c == '\t' || c == '\n') && option(text[i:]) {
			severity := finding.Medium
			if k.kind&(Argument|Host) != 0 || text[i+1] == '-' {
				severity = finding.High
			}
			k.say(flag, severity, i, len(text))
			return
		}
	}
}

// option reports whether b begins as -x or --x does; a negative number does not.
func option(b []byte) bool {
	b, dashed := bytes.CutPrefix(b, []byte("-"))
	if !dashed {
		return false
	}
	b = bytes.TrimPrefix(b, []byte("-"))
	return len(b) > 0 && (b[0]|0x20 >= 'a' && b[0]|0x20 <= 'z')
}

// metacharacters finds what makes a shell do more than to take a word.
func (k *look) metacharacters(text []byte) {
	opened := false
	for i, c := range text {
		var severity finding.Severity
		switch c {
		case '`':
			severity = finding.High
		case '|':
			severity = k.pipe(text, i)
		case ';':
			severity = k.separator(text[i+1:])
		case '&':
			severity = k.ampersand(text, i)
		case '$':
			severity = k.expansion(text[i+1:])
		case '<':
			opened, severity = true, k.redirection(text[i+1:], true)
		case '>':
			severity = k.redirection(text[i+1:], opened)
		case '(', ')':
			if k.kind&(Argument|Host) != 0 {
				severity = finding.Medium
			}
			if c == '(' && called(text, i) && k.kind&Path == 0 {
				severity = finding.High
			}
		}
		if severity > 0 {
			k.say(meta, severity, i, i+1)
		}
	}
}

// called reports whether a name and a quoted text stand around the parenthesis at i: f('x').
func called(text []byte, i int) bool {
	return i > 0 && text[i-1]|0x20 >= 'a' && text[i-1]|0x20 <= 'z' && i+1 < len(text) && (text[i+1] == '\'' || text[i+1] == '"' || text[i+1] == '\\')
}

func (k *look) separator(after []byte) finding.Severity {
	if k.kind&Path == 0 || command(after) {
		return finding.High
	}
	return finding.Medium
}

// pipe: some keys have one between letters and digits (auth0|5f7c8e), and ranges of versions two.
func (k *look) pipe(text []byte, i int) finding.Severity {
	after := bytes.TrimLeft(text[i+1:], "| ")
	switch {
	case k.kind&(Argument|Identifier) == 0 || len(after) == 0 || command(after):
		return finding.High
	case k.kind&Argument != 0 && ranged(after):
		return finding.Medium
	case k.kind&Argument == 0 && i > 0 && text[i-1] != ' ' && text[i+1] != ' ' && keyed(after):
		return finding.Medium
	}
	return finding.High
}

// ranged reports whether a version, or a bound of one, follows.
func ranged(b []byte) bool {
	b = bytes.TrimLeft(b, "^~<>=v ")
	return len(b) > 0 && b[0] >= '0' && b[0] <= '9'
}

// keyed reports whether nothing but letters and digits follows, with a digit among them.
func keyed(b []byte) bool {
	digits := 0
	for _, c := range b {
		if !isHex(c) && (c|0x20 < 'a' || c|0x20 > 'z') && c != '-' && c != '_' {
			return false
		}
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	return digits > 0
}

func (k *look) ampersand(text []byte, i int) finding.Severity {
	after := text[i+1:]
	switch {
	case len(after) > 0 && after[0] == '&', command(after):
		return finding.High
	case k.kind&(Argument|Host) != 0:
		return finding.High
	case k.kind&Identifier != 0:
		return finding.Low
	}
	return 0
}

func (k *look) expansion(after []byte) finding.Severity {
	if len(after) == 0 {
		return 0
	}
	switch c := after[0]; {
	case c == '(':
		return finding.High
	case c == '{' && k.kind&Path == 0:
		return finding.High
	case c == '{':
		return finding.Low
	case c >= 'A' && c <= 'Z' && k.kind&Argument != 0, bytes.HasPrefix(after, []byte("IFS")):
		return finding.High
	case c >= 'A' && c <= 'Z' && k.kind&Path == 0:
		return finding.Medium
	}
	return 0
}

// redirection: <name> is how a model writes that it has none, and no attack.
func (k *look) redirection(after []byte, opened bool) finding.Severity {
	after = bytes.TrimLeft(after, "& \t")
	if ranged(after) && k.kind&Argument != 0 {
		return finding.Medium // >=1.2 <2
	}
	if !opened && len(after) > 0 && (after[0] == '/' || after[0] == '.' || after[0] == '~' || k.kind&Argument != 0) {
		return finding.High
	}
	if len(after) > 0 && after[0] == '(' {
		return finding.High
	}
	return finding.Medium
}

// commands are programs by name; those of english are words of every day as well.
var (
	commands = words("id", "ls", "cat", "whoami", "curl", "wget", "nc", "ncat", "netcat", "bash", "sh", "zsh", "ksh", "ping", "uname", "rm", "touch", "echo", "sleep", "netstat", "ifconfig", "dir", "powershell", "pwsh", "cmd", "python", "python3", "perl", "ruby", "php", "node", "nslookup", "env", "printenv", "ps", "chmod", "chown", "cp", "mv", "dd", "tar", "ssh", "scp", "socat", "telnet", "ftp", "tftp", "grep", "awk", "sed", "base64", "xxd", "sudo", "su", "systeminfo", "ipconfig", "tasklist", "certutil", "bitsadmin", "wmic", "arp", "pwd", "hostname", "sendmail", "crontab", "useradd", "adduser", "passwd", "mkfifo", "calc.exe", "exec", "eval", "phpinfo", "busybox", "nohup", "tee", "killall", "df", "lsof", "dmesg", "rundll32", "mshta", "regsvr32", "cscript", "wscript", "lynx", "gcc", "printf")
	english  = words("more", "less", "last", "who", "w", "set", "type", "open", "start", "host", "find", "test", "true", "false", "mail", "alias", "source", "export", "fetch", "route", "net", "reg", "copy", "finger", "wall", "ver", "ed", "vi", "ip", "head", "tail", "kill", "system", "mount", "shutdown", "reboot", "calc", "notepad", "del", "dash", "more", "dig")
)

// command reports whether b begins with a command, by its bare name or its path.
func command(b []byte) bool { return begins(b, false) }

// begins is command; sure leaves out names that are words of every day.
func begins(b []byte, sure bool) bool {
	b = bytes.TrimLeft(b, " \t\n\r(\"'\\{;|&")
	end := 0
	for end < len(b) && end < 40 && (b[end]|0x20 >= 'a' && b[end]|0x20 <= 'z' || b[end] >= '0' && b[end] <= '9' || b[end] == '/' || b[end] == '.' || b[end] == '_' || b[end] == '-') {
		end++
	}
	name := b[:end]
	if end < len(b) && strings.IndexByte(" \t\n\r;|&`)('\"<>/\\%$#{}", b[end]) < 0 {
		return false
	}
	if i := bytes.LastIndexByte(name, '/'); i >= 0 {
		rooted := name[0] == '/'
		name = name[i+1:]
		if rooted && (bytes.Contains(b[:end], []byte("bin/"))) {
			return true
		}
	}
	var low [40]byte
	name = lower(low[:0], name)
	return commands[string(name)] || !sure && english[string(name)]
}

// line holds what must be one line, a header's value or a recipient, against more of them.
func (k *look) line(text []byte, s shape) {
	if s.has(newline) && !k.onlyTrailing(text) {
		i := bytes.IndexAny(text, "\r\n")
		k.say(lineBreak, finding.High, i, i+1)
	}
	if s.has(null) {
		k.say(nul, finding.High, bytes.IndexByte(text, 0), len(text))
	}
	if k.kind&Mail != 0 && !k.whole {
		k.recipients(text)
	}
}

// recipients holds each address in text against the domains.
func (k *look) recipients(text []byte) {
	n, at := 0, 0
	for part := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' }) {
		address := bytes.Trim(part, " \t[]\"'")
		if i := bytes.LastIndexByte(address, '<'); i >= 0 {
			if bytes.IndexByte(address[:i], '@') >= 0 {
				k.say(shownName, finding.Medium, at, len(text)) // "boss@here" <other@there>
			}
			address = bytes.Trim(address[i+1:], "> ")
		}
		i := bytes.LastIndexByte(address, '@')
		if i >= 0 {
			n++
		}
		if bytes.Count(address, []byte("@")) > 1 || i > 0 && bytes.ContainsAny(address[:i], "%!") {
			k.say(shownName, finding.Medium, at, len(text))
		}
		k.domain(address, i, len(text))
	}
	if n > 1 {
		k.say(several, finding.Low, 0, len(text))
	}
}

func (k *look) domain(address []byte, i, all int) {
	if k.policy.Domains == nil || len(address) == 0 {
		return
	}
	low := string(lower(nil, address))
	if i < 0 || !below(k.policy.Domains, low[i+1:]) && !is(k.policy.Domains, low) {
		k.say(recipient, finding.High, 0, all)
	}
}

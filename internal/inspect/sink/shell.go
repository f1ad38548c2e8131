package sink

import (
	"bytes"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// maxCommand is how long a command line is parsed, in bytes: the parser calls itself for what is
// nested. What is longer is said to be so, and looked at by its words alone.
const maxCommand = 32 << 10

// maxOpened is how much may be opened in a command line that is parsed, and in as many bytes again
// one more: 32 KiB of parentheses would take 130 MB of stack, and these bounds leave 9.
const (
	maxOpened   = 200
	bytesOpened = 16
)

var (
	interpreters = words("sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "python", "python2", "python3", "perl", "ruby", "node", "php", "pwsh", "powershell", "osascript", "lua", "tclsh", "bun", "deno")
	networkers   = words("curl", "wget", "nc", "ncat", "netcat", "telnet", "ssh", "scp", "sftp", "rsync", "socat", "ftp", "tftp", "fetch", "aria2c", "httpie", "http", "lynx", "nslookup", "dig", "host", "ping")
	decoders     = words("base64", "base32", "xxd", "openssl", "uudecode", "rev", "tr", "gunzip", "zcat", "gzip")
	wrapping     = words("sudo", "doas", "env", "nohup", "time", "timeout", "nice", "xargs", "command", "exec", "builtin", "stdbuf", "setsid", "ionice", "busybox")
)

// A run is what a command line does, as far as it says so.
type run struct {
	commands, substitutions       int
	secretAt                      int // 1 where one is read
	sudo, eval, decodes, networks bool
	severity                      map[string]finding.Severity
}

func (r *run) mark(rule string, s finding.Severity) { r.severity[rule] = max(r.severity[rule], s) }

// commandLine says what a command line runs. A place that is a shell is one on purpose: what it
// does is noted, and only what no errand needs is high.
func (k *look) commandLine(text []byte) {
	r := run{severity: make(map[string]finding.Severity)}
	k.steps += len(text)
	if len(text) > maxCommand || opened(text) > maxOpened+len(text)/bytesOpened {
		k.say(shellLong, finding.Medium, 0, len(text))
	} else {
		r.parse(text)
	}
	r.texts(string(lower(nil, text)))
	r.sum()
	for rule, severity := range r.severity {
		k.say(rule, severity, 0, len(text))
	}
}

// parse walks what the parser makes of text. Where that panics nobody knows what would run: high.
func (r *run) parse(text []byte) {
	defer func() {
		if recover() != nil {
			r.mark(shellOdd, finding.High)
		}
	}()
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(text), "")
	if err != nil {
		r.mark(shellOdd, finding.Low)
		return
	}
	syntax.Walk(file, r.visit)
}

// opened counts what may nest.
func opened(text []byte) (n int) {
	for _, c := range text {
		if c == '(' || c == '{' || c == '`' || c == '[' || c == '!' {
			n++
		}
	}
	for _, w := range []string{"if ", "if\n", "do ", "do\n", "while ", "until ", "case ", "time ", "coproc "} {
		n += bytes.Count(text, []byte(w))
	}
	return n
}

func (r *run) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.CallExpr:
		if len(n.Args) > 0 {
			r.commands++
			r.call(n.Args)
		}
	case *syntax.CmdSubst, *syntax.ProcSubst:
		r.substitutions++
	case *syntax.BinaryCmd:
		if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
			r.pipe(n)
		}
	case *syntax.Redirect:
		if n.Op != syntax.RdrIn && n.Word != nil {
			r.written(said(n.Word))
		}
	case *syntax.FuncDecl:
		r.fork(n)
	case nil:
	}
	return true
}

// said is what a word says, without what is put in when it runs.
func said(w *syntax.Word) string {
	var s strings.Builder
	for _, part := range w.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			s.WriteString(strings.ReplaceAll(p.Value, `\`, ""))
		case *syntax.SglQuoted:
			s.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, in := range p.Parts {
				if l, ok := in.(*syntax.Lit); ok {
					s.WriteString(l.Value)
				} else if v, ok := in.(*syntax.ParamExp); ok && v.Param != nil {
					s.WriteString("$" + v.Param.Value)
				}
			}
		case *syntax.ParamExp:
			if p.Param != nil {
				s.WriteString("$" + p.Param.Value)
			}
		}
	}
	return s.String()
}

// base is the name of a program, without its directory.
func base(s string) string {
	s = s[strings.LastIndexByte(s, '/')+1:]
	return strings.ToLower(strings.TrimSuffix(s, ".exe"))
}

func (r *run) call(args []*syntax.Word) {
	all := make([]string, len(args))
	for i, a := range args {
		all[i] = said(a)
	}
	all = r.unwrapped(all)
	name, rest := base(all[0]), all[1:]
	r.networks = r.networks || networkers[name]
	r.decodes = r.decodes || name == "base64" && decodes(rest)
	r.eval = r.eval || name == "eval"
	r.program(name, rest)
	for _, a := range rest {
		r.reads(a)
	}
}

// unwrapped is a command without what it is started by: sudo, env, timeout.
func (r *run) unwrapped(all []string) []string {
	for len(all) > 1 && wrapping[base(all[0])] {
		r.sudo = r.sudo || base(all[0]) == "sudo" || base(all[0]) == "doas"
		all = all[1:]
		for len(all) > 1 && (strings.HasPrefix(all[0], "-") || strings.Contains(all[0], "=")) {
			all = all[1:]
		}
	}
	return all
}

// program judges what a program does with its arguments.
func (r *run) program(name string, rest []string) {
	switch {
	case strings.HasPrefix(name, "mkfs"), (name == "rm" || name == "chmod" || name == "chown") && recursive(rest) && rooted(rest):
		r.mark(shellDestroys, finding.High)
	case name == "dd":
		for _, a := range rest {
			if to, ok := strings.CutPrefix(a, "of="); ok {
				r.written(to)
			}
		}
	case name == "nc" || name == "ncat" || name == "netcat":
		r.listens(rest)
	case (name == "tee" || name == "cp" || name == "mv" || name == "ln" || name == "install") && len(rest) > 0:
		r.written(rest[len(rest)-1])
	case name == "crontab" && len(rest) > 0 && rest[0] != "-l":
		r.mark(shellStays, finding.Medium)
	}
}

func (r *run) listens(args []string) {
	for _, a := range args {
		if strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.ContainsAny(a, "ec") {
			r.mark(shellReverse, finding.High)
		}
	}
}

func decodes(args []string) bool {
	for _, a := range args {
		if a == "-d" || a == "-D" || a == "--decode" || a == "-di" {
			return true
		}
	}
	return false
}

func recursive(args []string) bool {
	for _, a := range args {
		if a == "--recursive" || strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.ContainsAny(a, "rR") {
			return true
		}
	}
	return false
}

// rooted reports whether one of args is a whole system, or a person's whole home.
func rooted(args []string) bool {
	for _, a := range args {
		switch strings.TrimRight(a, "/*") {
		case "", "~", "$HOME", "${HOME}", "/etc", "/usr", "/var", "/home", "/root", "/boot", "/bin", "/lib", "/System", "/Users", "C:", "c:":
			if a != "" {
				return true
			}
		}
	}
	return false
}

// written judges where something is written.
func (r *run) written(to string) {
	low := strings.ToLower(to)
	switch {
	case strings.HasPrefix(low, "/dev/tcp/"), strings.HasPrefix(low, "/dev/udp/"):
		r.mark(shellReverse, finding.High)
	case strings.HasPrefix(low, "/dev/sd"), strings.HasPrefix(low, "/dev/nvme"), strings.HasPrefix(low, "/dev/disk"), strings.HasPrefix(low, "/dev/mem"), strings.HasPrefix(low, "/dev/vd"):
		r.mark(shellDestroys, finding.High)
	case strings.HasSuffix(low, "authorized_keys"), strings.HasPrefix(low, "/etc/cron"), strings.HasPrefix(low, "/etc/sudoers"), strings.HasPrefix(low, "/etc/passwd"), strings.HasPrefix(low, "/etc/shadow"), strings.HasPrefix(low, "/etc/ld.so"), strings.HasPrefix(low, "/var/spool/cron"):
		r.mark(shellStays, finding.High)
	default:
		if read, write := reachedBy(low); read == 0 && write >= finding.High {
			r.mark(shellStays, finding.Medium)
		}
	}
}

// reachedBy is reached for a word of a command line.
func reachedBy(low string) (read, write finding.Severity) {
	c := cleaned(nil, []byte(low))
	path := c.path
	if !c.absolute {
		path = append([]byte("/"), path...)
	}
	return reached(path, &c)
}

// reads notes the files that hold secrets.
func (r *run) reads(arg string) {
	arg = strings.TrimPrefix(arg, "@")
	if i := strings.LastIndexByte(arg, '@'); i >= 0 && i+1 < len(arg) {
		arg = arg[i+1:]
	}
	if read, _ := reachedBy(strings.ToLower(arg)); read >= finding.High {
		r.secretAt = 1
	}
}

// pipe judges what is given to an interpreter to run.
func (r *run) pipe(n *syntax.BinaryCmd) {
	name := lastCommand(n.Y)
	if !interpreters[name] {
		return
	}
	from := sources(n.X, 0)
	switch {
	case from&1 != 0:
		r.mark(shellDecoded, finding.High)
	case from&2 != 0:
		r.mark(shellFetched, finding.Medium)
	}
}

// lastCommand is the program of a simple command, past what wraps it, if it reads its program from
// its input.
func lastCommand(s *syntax.Stmt) string {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok {
		return ""
	}
	for i, a := range call.Args {
		name := base(said(a))
		if wrapping[name] || strings.HasPrefix(name, "-") {
			continue
		}
		for _, rest := range call.Args[i+1:] {
			if l := said(rest); l != "-" && l != "-s" && !strings.HasPrefix(l, "-") {
				return "" // a program of its own
			} else if l == "-c" || l == "-e" || l == "-m" {
				return ""
			} else if l == "-s" {
				break
			}
		}
		return name
	}
	return ""
}

// sources is 1 where a pipeline decodes, 2 where it fetches.
func sources(s *syntax.Stmt, depth int) (from int) {
	if depth > maxOpened {
		return 0
	}
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		return sources(c.X, depth+1) | sources(c.Y, depth+1)
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return 0
		}
		name := base(said(c.Args[0]))
		if decoders[name] && name != "tr" && name != "rev" && name != "gzip" && name != "gunzip" && name != "zcat" {
			from |= 1
		}
		if networkers[name] {
			from |= 2
		}
	}
	return from
}

// fork finds a function that starts itself twice.
func (r *run) fork(f *syntax.FuncDecl) {
	calls := 0
	if f.Name == nil { // () without a name
		return
	}
	syntax.Walk(f.Body, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) == 1 && said(c.Args[0]) == f.Name.Value {
			calls++
		}
		return true
	})
	if calls >= 2 {
		r.mark(shellDestroys, finding.High)
	}
}

// texts finds what is seen without a parser, and in other shells.
func (r *run) texts(low string) {
	for _, w := range []string{"/dev/tcp/", "/dev/udp/"} {
		if strings.Contains(low, w) {
			r.mark(shellReverse, finding.High)
		}
	}
	if strings.Contains(low, "powershell") || strings.Contains(low, "pwsh") {
		if strings.Contains(low, " -enc") || strings.Contains(low, " -e ") || strings.Contains(low, "frombase64string") {
			r.mark(shellDecoded, finding.High)
		}
	}
	if (strings.Contains(low, "iex") || strings.Contains(low, "invoke-expression")) && (strings.Contains(low, "downloadstring") || strings.Contains(low, "iwr") || strings.Contains(low, "invoke-webrequest")) {
		r.mark(shellFetched, finding.Medium)
	}
}

// sum says what the parts come to.
func (r *run) sum() {
	if r.commands > 1 || r.substitutions > 0 {
		r.mark(shellSeveral, finding.Info)
	}
	if r.sudo {
		r.mark(shellRoot, finding.Low)
	}
	if r.eval {
		r.mark(shellEval, finding.Low)
		if r.decodes {
			r.mark(shellDecoded, finding.High)
		}
	}
	if r.networks {
		r.mark(shellNet, finding.Info)
	}
	if r.secretAt > 0 {
		r.mark(shellSecret, finding.Medium)
		if r.networks {
			r.mark(shellSecret, finding.High)
		}
	}
}

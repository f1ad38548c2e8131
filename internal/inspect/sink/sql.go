package sink

import (
	"bytes"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

var (
	sqlReads   = words("select", "with", "values", "table", "explain", "show", "describe", "desc", "pragma", "use", "from", "summarize")
	sqlWrites  = words("insert", "update", "delete", "merge", "replace", "upsert", "truncate", "copy", "load", "import", "export", "unload", "put", "call", "do", "lock")
	sqlDefines = words("create", "alter", "drop", "grant", "revoke", "rename", "comment", "set", "reset", "begin", "start", "commit", "rollback", "savepoint", "release", "end", "abort", "prepare", "execute", "exec", "deallocate", "declare", "vacuum", "analyze", "reindex", "cluster", "refresh", "attach", "detach", "install", "shutdown", "kill", "flush", "purge", "optimize", "repair", "backup", "restore", "dbcc", "deny", "listen", "notify", "security", "discard", "reassign", "checkpoint", "handler", "change", "stop", "system", "if", "while", "waitfor", "bulk", "go", "open", "disable", "enable", "undrop", "print", "raiserror", "force")
	// What reaches out of the database, whoever calls it.
	sqlReaches = words("pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_stat_file", "pg_ls_logdir", "pg_ls_waldir", "lo_import", "lo_export", "lo_from_bytea", "lo_put", "pg_execute_server_program", "dblink", "dblink_exec", "dblink_connect", "dblink_send_query", "pg_file_write", "pg_reload_conf", "pg_rotate_logfile",
		"load_file", "sys_exec", "sys_eval", "load_extension", "readfile", "writefile", "fts3_tokenizer", "openrowset", "opendatasource", "openquery", "bulk_insert", "utl_inaddr", "utl_http", "utl_file", "utl_smtp", "utl_tcp", "dbms_java", "dbms_scheduler", "dbms_ldap", "dbms_xmlgen", "httpuritype", "xmltype_file", "dbms_pipe", "dbms_lock", "ctxsys", "read_text", "read_blob", "glob_file", "urlcluster", "executable", "file_write", "shellfs")
	sqlWaits  = words("pg_sleep", "pg_sleep_for", "pg_sleep_until", "sleep", "benchmark", "randomblob", "generate_series_sleep", "waitfor", "get_lock", "pg_terminate_backend", "pg_cancel_backend", "query_to_xml", "database_to_xml", "table_to_xml", "set_config", "sp_executesql", "extractvalue", "updatexml", "xmltype")
	sqlOutOf  = words("outfile", "dumpfile")
	sqlElse   = words("where", "limit", "into", "program", "data", "extension", "writable_schema", "for", "on")
	afterWhat = words("explain", "analyze", "verbose", "analyse", "then", "else", "begin", "plan")
)

// sqlKnown holds every word that is asked for.
var sqlKnown = func() map[string]string {
	m := make(map[string]string)
	for _, set := range []map[string]bool{sqlReads, sqlWrites, sqlDefines, sqlReaches, sqlWaits, sqlOutOf, sqlElse, afterWhat} {
		for w := range set {
			m[w] = w
		}
	}
	return m
}()

// A statement is one, as far as it was read.
type statement struct {
	class   Statements
	first   string // its first word
	start   int
	words   int // tokens
	where   bool
	deletes bool // DELETE or UPDATE
	drops   bool // DROP or TRUNCATE
}

// A script is what one reading makes of a text.
type script struct {
	most     Statements
	n        int // statements that are not empty
	second   int // where the second begins
	open     int // where what does not end begins, -1 if all does
	reaches  int // where a function reaches out, -1 if none does
	waits    int
	outOf    int
	ran      bool // MySQL runs what others take for a comment
	comments bool
	wipes    int // where a statement begins that deletes all, -1 if none does
}

// statements holds SQL against what may be done.
func (k *look) statements(text []byte) {
	differs := bytes.ContainsAny(text, "\\#$[") || bytes.Contains(text, []byte("/*")) || bytes.Contains(text, []byte("--"))
	most := script{open: -1, reaches: -1, waits: -1, outOf: -1, wipes: -1}
	ended := false
	for i := range readings {
		s := k.parse(text, &readings[i])
		if s.open < 0 || !ended && i == 0 {
			most.worst(&s, ended)
		}
		if ended = ended || s.open < 0; !differs {
			break
		}
	}
	if bytes.Contains(text, []byte(`U&"`)) || bytes.Contains(text, []byte(`u&"`)) {
		most.ran = true // a name in escapes, which nobody needs
	}
	if !ended {
		k.say(sqlOpen, k.ifReadOnly(finding.High, finding.Medium), most.open, len(text))
	}
	k.judgeSQL(&most, len(text))
}

// worst keeps the worse of two readings; where none before ended, the one that does.
func (s *script) worst(o *script, ended bool) {
	if !ended {
		*s = *o
		return
	}
	if s.most = max(s.most, o.most); o.n > s.n {
		s.n, s.second = o.n, o.second
	}
	s.reaches, s.waits, s.outOf, s.wipes = max(s.reaches, o.reaches), max(s.waits, o.waits), max(s.outOf, o.outOf), max(s.wipes, o.wipes)
	s.ran, s.comments = s.ran || o.ran, s.comments || o.comments
}

// allowed is the most that a statement may do here.
func (k *look) allowed() Statements {
	switch {
	case k.policy.SQL != 0:
		return k.policy.SQL
	case k.kind&SQLRead != 0:
		return Reads
	}
	return Defines
}

func (k *look) ifReadOnly(is, other finding.Severity) finding.Severity {
	if k.allowed() == Reads {
		return is
	}
	return other
}

func (k *look) judgeSQL(s *script, all int) {
	if s.most > k.allowed() {
		k.say(sqlDoes, finding.High, 0, all)
	}
	if s.n > 1 {
		k.say(sqlStacked, k.ifReadOnly(finding.High, finding.Low), s.second, all)
	}
	if s.ran {
		k.say(sqlHidden, finding.High, 0, all)
	} else if s.comments {
		k.say(sqlComment, finding.Info, 0, all)
	}
	if s.reaches >= 0 {
		k.say(sqlReach, finding.High, s.reaches, all)
	}
	if s.outOf >= 0 {
		k.say(sqlReach, finding.High, s.outOf, all)
	}
	if s.waits >= 0 {
		k.say(sqlWait, finding.Medium, s.waits, all)
	}
	if s.wipes >= 0 && s.most <= k.allowed() {
		k.say(sqlWipes, finding.Medium, s.wipes, all)
	}
}

// parse goes over text in one reading.
func (k *look) parse(text []byte, r *reading) script {
	l := lexer{text: text, r: r, low: k.low[:0]}
	s := script{open: -1, reaches: -1, waits: -1, outOf: -1, wipes: -1, second: -1}
	var one statement
	var before [2]token
	prior := ""
	for {
		t := l.next()
		if t.kind == tokenOpen {
			s.open = t.start
		}
		if t.kind == tokenEnd || t.kind == tokenOpen || t.kind == tokenMark && text[t.start] == ';' {
			s.end(&one)
			one, prior, before = statement{}, "", [2]token{}
			if t.kind == tokenEnd || t.kind == tokenOpen {
				break
			}
			continue
		}
		prior = s.take(&l, &one, t, before, prior)
		before[0], before[1] = before[1], t
	}
	k.low = l.low
	k.steps += len(text)
	s.ran, s.comments = l.ran, l.comments
	return s
}

// end closes a statement.
func (s *script) end(one *statement) {
	if one.words == 0 {
		return
	}
	if s.n++; s.n == 2 {
		s.second = one.start
	}
	s.most = max(s.most, one.class, Reads)
	if one.deletes && !one.where || one.drops {
		s.wipes = max(s.wipes, one.start)
	}
}

// take reads one token of a statement, and returns the word that it is.
func (s *script) take(l *lexer, one *statement, t token, before [2]token, prior string) string {
	first := one.words == 0
	if first {
		one.start = t.start
	}
	if t.kind == tokenMark && l.text[t.start] == '(' && before[1].kind != tokenEnd && before[1].end > 0 {
		s.called(prior, before[1].start)
	}
	switch t.kind {
	case tokenMark:
		if c := l.text[t.start]; first && c != '(' {
			one.words++
			one.class = Defines // a backslash command, a management command of Kusto
			return ""
		} else if c == '(' {
			return "("
		} else if c == ')' {
			return ")"
		}
		one.words++
		return "."
	case tokenName:
		one.words++
		return name(l.low)
	case tokenWord:
	default:
		one.words++
		return ""
	}
	w := name(l.low)
	one.words++
	if first {
		one.first = w
		one.begin(w)
	}
	s.word(one, w, prior, t.start)
	return w
}

// name is the word at hand as the tables have it; "?" for one that they do not know.
func name(low []byte) string {
	if w, ok := sqlKnown[string(low)]; ok {
		return w
	}
	if bytes.HasPrefix(low, []byte("xp_")) || bytes.HasPrefix(low, []byte("sp_oa")) {
		return "xp_"
	}
	return "?"
}

func (one *statement) begin(w string) {
	switch {
	case sqlReads[w]:
		one.class = Reads
	case sqlWrites[w]:
		one.class = Writes
	default:
		one.class = Defines
	}
}

// word looks at a word of a statement, by what stands before it.
func (s *script) word(one *statement, w, prior string, at int) {
	first := one.words == 1
	switch {
	case (first && prior == "" || prior == "(" || prior == ")" || afterWhat[prior]) && startsMore[w] != 0:
		one.class = max(one.class, startsMore[w])
	case w == "into" && (one.first == "select" || one.first == "with" || one.first == "from"):
		one.class = max(one.class, Writes)
	case w == "where" || w == "limit":
		one.where = true
	case one.first == "pragma" && w == "writable_schema":
		one.class = Defines
	}
	if (w == "delete" || w == "update") && (prior == "" || prior == "(" || prior == ")") {
		one.deletes = true
	}
	one.drops = one.drops || first && (w == "drop" || w == "truncate")
	s.uses(one, w, at)
}

// startsMore is what a statement within another does.
var startsMore = func() map[string]Statements {
	m := map[string]Statements{"create": Defines, "alter": Defines, "drop": Defines, "grant": Defines, "execute": Defines, "exec": Defines}
	for w := range sqlWrites {
		if w != "replace" && w != "do" { // a function's name, a clause's word
			m[w] = Writes
		}
	}
	return m
}()

// uses finds what reaches out of the database by a word alone.
func (s *script) uses(one *statement, w string, at int) {
	copies := one.first == "load" || one.first == "copy" || one.first == "unload"
	switch {
	case sqlOutOf[w], w == "program" && one.first == "copy", copies && one.words == 2 && (w == "data" || w == "extension"):
		s.outOf = max(s.outOf, at)
	case w == "xp_", len(w) > 4 && (w[:4] == "utl_" || w[:4] == "dbms") && sqlReaches[w]: // a package is called by what stands before a dot
		s.reaches = max(s.reaches, at)
	case w == "waitfor":
		s.waits = max(s.waits, at)
	}
}

// called looks at the name before a parenthesis.
func (s *script) called(w string, at int) {
	switch {
	case sqlReaches[w]:
		s.reaches = max(s.reaches, at)
	case sqlWaits[w]:
		s.waits = max(s.waits, at)
	}
}

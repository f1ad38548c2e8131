package sink

import (
	"strings"
)

// What names say, by their last word: "output_file_path" is a path.
var byWord = map[string]Kind{
	"path": Path, "file": Path, "filename": Path, "filepath": Path, "dir": Path, "directory": Path, "folder": Path, "cwd": Path, "workdir": Path, "pathname": Path, "dirname": Path,
	"url": URL, "uri": URL, "href": URL, "webhook": URL, "website": URL, "link": URL, "urls": URL, "endpoint": URL,
	"host": Host, "hostname": Host, "fqdn": Host, "ip": Host, "nameserver": Host,
	"command": Shell, "cmd": Shell, "shell": Shell, "bash": Shell, "cmdline": Shell, "commandline": Shell,
	"sql":   SQL,
	"xpath": Query, "jsonpath": Query,
	"html":     HTML | Text,
	"template": Template | Text, "jinja": Template | Text,
	"regex": Regex, "regexp": Regex, "re": Regex,
	"code": Code, "script": Code, "snippet": Code, "javascript": Code, "python": Code, "js": Code, "source": 0, "expression": Code, "patch": Text, "diff": Text,
	"recipient": Mail, "cc": Mail, "bcc": Mail, "recipients": Mail, "email": Mail, "mailto": Mail,
	"amount": Money,
	"cookie": Header, "referer": Header, "referrer": Header, "useragent": Header, "agent": 0,
	"id": Identifier, "uuid": Identifier, "guid": Identifier, "slug": Identifier, "sha": Identifier, "ref": Identifier, "branch": Identifier, "commit": Identifier,
	"revision": Identifier, "rev": Identifier, "namespace": Identifier, "pod": Identifier, "container": Identifier, "image": 0, "package": Identifier,
	"username": Identifier, "repo": Identifier, "repository": Identifier, "owner": Identifier, "org": Identifier, "table": Identifier, "column": Identifier, "database": Identifier,
	"bucket": Identifier, "ids": Identifier,
	"login": Identifier, "isbn": Identifier, "ticker": Identifier, "currency": Identifier,
	"content": Text, "text": Text, "body": Text, "message": Text, "description": Text, "comment": Text, "summary": Text, "note": Text, "notes": Text, "prompt": Text, "question": Text,
	"markdown": Text, "reason": Text, "caption": Text, "instructions": Text, "contents": Text, "review": Text, "bio": Text, "story": Text, "answer": Text, "thought": Text, "documents": Text,
	"password": Text, "secret": Text, "passphrase": Text, "csv": Text, "json": Text, "xml": Text, "yaml": Text, "observation": Text, "observations": Text, "string": Text, "str": Text,
}

// What whole names say, where the last word misleads.
var byName = map[string]Kind{
	"file_content": Text, "file_contents": Text, "file_text": Text, "new_str": Text, "old_str": Text, "new_string": Text, "old_string": Text, "api_key": Text, "access_token": Text, "ssh_key": Text, "public_key": Text, "private_key": Text,
	"user_agent": Header, "source_path": Path, "save_to": Path, "source_code": Code, "return_url": URL, "file_id": Identifier, "file_key": Identifier, "error_code": Identifier, "zip_code": 0, "postal_code": 0, "country_code": Identifier, "language_code": Identifier, "discount_code": Identifier, "currency_code": Identifier, "promo_code": Identifier, "airport_code": Identifier,
	"file_type": Identifier, "commit_message": Text, "project_description": Text, "where_clause": SQL, "email_address": Mail, "git_url": URL, "verification_code": Identifier, "code_verifier": Identifier, "status_code": Identifier, "stock_code": Identifier, "ts_code": Identifier, "search_key": 0, "unified_diff": Text, "cron_expression": 0, "order_by": 0,
}

// Words of a tool that say what it reaches, and of a place that say what it is.
var (
	aboutSQL      = words("sql", "postgres", "postgresql", "mysql", "sqlite", "mariadb", "clickhouse", "snowflake", "bigquery", "duckdb", "redshift", "mssql", "oracle", "supabase", "athena", "trino", "presto", "databricks", "doris", "starrocks")
	aboutCommands = words("git", "kubectl", "docker", "npm", "pip", "cli", "command", "shell", "ssh", "ffmpeg", "adb", "terraform", "helm", "bash", "terminal", "exec", "podman", "kubernetes", "k8s", "gh", "brew", "apt", "systemctl", "ansible", "subprocess")
	aboutMail     = words("mail", "email", "gmail", "smtp", "outlook", "mailbox", "inbox", "newsletter")
	aboutLDAP     = words("ldap", "ldaps")
	aboutDocument = words("mongo", "mongodb", "documentdb", "couchdb", "nosql", "firestore", "elasticsearch", "opensearch")
	aboutRegex    = words("regex", "regexp", "grep", "ripgrep", "regular")
	aboutMoney    = words("pay", "payment", "transfer", "money", "refund", "invoice", "withdraw", "deposit", "charge", "wallet", "bank", "usd", "eur", "currency", "payout", "donate")
	aboutWriting  = words("write", "create", "edit", "save", "move", "copy", "append", "put", "upload", "download", "update", "delete", "remove", "rename", "insert", "replace", "patch", "modify", "add", "mkdir", "export", "generate", "overwrite", "extract", "clone", "commit", "init", "install", "store", "set", "writes", "creates", "edits", "saves", "overwrites", "appends", "moves", "copies", "uploads", "downloads", "updates", "deletes", "renames")
	aboutReading  = words("read", "readonly", "select", "reads", "fetch")
	aboutNetwork  = words("dns", "host", "hostname", "website", "whois", "url", "http", "https", "ip", "nameserver", "tls", "ssl", "subdomain", "request", "fetch")
	aboutContent  = words("content", "contents", "base64", "binary", "encoded", "bytes", "blob")
	aboutCode     = words("code", "script", "program", "execute", "python", "javascript", "typescript", "java", "source", "snippet", "interpreter", "eval", "run", "repl")
	inCommands    = words("tag", "node", "service", "region", "release", "deployment", "remote", "module", "cluster", "project", "workspace", "key", "name", "label", "image", "version", "target", "ref")
	aboutFiles    = words("path", "file", "directory", "folder", "filesystem", "filename", "files", "folders", "directories")
)

func words(all ...string) map[string]bool {
	m := make(map[string]bool, len(all))
	for _, w := range all {
		m[w] = true
	}
	return m
}

// A subject is what a tool says of itself, in words.
type subject struct {
	sql, commands, mail, ldap, document, regex, money, writes, reads, files, network, code bool
}

func (s *subject) learn(name, told string) {
	all := append(split(name), spoken(told)...)
	s.sql = s.sql || among(all, aboutSQL) || strings.Contains(strings.ToLower(name), "sql")
	s.commands = s.commands || among(all, aboutCommands)
	s.mail = s.mail || among(all, aboutMail)
	s.ldap = s.ldap || among(all, aboutLDAP)
	s.document = s.document || among(all, aboutDocument)
	s.regex = s.regex || among(all, aboutRegex)
	s.money = s.money || among(all, aboutMoney)
	first := spoken(told)
	s.writes = s.writes || among(split(name), aboutWriting) || among(first[:min(len(first), 3)], aboutWriting) // "Creates or overwrites"
	s.reads = s.reads || among(split(name), aboutReading) || strings.Contains(strings.ToLower(told), "read-only") || strings.Contains(strings.ToLower(told), "select quer")
	s.network = s.network || among(all, aboutNetwork)
	s.code = s.code || among(all, aboutCode)
	s.files = s.files || among(all, aboutFiles)
}

func among(all []string, in map[string]bool) bool {
	for _, w := range all {
		if in[w] {
			return true
		}
	}
	return false
}

// split takes a name or a text apart into words in lower case: fileKey, file-key and file_key are two.
func split(s string) (out []string) {
	start, lower := -1, false
	flush := func(end int) {
		if start >= 0 {
			out = append(out, strings.ToLower(s[start:end]))
		}
		start = -1
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			if lower || start >= 0 && i+1 < len(s) && s[i+1] >= 'a' && s[i+1] <= 'z' && i > start {
				flush(i)
			}
			lower = false
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			lower = true
		default:
			flush(i)
			lower = false
			continue
		}
		if start < 0 {
			start = i
		}
	}
	flush(len(s))
	return out
}

// spoken takes prose apart into words in lower case: SQLite is one.
func spoken(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// maxName is how much of a member's name is read.
const maxName = 64

// byItsName is what a member's name says alone, and the word that says it.
func byItsName(name string) (Kind, string) {
	parts := split(name[:min(len(name), maxName)])
	if len(parts) == 0 {
		return 0, ""
	}
	if k, ok := byName[strings.Join(parts, "_")]; ok {
		return k, strings.Join(parts, "_")
	}
	last := parts[len(parts)-1]
	if k, ok := byWord[last]; ok {
		return k, last
	}
	if one, plural := strings.CutSuffix(last, "s"); plural {
		if k, ok := byWord[one]; ok {
			return k, one
		}
		if one, ies := strings.CutSuffix(last, "ies"); ies {
			return byWord[one+"y"], one + "y"
		}
	}
	return 0, ""
}

var byFormat = map[string]Kind{
	"uri": URL, "url": URL, "iri": URL, "uri-reference": URL, "email": Mail, "idn-email": Mail, "hostname": Host, "idn-hostname": Host, "ipv4": Host, "ipv6": Host,
	"uuid": Identifier, "regex": Regex, "path": Path, "file-path": Path, "directory-path": Path, "byte": Text, "binary": Text,
}

// A place's own words, as its schema has them.
type told struct{ name, description, format string }

// of is the kind of a place, and why.
func (s *subject) of(t *told) (k Kind, why string) {
	if k, ok := byFormat[t.format]; ok {
		return k, "its format is " + t.format
	}
	k, word := byItsName(t.name)
	if word != "" && k != 0 {
		why = "its name says " + word
	}
	said := spoken(t.description)
	last := lastWord(t.name)
	for _, reading := range [...]func(*subject, *asked) (Kind, string){(*subject).aDatabase, (*subject).aLetter, (*subject).aFile, (*subject).aProgram, (*subject).aPeer} {
		if k, why := reading(s, &asked{last, t.name, k, said}); why != "" {
			return k, why
		}
	}
	return k, why
}

// asked is what one reading of a place's words goes by.
type asked struct {
	last, name string
	kind       Kind // by the name alone
	said       []string
}

func (s *subject) aDatabase(a *asked) (Kind, string) {
	switch {
	case a.kind == SQL || a.last == "query" && (s.sql || among(a.said, aboutSQL)) || a.last == "statement" && s.sql:
		if s.reads && !s.writes {
			return SQLRead, "the tool says that it reads a database"
		}
		return SQL, "it is of a database that speaks SQL"
	case a.last == "filter" && (s.ldap || among(a.said, aboutLDAP)):
		return LDAP, "it is of a directory"
	case (a.last == "query" || a.last == "filter" || a.last == "pipeline") && s.document:
		return Query, "it is of a database of documents"
	case a.last == "pattern" && (s.regex || among(a.said, aboutRegex)):
		return Regex, "its words say that it is a regular expression"
	}
	return 0, ""
}

func (s *subject) aLetter(a *asked) (Kind, string) {
	mail := s.mail || among(a.said, aboutMail)
	switch {
	case a.last == "amount" || s.money && (a.last == "price" || a.last == "total" || a.last == "sum" || a.last == "fee"):
		return Money, "it is an amount"
	case a.kind == Mail && !mail && a.last != "email":
		return 0, "its name says " + a.last + ", and nothing speaks of mail"
	case (a.last == "to" || a.last == "participants" || a.last == "attendees" || a.last == "sender") && mail:
		return Mail, "it is of a tool that sends mail"
	case a.last == "subject" && s.mail:
		return Header, "it is a line of a letter's head"
	}
	return 0, ""
}

var directions = words("destination", "dest", "target", "root", "source", "output")

func (s *subject) aFile(a *asked) (Kind, string) {
	switch {
	case a.last == "file" && a.kind == Path && among(a.said, aboutContent):
		return Text, "its words say that it is a file's content"
	case directions[a.last] && (s.files || among(a.said, aboutFiles)):
		return Path, "it is of a tool that works on files"
	case a.last == "uri" && among(a.said, aboutFiles):
		return URL | Path, "its words speak of files"
	case a.last == "repository" && s.commands && among(a.said, aboutFiles):
		return Path, "it is of a command that works in a directory"
	}
	return 0, ""
}

func (s *subject) aProgram(a *asked) (Kind, string) {
	switch {
	case a.kind == Code && among(a.said, words("bash", "shell", "sh")):
		return Shell, "its words speak of a shell"
	case a.kind == Code && a.last == "code" && a.name != "code" && !among(a.said, aboutCode):
		return 0, "it is the code of something"
	case a.kind == Code && a.name == "code" && !s.code && !among(a.said, aboutCode):
		return 0, "nothing speaks of a program"
	case s.commands && (a.kind == Identifier || a.kind == 0 && inCommands[a.last]):
		return Argument | Identifier, "it is a word of a command's arguments"
	case a.last == "key" && len(split(a.name)) > 1 && a.kind == 0:
		return Identifier, "its name says key"
	}
	return 0, ""
}

func (s *subject) aPeer(a *asked) (Kind, string) {
	network := s.network || among(a.said, aboutNetwork)
	switch {
	case (a.last == "domain" || a.last == "domains") && network:
		return Host, "it is of a tool that speaks of hosts"
	case (a.last == "header" || a.last == "headers") && network:
		return Header, "it is of a request's head"
	}
	return 0, ""
}

func lastWord(name string) string {
	all := split(name[:min(len(name), maxName)])
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

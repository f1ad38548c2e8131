package config

import (
	"slices"
	"strings"
)

// Tokens stand in the place of values that a model has no need to read, where what follows on
// the way back is "tokenise". They are of a caller and a server, and are kept in memory alone.
type Tokens struct {
	// Grants say into which arguments values are put back. Default: none.
	Grants []Grant `yaml:"grants"`
	// Digits are classes whose values, where they are nine digits and more, become other digits
	// (FF1): the same value has the same token, which tells who sees many which are equal.
	// Default: none.
	Digits []string `yaml:"digits"`
	// Most is how many values of one caller are kept; the oldest goes first. Default: 10000.
	Most int `yaml:"most"`
	// Age is how long a value is kept. Default: 24h.
	Age Duration `yaml:"age"`
}

// A Grant lets the values of a class go back to the server that they came from, in one
// argument.
type Grant struct {
	// Server is the id of the server.
	Server string `yaml:"server"`
	// Param is tool/argument; below it, names of members follow, and "*" for each element of a
	// list: pay/cards/*/number.
	Param string `yaml:"param"`
	// Class is secret, personal, custom (inspect.words) or exact (inspect.fingerprints).
	Class string `yaml:"class"`
}

// classes are what has tokens: the facts of what finds it.
var classes = []string{"secret", "personal", "custom", "exact"}

func (t *Tokens) set() bool {
	return len(t.Grants) > 0 || len(t.Digits) > 0 || t.Most != 0 || t.Age != 0
}

func (c *checker) tokens(cfg *Config) {
	const at = "inspect.tokens"
	t := &cfg.Inspect.Tokens
	for k, g := range t.Grants {
		at := index(at+".grants", k)
		if cfg.Servers[g.Server] == nil {
			c.add(at+".server", "%q is no server of this configuration", g.Server)
		}
		if tool, argument, ok := strings.Cut(g.Param, "/"); !ok || tool == "" || argument == "" {
			c.add(at+".param", "is no place; write tool/argument")
		}
		c.class(at+".class", g.Class)
	}
	for k, class := range t.Digits {
		c.class(index(at+".digits", k), class)
	}
	if t.Most < 1 {
		c.add(at+".most", "must be at least 1")
	}
}

func (c *checker) class(at, v string) {
	if !slices.Contains(classes, v) {
		c.add(at, "%q is none of secret, personal, custom and exact", v)
	}
}

// Tokenises reports whether something that i finds is replaced by tokens.
func (i *Inspect) Tokenises() bool {
	return i.Secrets.Back == tokenise || i.Personal.Back == tokenise ||
		slices.ContainsFunc(i.Words, func(d Dictionary) bool { return d.Back == tokenise }) ||
		slices.ContainsFunc(i.Fingerprints, func(f Fingerprints) bool { return f.Back == tokenise })
}

const tokenise = "tokenise"

// followsBack takes tokenise as well.
func (c *checker) followsBack(at, v string) {
	if v != tokenise {
		c.follows(at, v)
	}
}

// A Dictionary is words and phrases that an organisation has named.
type Dictionary struct {
	// Name is shown in the record, as custom/NAME: a-z, 0-9 and "-".
	Name string `yaml:"name"`
	// File has one word or phrase a line, of three bytes at least; ASCII letters match in
	// either case. Empty lines, and lines that begin with "# ", are none.
	File string `yaml:"file"`
	// Severity is of each word: info, low, medium, high or critical. Default: high.
	Severity string `yaml:"severity"`
	// In is what follows on the way to a server. Default: block.
	In string `yaml:"in"`
	// Back is what follows on the way to a caller; tokenise as well. Default: mask.
	Back string `yaml:"back"`
}

// Fingerprints are an organisation's own records, as keyed hashes.
type Fingerprints struct {
	// Name is shown in the record, as exact/NAME: a-z, 0-9 and "-".
	Name string `yaml:"name"`
	// File is what mantlet dlp fingerprint has made.
	File string `yaml:"file"`
	// KeyFile holds the key that it was made with, mode 0600.
	KeyFile string `yaml:"keyFile"`
	// In is what follows on the way to a server. Default: block.
	In string `yaml:"in"`
	// Back is what follows on the way to a caller; tokenise as well. Default: mask.
	Back string `yaml:"back"`
}

// fillRecords gives dictionaries and fingerprints what is not written.
func (i *Inspect) fillRecords(c *Config, base *Inspect) {
	if i.Words == nil {
		i.Words = base.Words
	}
	if i.Fingerprints == nil {
		i.Fingerprints = base.Fingerprints
	}
	for k := range i.Words {
		d := &i.Words[k]
		or(&d.Severity, "high")
		or(&d.In, "block")
		or(&d.Back, "mask")
		d.File = c.abs(d.File)
	}
	for k := range i.Fingerprints {
		f := &i.Fingerprints[k]
		or(&f.In, "block")
		or(&f.Back, "mask")
		f.File, f.KeyFile = c.abs(f.File), c.abs(f.KeyFile)
	}
}

func (i *Inspect) recordNames(at string, add func(at, path, outside string)) {
	for k, d := range i.Words {
		add(index(at+".words", k)+".file", d.File, "")
	}
	for k, f := range i.Fingerprints {
		add(index(at+".fingerprints", k)+".file", f.File, "")
		add(index(at+".fingerprints", k)+".keyFile", f.KeyFile, unencrypted)
	}
}

func (c *checker) records(at string, i *Inspect) {
	for k, d := range i.Words {
		at := index(at+".words", k)
		c.ruleName(at+".name", d.Name)
		if d.File == "" {
			c.add(at+".file", "is missing; name a file with a word or phrase a line")
		}
		c.severity(at+".severity", d.Severity)
		c.follows(at+".in", d.In)
		c.followsBack(at+".back", d.Back)
	}
	for k, f := range i.Fingerprints {
		at := index(at+".fingerprints", k)
		c.ruleName(at+".name", f.Name)
		if f.File == "" || f.KeyFile == "" {
			c.add(at, "needs a file and a keyFile; make them as docs/tasks/inspect-content.md says")
		}
		c.follows(at+".in", f.In)
		c.followsBack(at+".back", f.Back)
	}
}

// ruleName refuses what cannot be the name of a rule.
func (c *checker) ruleName(at, name string) {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		c.add(at, "%q is no name; use a-z, 0-9 and \"-\"", name)
	}
}

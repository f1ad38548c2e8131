package config

import "strings"

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
	// Back is what follows on the way to a caller. Default: mask.
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
	// Back is what follows on the way to a caller. Default: mask.
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
		c.follows(at+".back", d.Back)
	}
	for k, f := range i.Fingerprints {
		at := index(at+".fingerprints", k)
		c.ruleName(at+".name", f.Name)
		if f.File == "" || f.KeyFile == "" {
			c.add(at, "needs a file and a keyFile; make them as docs/tasks/inspect-content.md says")
		}
		c.follows(at+".in", f.In)
		c.follows(at+".back", f.Back)
	}
}

// ruleName refuses what cannot be the name of a rule.
func (c *checker) ruleName(at, name string) {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		c.add(at, "%q is no name; use a-z, 0-9 and \"-\"", name)
	}
}

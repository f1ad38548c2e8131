package config

import "slices"

// Inspect is what the content of every message is looked at for, and what follows. What
// follows is "off", "note" (the record and policy learn of it), "strip" (it is cut out),
// "mask" (a word takes its place that says what stood there) or "block" (the message is
// refused).
type Inspect struct {
	// Arguments is what follows where a call's arguments do not fit the schema that was
	// approved, or name what it does not know: block or note. Default: block.
	Arguments string `yaml:"arguments"`
	// Results is what follows where a structured result does not fit its schema: block or
	// note. Default: block.
	Results string `yaml:"results"`
	// Text is the length of a string that a schema puts no limit on. Default: 256KiB.
	Text Size `yaml:"text"`
	// Elements is how many elements an array may have that a schema puts no limit on.
	// Default: 10000.
	Elements int `yaml:"elements"`
	// Hidden is what a person does not see: zero-width letters, tags, turned text, escape
	// sequences of terminals. Default: note what goes in, strip what comes back.
	Hidden Detect `yaml:"hidden"`
}

// A Detect is one thing that is looked for.
type Detect struct {
	// In is what follows on the way to a server.
	In string `yaml:"in"`
	// Back is what follows on the way to a caller.
	Back string `yaml:"back"`
	// From is the lowest severity from which it follows: info, low, medium, high or
	// critical. What is below is noted.
	From string `yaml:"from"`
}

func (i *Inspect) fill() {
	or(&i.Arguments, "block")
	or(&i.Results, "block")
	or(&i.Text, 256<<10)
	or(&i.Elements, 10_000)
	i.Hidden.fill("note", "strip", "low")
}

func (d *Detect) fill(in, back, from string) {
	or(&d.In, in)
	or(&d.Back, back)
	or(&d.From, from)
}

var (
	follows    = []string{"off", "note", "strip", "mask", "block"}
	severities = []string{"info", "low", "medium", "high", "critical"}
)

// detects are the things that are looked for, by their keys.
func (i *Inspect) detects() map[string]*Detect { return map[string]*Detect{"hidden": &i.Hidden} }

func (c *checker) inspect(i *Inspect) {
	for key, v := range map[string]string{"arguments": i.Arguments, "results": i.Results} {
		if v != "block" && v != "note" {
			c.add("inspect."+key, "%q is neither block nor note", v)
		}
	}
	for key, d := range i.detects() {
		at := "inspect." + key
		for way, v := range map[string]string{".in": d.In, ".back": d.Back} {
			if !slices.Contains(follows, v) {
				c.add(at+way, "%q is none of off, note, strip, mask and block", v)
			}
		}
		if !slices.Contains(severities, d.From) {
			c.add(at+".from", "%q is none of info, low, medium, high and critical", d.From)
		}
	}
}

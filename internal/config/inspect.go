package config

import (
	"maps"
	"slices"
	"strings"
)

// Inspect is what the content of every message is looked at for, and what follows. What
// follows is "off", "note" (the record and policy learn of it), "strip" (it is cut out),
// "mask" (a word takes its place that says what stood there) or "block" (the message is
// refused). On the way back secrets, personal, words and fingerprints take "tokenise" as well:
// a token takes its place, which is put back where tokens.grants allow it.
type Inspect struct {
	// Profile gives what is not written its value: standard, or public for servers that
	// strangers call. Default: standard.
	Profile string `yaml:"profile"`
	// Arguments is what follows where a call's arguments do not fit the schema that was
	// approved, or name what it does not know: block or note. Default: block.
	Arguments string `yaml:"arguments"`
	// Results is what follows where a structured result does not fit its schema: block or
	// note. Default: block.
	Results string `yaml:"results"`
	// Protocol is a part of a message that is not what the protocol says that it is: of
	// another type or name (high), or without what it requires (medium); off, note or block.
	// Default: block, from high.
	Protocol Detect `yaml:"protocol"`
	// Text is the length of a string that a schema puts no limit on. Default: 256KiB; 4KiB
	// for public.
	Text Size `yaml:"text"`
	// Elements is how many elements an array may have that a schema puts no limit on.
	// Default: 10000; 100 for public.
	Elements int `yaml:"elements"`
	// Result is the size of the result of a tool, a prompt or a resource; a larger one is
	// refused. Default: limits.message; 256KiB for public.
	Result Size `yaml:"result"`
	// Hidden is what a person does not see: zero-width letters, tags, turned text, escape
	// sequences of terminals. Default: in note, back strip, from low.
	Hidden Detect `yaml:"hidden"`
	// Secrets are keys, tokens and passwords, by the forms that their issuers give them.
	// Default: in block, back mask, from high.
	Secrets Detect `yaml:"secrets"`
	// Personal are numbers of people by their check digits, and what stands beside them: cards,
	// accounts, national ids, phones. Default: note; for public, back mask, from medium.
	Personal Detect `yaml:"personal"`
	// Disclosure is what a result tells of the inside: stack traces, addresses of private
	// networks, versions. Default: back note; for public, back mask, from low.
	Disclosure Detect `yaml:"disclosure"`
	// Encoded is a text most of which is base64 or hexadecimal, and a result that is far
	// larger than its tool's others. Default: note.
	Encoded Detect `yaml:"encoded"`
	// Meta are the prefixes of names under _meta that pass, such as "com.example/"; those of
	// the protocol always do, and what else stands there is cut out. Default: all pass.
	Meta []string `yaml:"meta"`
	// Sinks is an argument that does more to what is behind the server than it should: paths
	// that leave their place, addresses of inner networks, commands in names, statements that
	// do more than read. Default: in block, from high.
	Sinks Detect `yaml:"sinks"`
	// Allow is what arguments may name.
	Allow Allow `yaml:"allow"`
	// Kinds say what becomes of an argument, by "tool/argument", where its definition does not
	// tell: shell, command-argument, sql-read, sql, path, url, host, html, ldap, template,
	// regex, code, mail, money, query, header, identifier, text (docs/design/sinks.md).
	Kinds map[string]string `yaml:"kinds"`
	// Injection is what speaks to a model and orders it about, carries data out in links, or
	// asks a person for secrets: the rules of packs. Default: in off, back block, from
	// critical.
	Injection Detect `yaml:"injection"`
	// Model is what the embedded model takes for a text that steers a model
	// (docs/model-card.md). It is never critical. Default: in off, back note, from critical.
	Model Detect `yaml:"model"`
	// Packs are files of rules beside those that are compiled in. An older version than was
	// once in force is refused. Default: none.
	Packs []Pack `yaml:"packs"`
	// Words are dictionaries of your own: projects, customers, marks of classification. Default:
	// none.
	Words []Dictionary `yaml:"words"`
	// Fingerprints find your own records in texts, without having them. Default: none.
	Fingerprints []Fingerprints `yaml:"fingerprints"`
	// Tokens say where the values of tokens are put back. They are for all servers, and stand in
	// no server's own section. Default: nowhere.
	Tokens Tokens `yaml:"tokens"`
	// Canaries are values that were laid out to be found. Default: block.
	Canaries Canaries `yaml:"canaries"`
	// ConditionsFile holds Cedar policies over the arguments of tools
	// (docs/tasks/inspect-content.md). Default: none.
	ConditionsFile string `yaml:"conditionsFile"`
	// FixturesFile holds calls and which condition refuses them, in JSON; where they do not
	// hold, the configuration is not taken. Default: none.
	FixturesFile string `yaml:"fixturesFile"`
	// Detectors are others' that are asked as well (docs/reference/detectors.md). Each call
	// waits for them. Default: none.
	Detectors []Detector `yaml:"detectors"`
}

// A Detector is a program or a service of others that judges texts. Secrets and personal data
// are cut out of what it is shown.
type Detector struct {
	// Name is shown in the record: a-z, 0-9 and "-".
	Name string `yaml:"name"`
	// URL is where it is asked: https, or http on 127.0.0.1 or [::1]; icaps (or icap there) and
	// a service is a scanner that speaks RFC 3507.
	URL string `yaml:"url"`
	// TokenFile holds a bearer token for URL, mode 0600.
	TokenFile string `yaml:"tokenFile"`
	// Model makes URL an endpoint of OpenAI's chat completions, and names the model.
	Model string `yaml:"model"`
	// Score is from what certainty, 1 to 100, a model's answer is a finding. Default: 60.
	Score int `yaml:"score"`
	// Command is a local program in place of URL: it reads a question a line, and answers each
	// with a line.
	Command []string `yaml:"command"`
	// Tools are "server/tool" or "server/*": it is asked about these alone. Default: all.
	Tools []string `yaml:"tools"`
	// Caller tells it who calls: their issuer and subject, for questions that only a business
	// system can answer, such as whether an account is theirs. Default: false.
	Caller bool `yaml:"caller"`
	// Phases are when it is asked: request, response. Default: both.
	Phases []string `yaml:"phases"`
	// Timeout is how long it may take. Default: 2s.
	Timeout Duration `yaml:"timeout"`
	// Do is what follows from a finding: note or block. Default: block.
	Do string `yaml:"do"`
	// From is the lowest severity from which it follows. Default: high.
	From string `yaml:"from"`
	// Mutate takes the texts that it proposes. Default: false.
	Mutate bool `yaml:"mutate"`
	// Open lets a message pass where it does not answer; only where it neither blocks nor
	// mutates. Default: false.
	Open bool `yaml:"open"`
	// ClosedFor are facts of a message for which it does not fail open after all, such as
	// secret and personal.
	ClosedFor []string `yaml:"closedFor"`
}

func (d *Detector) fill(c *Config) {
	or(&d.Score, 60)
	or(&d.Timeout, Duration(2*second))
	or(&d.Do, "block")
	or(&d.From, "high")
	if d.Phases == nil {
		d.Phases = []string{"request", "response"}
	}
	d.TokenFile = c.abs(d.TokenFile)
}

func (c *checker) detector(at string, d Detector) {
	c.ruleName(at+".name", d.Name)
	if (d.URL == "") == (len(d.Command) == 0) {
		c.add(at, "needs a url or a command, and not both")
	}
	for _, p := range d.Phases {
		if p != "request" && p != "response" {
			c.add(at+".phases", "%q is neither request nor response", p)
		}
	}
	if d.Do != "note" && d.Do != "block" {
		c.add(at+".do", "%q is neither note nor block", d.Do)
	}
	c.severity(at+".from", d.From)
	if d.Open && (d.Mutate || d.Do == "block") {
		c.add(at+".open", "lets messages pass that it should have judged; one that blocks or mutates may not fail open")
	}
	if d.Score < 1 || d.Score > 100 {
		c.add(at+".score", "must be 1 to 100")
	}
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

// Allow is what arguments may name. A list that is absent sets nothing, an empty one allows
// nothing.
type Allow struct {
	// Roots are the directories that paths lie in.
	Roots []string `yaml:"roots"`
	// Schemes are those of addresses. Default: http and https.
	Schemes []string `yaml:"schemes"`
	// Hosts are those of addresses; "*.example.com" is all below.
	Hosts []string `yaml:"hosts"`
	// Inner are hosts, addresses and ranges that are not public and may be named all the same.
	// Default: none; for mantlet up, localhost and the loopback range.
	Inner []string `yaml:"inner"`
	// Domains are those of recipients of mail.
	Domains []string `yaml:"domains"`
	// SQL is the most that a statement may do: read, write or define. Default: what the
	// argument's kind says.
	SQL string `yaml:"sql"`
	// Most is the largest amount of money.
	Most *float64 `yaml:"most"`
}

func (a *Allow) fill(c *Config, base *Allow) {
	for _, l := range []struct{ of, from *[]string }{{&a.Roots, &base.Roots}, {&a.Schemes, &base.Schemes}, {&a.Hosts, &base.Hosts}, {&a.Inner, &base.Inner}, {&a.Domains, &base.Domains}} {
		if *l.of == nil {
			*l.of = *l.from
		}
	}
	or(&a.SQL, base.SQL)
	or(&a.Most, base.Most)
	for i, root := range a.Roots {
		a.Roots[i] = c.abs(root)
	}
}

// A Pack is a file of rules.
type Pack struct {
	// File is the pack (internal/inspect/pack/core.yaml shows one).
	File string `yaml:"file"`
	// KeyFile is an Ed25519 public key in PEM: the pack is taken only with its signature.
	KeyFile string `yaml:"keyFile"`
	// SignatureFile holds the signature, 64 bytes, as openssl pkeyutl -sign -rawin writes it.
	// Default: File with ".sig".
	SignatureFile string `yaml:"signatureFile"`
}

// Canaries are values that no honest call carries.
type Canaries struct {
	// Files hold the values by their names, each of 12 bytes at least, mode 0600.
	Files map[string]string `yaml:"files"`
	// In is what follows where one is on its way to a server. Default: block.
	In string `yaml:"in"`
	// Back is what follows where one is on its way to a caller. Default: block.
	Back string `yaml:"back"`
}

// Bait is a tool that no server has and nobody needs.
type Bait struct {
	// Name is the tool's.
	Name string `yaml:"name"`
	// Description is what a model reads where it is listed.
	Description string `yaml:"description"`
	// Listed puts it into the server's list of tools; else it can only be guessed. Default:
	// false.
	Listed bool `yaml:"listed"`
}

// standard and public are the profiles.
var (
	standard = Inspect{
		Profile: "standard", Arguments: "block", Results: "block", Text: 256 << 10, Elements: 10_000,
		Protocol:   Detect{"block", "block", "high"},
		Hidden:     Detect{"note", "strip", "low"},
		Sinks:      Detect{"block", "off", "high"},
		Injection:  Detect{"off", "block", "critical"},
		Model:      Detect{"off", "note", "critical"},
		Secrets:    Detect{"block", "mask", "high"},
		Personal:   Detect{"note", "note", "medium"},
		Disclosure: Detect{"off", "note", "low"},
		Encoded:    Detect{"note", "note", "low"},
		Canaries:   Canaries{In: "block", Back: "block"},
	}
	public = Inspect{
		Profile: "public", Arguments: "block", Results: "block", Text: 4 << 10, Elements: 100, Result: 256 << 10,
		Protocol:   Detect{"block", "block", "medium"},
		Hidden:     Detect{"block", "strip", "low"},
		Meta:       []string{},
		Sinks:      Detect{"block", "off", "medium"},
		Injection:  Detect{"note", "block", "high"},
		Model:      Detect{"off", "note", "critical"},
		Secrets:    Detect{"block", "mask", "high"},
		Personal:   Detect{"note", "mask", "medium"},
		Disclosure: Detect{"off", "mask", "low"},
		Encoded:    Detect{"note", "note", "low"},
		Canaries:   Canaries{In: "block", Back: "block"},
	}
)

// fill gives what is absent the value of the profile that is written, else that of base.
func (i *Inspect) fill(c *Config, base *Inspect) {
	switch i.Profile {
	case "public":
		base = &public
	case "standard":
		base = &standard
	}
	or(&i.Profile, base.Profile)
	or(&i.Arguments, base.Arguments)
	or(&i.Results, base.Results)
	or(&i.Text, base.Text)
	or(&i.Elements, base.Elements)
	or(&i.Result, base.Result)
	or(&i.Result, c.Limits.Message)
	from := base.detects()
	for key, d := range i.detects() {
		d.fill(*from[key])
	}
	i.Canaries.fill(c, &base.Canaries)
	i.fillRecords(c, base)
	i.Allow.fill(c, &base.Allow)
	if i.Kinds == nil {
		i.Kinds = base.Kinds
	}
	if i.Meta == nil {
		i.Meta = base.Meta
	}
	or(&i.ConditionsFile, base.ConditionsFile)
	or(&i.FixturesFile, base.FixturesFile)
	i.ConditionsFile, i.FixturesFile = c.abs(i.ConditionsFile), c.abs(i.FixturesFile)
	if i.Packs == nil {
		i.Packs = base.Packs
	}
	for k := range i.Packs {
		p := &i.Packs[k]
		p.File, p.KeyFile = c.abs(p.File), c.abs(p.KeyFile)
		if p.KeyFile != "" {
			or(&p.SignatureFile, p.File+".sig")
		}
		p.SignatureFile = c.abs(p.SignatureFile)
	}
	if i.Detectors == nil {
		i.Detectors = base.Detectors
	}
	for k := range i.Detectors {
		i.Detectors[k].fill(c)
	}
}

func (d *Detect) fill(base Detect) {
	or(&d.In, base.In)
	or(&d.Back, base.Back)
	or(&d.From, base.From)
}

func (k *Canaries) fill(c *Config, base *Canaries) {
	or(&k.In, base.In)
	or(&k.Back, base.Back)
	if k.Files == nil {
		k.Files = base.Files
	}
	for name, file := range k.Files {
		k.Files[name] = c.abs(file)
	}
}

var (
	follows    = []string{"off", "note", "strip", "mask", "block"}
	severities = []string{"info", "low", "medium", "high", "critical"}
)

// detects are the things that are looked for, by their keys.
func (i *Inspect) detects() map[string]*Detect {
	return map[string]*Detect{"protocol": &i.Protocol, "hidden": &i.Hidden, "sinks": &i.Sinks, "injection": &i.Injection, "model": &i.Model, "secrets": &i.Secrets, "personal": &i.Personal, "disclosure": &i.Disclosure, "encoded": &i.Encoded}
}

// names are the files of i: what a bundle holds, and secrets, which it does not. Files that
// a server's own section has from the section above are named twice, which is the same.
func (i *Inspect) names(at string, add func(at, path, outside string)) {
	if i == nil {
		return
	}
	add(at+".conditionsFile", i.ConditionsFile, "")
	add(at+".fixturesFile", i.FixturesFile, "")
	for k, p := range i.Packs {
		for _, f := range []string{p.File, p.KeyFile, p.SignatureFile} {
			add(index(at+".packs", k), f, "")
		}
	}
	i.recordNames(at, add)
	for _, name := range slices.Sorted(maps.Keys(i.Canaries.Files)) {
		add(below(at+".canaries.files", name), i.Canaries.Files[name], unencrypted)
	}
	for k, d := range i.Detectors {
		add(index(at+".detectors", k)+".tokenFile", d.TokenFile, unencrypted)
	}
}

// off are the keys of what is looked for in neither direction.
func (i *Inspect) off() (keys []string) {
	for key, d := range i.detects() {
		if d.In == "off" && d.Back == "off" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func (c *checker) inspect(at string, i *Inspect) {
	if i.Profile != "standard" && i.Profile != "public" {
		c.add(at+".profile", "%q is neither standard nor public", i.Profile)
	}
	for key, v := range map[string]string{".arguments": i.Arguments, ".results": i.Results} {
		if v != "block" && v != "note" {
			c.add(at+key, "%q is neither block nor note", v)
		}
	}
	for key, d := range i.detects() {
		c.follows(at+"."+key+".in", d.In)
		if key == "secrets" || key == "personal" {
			c.followsBack(at+"."+key+".back", d.Back)
		} else {
			c.follows(at+"."+key+".back", d.Back)
		}
		c.severity(at+"."+key+".from", d.From)
	}
	if !slices.Contains([]string{"", "read", "write", "define"}, i.Allow.SQL) {
		c.add(at+".allow.sql", "%q is none of read, write and define", i.Allow.SQL)
	}
	for place := range i.Kinds {
		if tool, argument, ok := strings.Cut(place, "/"); !ok || tool == "" || argument == "" {
			c.add(below(at+".kinds", place), "is no place; write tool/argument")
		}
	}
	for k, p := range i.Packs {
		if p.File == "" || p.KeyFile == "" && p.SignatureFile != "" {
			c.add(index(at+".packs", k), "needs a file, and with a signature the key that it is by")
		}
	}
	for k, d := range i.Detectors {
		c.detector(index(at+".detectors", k), d)
	}
	c.records(at, i)
	if at != "inspect" && i.Tokens.set() {
		c.add(at+".tokens", "is for all servers: write it under inspect")
	}
	c.follows(at+".canaries.in", i.Canaries.In)
	c.follows(at+".canaries.back", i.Canaries.Back)
}

func (c *checker) follows(at, v string) {
	if !slices.Contains(follows, v) {
		c.add(at, "%q is none of off, note, strip, mask and block", v)
	}
}

func (c *checker) severity(at, v string) {
	if !slices.Contains(severities, v) {
		c.add(at, "%q is none of info, low, medium, high and critical", v)
	}
}

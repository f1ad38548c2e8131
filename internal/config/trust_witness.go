package config

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Witnesses are others who sign the catalogue's checkpoints, so that it cannot have one
// history here and another there (C045).
type Witnesses struct {
	// Operator is who runs this Mantlet: witnesses of their own do not count.
	Operator string `yaml:"operator"`
	// LogKeys are further keys of the catalogue's log: none of them is a witness's.
	LogKeys []string `yaml:"logKeys"`
	// K is how many other operators it takes. Nothing stops where there are fewer: it is
	// said so. Default: all of them.
	K int `yaml:"k"`
	// Every is the least time between two rounds. Default: 30s.
	Every Duration `yaml:"every"`
	// List are the witnesses.
	List []Witness `yaml:"list"`
}

// A Witness is one of them.
type Witness struct {
	// Name is what the log of Mantlet calls it.
	Name string `yaml:"name"`
	// Operator is who runs it: several witnesses of one operator count once.
	Operator string `yaml:"operator"`
	// Key is its public key, NAME+ID+KEY, for cosignature/v1 (C2SP tlog-cosignature).
	Key string `yaml:"key"`
	// URL is where it is asked, without /add-checkpoint: https, or http on this machine.
	URL string `yaml:"url"`
}

func (w *Witnesses) fill() {
	if w == nil {
		return
	}
	or(&w.Every, Duration(30*time.Second))
	or(&w.K, w.others())
}

// others is how many operators there are beside this Mantlet's own.
func (w *Witnesses) others() int {
	seen := make(map[string]bool)
	for _, one := range w.List {
		if one.Operator != "" && one.Operator != w.Operator {
			seen[one.Operator] = true
		}
	}
	return len(seen)
}

// keyForm is a key of a signed note (C2SP signed-note); whether it is one is found out
// where it is used.
var keyForm = regexp.MustCompile(`^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$`)

func (c *checker) witnesses(t *Trust) {
	w := t.Witnesses
	if w == nil {
		return
	}
	const at = "trust.witnesses"
	if !t.Pins() && c.sure("trust.firstUse") {
		c.add(at, "sign the catalogue, and nothing is pinned; set trust.firstUse")
	}
	if w.Operator == "" && c.sure(at+".operator") {
		c.add(at+".operator", "is missing; name who runs this Mantlet, whose own witnesses do not count")
	}
	if n := w.others(); (w.K < 1 || w.K > n) && c.sure(at+".k") && c.sure(at+".list") {
		c.add(at+".k", "is %d, and %d operators beside your own are named; it must be 1 to that", w.K, n)
	}
	for i, key := range w.LogKeys {
		if !keyForm.MatchString(key) {
			c.add(fmt.Sprintf("%s.logKeys[%d]", at, i), "is no key of a log; write NAME+ID+KEY")
		}
	}
	for i := range w.List {
		c.witness(fmt.Sprintf("%s.list[%d]", at, i), &w.List[i])
	}
}

func (c *checker) witness(at string, w *Witness) {
	for name, value := range map[string]string{"name": w.Name, "operator": w.Operator} {
		if value == "" && c.sure(at+"."+name) {
			c.add(at+"."+name, "is missing")
		}
	}
	if !keyForm.MatchString(w.Key) && c.sure(at+".key") {
		c.add(at+".key", "is no key of a witness; write NAME+ID+KEY")
	}
	u, err := url.Parse(w.URL)
	switch {
	case !c.sure(at + ".url"):
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		c.add(at+".url", "is no address of a witness; write https://HOST/PATH, with neither a password nor a query")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(hostPort(u))):
		c.add(at+".url", "would ask the witness without TLS; write https")
	}
}

func hostPort(u *url.URL) string {
	if u.Port() == "" {
		return u.Host + ":80"
	}
	return u.Host
}

var reverseDNS = regexp.MustCompile(`^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$`)

// maxRegistryName leaves room for a server's id: a listed name has 200 bytes at most.
const maxRegistryName = 100

func (c *checker) registry(t *Trust) {
	if !reverseDNS.MatchString(t.RegistryName) || len(t.RegistryName) > maxRegistryName {
		c.add("trust.registryName", "%q is no domain name written backwards, such as com.example, of at most %d bytes", t.RegistryName, maxRegistryName)
	}
	if t.RegistryURL == "" {
		return
	}
	u, err := url.Parse(t.RegistryURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		c.add("trust.registryURL", "is no address; write https://HOST or https://HOST:PORT")
	}
}

package lookalike

import (
	"slices"
	"strings"
)

// A How is why a name can be taken for another.
type How uint8

// The reasons; see the package's comment. The zero How is none.
const (
	None How = iota
	Confusable
	Separators
	Affix
	Order
	Plural
	Swapped
	Doubled
	Dropped
	Keyboard
	Typo
)

var hows = [...]string{"none", "confusable", "separators", "affix", "order", "plural", "swapped", "doubled", "dropped", "keyboard", "typo"}

func (h How) String() string {
	if int(h) < len(hows) {
		return hows[h]
	}
	return "none"
}

// A Resemblance says that a name can be taken for Known, and why. Distance is how many
// letters differ, 0 where none do.
type Resemblance struct {
	Known    string
	Server   string // whose name Known is; of an Index only
	How      How
	Distance int
}

// Resembles reports that name can be taken for known. Of tools of the same server only
// equal skeletons count. A name does not resemble itself: that two servers use one name
// is a collision, which needs no guess.
func Resembles(name, known string, sameServer bool) (Resemblance, bool) {
	if name == known {
		return Resemblance{}, false
	}
	return compare(read(name), read(known), sameServer)
}

// A reading is a name as it is compared.
type reading struct {
	name     string
	skeleton string
	words    []string // plain
	bare     []string // words, as they look, without those that only promise
}

func read(name string) reading {
	r := reading{name: name, words: words(name)}
	r.skeleton = skeleton(strings.Join(r.words, ""))
	for _, w := range bare(r.words) {
		r.bare = append(r.bare, skeleton(w))
	}
	return r
}

func compare(a, b reading, sameServer bool) (Resemblance, bool) {
	how, distance := None, 0
	switch {
	case a.skeleton == "" || b.skeleton == "":
	case a.skeleton == b.skeleton && slices.Equal(letters(a.name), letters(b.name)):
		how = Separators
	case a.skeleton == b.skeleton:
		how = Confusable
	case sameServer:
	default:
		how, distance = resemble(a, b)
	}
	return Resemblance{Known: b.name, How: how, Distance: distance}, how != None
}

// letters are the letters and digits of ASCII of a name, in lower case.
func letters(name string) (out []rune) {
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f {
			out = append(out, r)
		}
	}
	return out
}

func resemble(a, b reading) (How, int) {
	x, y := strings.Join(a.bare, ""), strings.Join(b.bare, "")
	switch {
	case x == y || glued(a.skeleton, b.skeleton):
		return Affix, 0
	case len(a.bare) > 1 && slices.Equal(slices.Sorted(slices.Values(a.bare)), slices.Sorted(slices.Values(b.bare))):
		return Order, 0
	}
	return slip(a, b)
}

// promises are words that say nothing of what a thing does, and much of how good it is.
// kinds are words that say nothing beside the name of a product, and much elsewhere:
// github-app is github, and list_apps is not list.
var (
	promises = table(`official officially original genuine real true trusted verified certified secure secured safe enterprise premium pro plus
		max lite ultra super new newer latest next updated improved enhanced better best fast advanced ng v ver version beta alpha stable
		server servers mcp the my js ts py`)
	kinds = table(`tool tools plugin app api client connector integration service hub io ai dev hq inc cli sdk`)
)

func table(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// bare is words without those that only promise, without numbers behind them, and of the
// name of a product without kinds, where anything is left.
func bare(words []string) []string {
	var out, versionless []string
	product := slices.ContainsFunc(words, func(w string) bool { return brands[w] || len(w) > 2 && !promises[w] && strange(w) })
	for i, w := range words {
		version := digitsAlone([]byte(w)) && (i == len(words)-1 || i > 0 && promises[words[i-1]])
		if !promises[w] && !version && (!product || !kinds[w]) {
			out = append(out, w)
		}
		if !version && w != "v" {
			versionless = append(versionless, w)
		}
	}
	switch {
	case len(out) > 0:
		return out
	case len(versionless) > 0: // mcp-server
		return versionless
	}
	return words
}

// glued reports that one skeleton is the other with a word that only promises stuck to
// it: githubofficial. Words of two letters prove nothing.
func glued(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(b) < 4 {
		return false
	}
	front, atFront := strings.CutSuffix(a, b)
	back, atBack := strings.CutPrefix(a, b)
	return atFront && sticks[front] || atBack && sticks[back]
}

// sticks are promises as they look.
var sticks = func() map[string]bool {
	m := make(map[string]bool)
	for w := range promises {
		if len(w) > 2 {
			m[skeleton(w)] = true
		}
	}
	return m
}()

// slip compares what is left of both names after the words that they share: of all
// their words, then of those that do not only promise.
func slip(a, b reading) (How, int) {
	if how, distance := slipIn(a.words, b.words); how != None {
		return how, distance
	}
	return slipIn(bare(a.words), bare(b.words))
}

func slipIn(a, b []string) (How, int) {
	left, right := apart(a, b)
	x, y := flat(strings.Join(left, "")), flat(strings.Join(right, ""))
	if x == "" || y == "" {
		return None, 0
	}
	if len(left) == 1 && len(right) == 1 && plural(x, y) {
		if brands[left[0]] || brands[right[0]] {
			return Plural, 1
		}
		return None, 0
	}
	if !slices.ContainsFunc(left, strange) {
		return None, 0
	}
	limit := allowed(right, min(len(x), len(y)), len(a) > 1)
	if more := max(len(x)-len(y), len(y)-len(x)); len(x) > 3 && squeezed(x) == squeezed(y) && more > 0 && more <= max(limit, 1) {
		return Doubled, more
	}
	distance := within(x, y, max(limit, 1))
	if distance < 0 || limit == 0 && (len(x) < 4 || kind(x, y, distance) != Swapped) {
		return None, 0
	}
	how := kind(x, y, distance)
	if how == Typo && min(len(x), len(y)) < 5 { // short words become others by any letter: cast and cost
		return None, 0
	}
	return how, distance
}

// apart is what a and b hold that the other does not, between what they share.
func apart(a, b []string) (left, right []string) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a, b
}

// allowed is how many letters may differ in n. Where an ordinary word became a strange
// one, a letter is enough; where both are strange, as two abbreviations are, only long
// words are compared. A short word counts only beside others. A letter that is doubled, or
// swapped with the next, is seen in any word of four.
func allowed(right []string, n int, beside bool) int {
	known := !slices.ContainsFunc(right, strange)
	switch {
	case n >= 10 || n >= 8 && known:
		return 2
	case n >= 6 || n >= 5 && known || n >= 2 && known && beside:
		return 1
	}
	return 0
}

// strange reports that a word is no ordinary one, nor a form of one, nor two of them
// written as one.
func strange(w string) bool {
	if digitsAlone([]byte(w)) || common(w) {
		return false
	}
	for i := 4; i <= len(w)-4; i++ {
		if common(w[:i]) && common(w[i:]) {
			return false
		}
	}
	return true
}

// common reports that w is an ordinary word or a form of one.
func common(w string) bool {
	if ordinary[w] || brands[w] {
		return true
	}
	for _, f := range forms {
		stem, ok := strings.CutSuffix(w, f.end)
		if ok && len(stem) > 2 && ordinary[stem+f.of] && !strings.HasSuffix(stem, f.end[:1]) {
			return true
		}
	}
	return false
}

// forms are ends of words, and what stood in their place.
var forms = []struct{ end, of string }{
	{"s", ""}, {"es", ""}, {"ies", "y"}, {"ed", ""}, {"ed", "e"}, {"ing", ""}, {"ing", "e"}, {"er", ""}, {"er", "e"}, {"ly", ""},
}

// squeezed is s with one letter for each run of it.
func squeezed(s string) string {
	return string(slices.Compact([]byte(s)))
}

// plural reports that one is the other with an s.
func plural(x, y string) bool {
	if len(x) > len(y) {
		x, y = y, x
	}
	return x+"s" == y && !strings.HasSuffix(x, "s")
}

// brands are names that are ordinary words of descriptions too: a plural of one is no
// honest word.
var brands = table(`github gitlab slack notion stripe linear jira confluence google gmail drive calendar sheets dropbox figma asana trello
	airtable hubspot salesforce shopify discord telegram twitter youtube spotify reddit linkedin postgres postgresql mysql mongodb redis
	sqlite elasticsearch kafka docker kubernetes terraform cloudflare vercel netlify supabase firebase sentry datadog grafana prometheus
	playwright puppeteer brave tavily exa perplexity openai anthropic pinecone qdrant neo4j snowflake bigquery zapier twilio sendgrid
	paypal zoom todoist obsidian wikipedia arxiv`)

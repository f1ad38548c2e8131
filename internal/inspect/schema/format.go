package schema

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The formats that the library reads more loosely than their RFCs, or not at all.
var formats = map[string]func(string) bool{
	"uri":           uri(`A-Za-z0-9\-._~`, ``, true),
	"uri-reference": uri(`A-Za-z0-9\-._~`, ``, false),
	"iri":           uri(letters, private, true),
	"iri-reference": uri(letters, private, false),
	"uri-template":  template.MatchString,
	"duration":      duration,
	"hostname":      ascii(hostname),
	"idn-hostname":  hostname,
	"email":         ascii(mailbox),
	"idn-email":     mailbox,
	"ipv4":          ipv4,
}

var errFormat = errors.New("it is not in this format")

func register(c *jsonschema.Compiler) {
	for name, ok := range formats {
		c.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(v any) error {
			if s, is := v.(string); is && !ok(s) {
				return errFormat
			}
			return nil
		}})
	}
}

// letters are what RFC 3987 adds to the unreserved characters.
const letters = `A-Za-z0-9\-._~\x{a0}-\x{d7ff}\x{f900}-\x{fdcf}\x{fdf0}-\x{ffef}\x{10000}-\x{efffd}`

// private are allowed in an IRI's query alone.
const private = `\x{e000}-\x{f8ff}\x{f0000}-\x{ffffd}\x{100000}-\x{10fffd}`

// uri reads RFC 3986 (or 3987, by its letters), appendix A.
func uri(letters, private string, absolute bool) func(string) bool {
	some := func(more string) string { return `(?:[` + letters + `!$&'()*+,;=` + more + `]|%[0-9A-Fa-f]{2})` }
	char := some(`:@`)
	authority := `//(?:` + some(`:`) + `*@)?(\[[0-9A-Fa-fvV:.` + letters + `!$&'()*+,;=]*\]|` + some(``) + `*)(?::[0-9]*)?(?:/` + char + `*)*`
	rooted := `/(?:` + char + `+(?:/` + char + `*)*)?`
	first := char + `+`
	scheme := `[A-Za-z][A-Za-z0-9+.\-]*:`
	tail := `(?:\?` + some(`:@/?`+private) + `*)?(?:#` + some(`:@/?`) + `*)?`
	whole := `^` + scheme + `(?:` + authority + `|` + rooted + `|` + first + `(?:/` + char + `*)*|)` + tail + `$`
	relative := `^(?:` + authority + `|` + rooted + `|` + some(`@`) + `+(?:/` + char + `*)*|)` + tail + `$`
	full, part := regexp.MustCompile(whole), regexp.MustCompile(relative)
	return func(s string) bool {
		m := full.FindStringSubmatch(s)
		if m == nil && !absolute {
			m = part.FindStringSubmatch(s)
		}
		return m != nil && host(m[1])
	}
}

// host looks into the brackets of an IP literal.
func host(s string) bool {
	if !strings.HasPrefix(s, "[") {
		return true
	}
	s = strings.Trim(s, "[]")
	if s != "" && s[0]|0x20 == 'v' {
		return future.MatchString(s)
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && a.Zone() == ""
}

var (
	future   = regexp.MustCompile(`^[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+$`)
	template = regexp.MustCompile(`^(?:[^\x00-\x20"%<>\\^` + "`" + `{|}\x7f]|%[0-9A-Fa-f]{2}|\{[+#./;?&=,!@|]?` + variable + `(?:,` + variable + `)*\})*$`)
	lengths  = regexp.MustCompile(`^P(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)?(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?)$`)
	local    = regexp.MustCompile(`^(?:[^\x00-\x20()<>@,;:\\".\[\]\x7f]+(?:\.[^\x00-\x20()<>@,;:\\".\[\]\x7f]+)*|"(?:[^\x00-\x1f"\\\x7f]|\\[\x20-\x7e])*")$`)
)

const variable = `(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?::[1-9][0-9]{0,3}|\*)?`

// duration reads RFC 3339, appendix A.
func duration(s string) bool { return len(s) > 1 && lengths.MatchString(s) }

func ascii(ok func(string) bool) func(string) bool {
	return func(s string) bool {
		for i := range len(s) {
			if s[i] > 0x7e {
				return false
			}
		}
		return ok(s)
	}
}

func mailbox(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || !local.MatchString(s[:at]) {
		return false
	}
	domain := s[at+1:]
	if address, ok := strings.CutPrefix(domain, "["); ok {
		address, closed := strings.CutSuffix(address, "]")
		six, is6 := strings.CutPrefix(address, "IPv6:")
		return closed && (is6 && host("["+six+"]") || !is6 && ipv4(address))
	}
	return hostname(domain)
}

// names are as IDNA 2008 has them (RFC 5891), with the lengths of RFC 1034.
var names = idna.New(idna.ValidateLabels(true), idna.CheckHyphens(true), idna.CheckJoiners(true),
	idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.BidiRule())

func hostname(s string) bool {
	s = dots.Replace(s)
	if strings.HasSuffix(s, ".") {
		return false
	}
	plain, err := names.ToASCII(s)
	if err != nil || !plainName.MatchString(plain) {
		return false
	}
	back, err := names.ToUnicode(plain)
	if err != nil || !norm.NFKC.IsNormalString(back) {
		return false
	}
	again, err := names.ToASCII(back)
	if err != nil || !strings.EqualFold(again, plain) {
		return false
	}
	for label := range strings.SplitSeq(back, ".") {
		if !inContext([]rune(label)) || strings.HasPrefix(strings.ToLower(label), "xn--") {
			return false
		}
	}
	return true
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9.\-]+$`)

var dots = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".")

func ipv4(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

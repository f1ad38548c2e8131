package netguard

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/mantlet-mcp/mantlet"
)

// maxURL is how long a URL may be, in bytes.
const maxURL = 2048

// ErrRefused marks every no of this package.
var ErrRefused = errors.New("netguard: refused")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRefused, fmt.Sprintf(format, args...))
}

// A Configured is a URL that an administrator wrote down: it may be anywhere. The
// zero Configured is nowhere.
type Configured struct{ at url.URL }

// ParseConfigured takes an http or https URL with a host and without a user.
func ParseConfigured(s string) (Configured, error) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return Configured{}, errors.New("the url must be http or https with a host, and without a user")
	}
	return Configured{*u}, nil
}

// URL is c for the open dialler, and a copy.
func (c Configured) URL() *url.URL {
	u := c.at
	return &u
}

// String is its place alone: a path or query may be a secret.
func (c Configured) String() string { return c.at.Scheme + "://" + c.at.Host }

// A Learned is a URL that a peer named. There is no way to its text but a Guard's
// client, so that it cannot be dialled by accident with anything else. (Its field
// has another name than Configured's, so that neither converts to the other.)
type Learned struct{ named url.URL }

// String does not give the URL, which nobody should be able to dial.
func (l Learned) String() string { return "a learned url at " + mantlet.Escape(l.named.Host) }

// GoString is String, for %#v.
func (l Learned) GoString() string { return l.String() }

// ParseLearned takes an absolute http or https URL in the one spelling that all
// parsers read alike: RFC 3986 in visible ASCII, without a user, a fragment, a
// backslash, an empty or padded port. Whether it may be dialled is for the Guard.
func ParseLearned(s string) (Learned, error) {
	if err := plainText(s); err != nil {
		return Learned{}, err
	}
	u, err := url.Parse(s)
	if err != nil {
		return Learned{}, refuse("not a url")
	}
	rest, ok := strings.CutPrefix(strings.ToLower(s), u.Scheme+"://")
	if !ok || (u.Scheme != "http" && u.Scheme != "https") || strings.HasPrefix(rest, "/") {
		return Learned{}, refuse("not an absolute http or https url")
	}
	return learned(u)
}

// Resolve reads reference, an absolute URL or one relative to c, as ParseLearned does.
func (c Configured) Resolve(reference string) (Learned, error) {
	if err := plainText(reference); err != nil {
		return Learned{}, err
	}
	if before, _, found := strings.Cut(reference, "://"); found && !strings.ContainsAny(before, "/?") {
		return ParseLearned(reference)
	}
	u, err := url.Parse(reference)
	if err != nil || u.Scheme != "" || u.Opaque != "" || strings.HasPrefix(reference, "///") { // which browsers read as a host
		return Learned{}, refuse("not a reference to an http or https url")
	}
	return learned(c.at.ResolveReference(u))
}

func learned(u *url.URL) (Learned, error) {
	if err := authority(u); err != nil {
		return Learned{}, err
	}
	return Learned{*u}, nil
}

// Owns turns l into a Configured if it has c's scheme, host and port: who may be
// asked anything at c may name another path there, and no other place.
func (c Configured) Owns(l Learned) (Configured, error) {
	if c.at.Scheme == "" || c.at.Scheme != l.named.Scheme || !strings.EqualFold(c.at.Hostname(), l.named.Hostname()) || port(&c.at) != port(&l.named) || l.named.User != nil {
		return Configured{}, refuse("it is not of the configured scheme, host and port")
	}
	return Configured{l.named}, nil
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// plainText refuses what some parser strips, folds or turns into something else.
func plainText(s string) error {
	if s == "" || len(s) > maxURL {
		return refuse("a url has 1 to %d bytes", maxURL)
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`\"<>^{|}`+"`#", c) >= 0 {
			return refuse("a url holds a space, a fragment or a character that must be escaped")
		}
	}
	return nil
}

// authority refuses a user, and a host or port whose spelling parsers differ about.
func authority(u *url.URL) error {
	host, bracketed := u.Hostname(), strings.HasPrefix(u.Host, "[")
	switch {
	case u.User != nil || strings.Contains(u.Host, "@"):
		return refuse("a url names a user")
	case host == "" || strings.Contains(host, "%") || bracketed != strings.Contains(host, ":"):
		return refuse("the host cannot be read in one way only")
	case strings.HasSuffix(u.Host, ":"):
		return refuse("the port is empty")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 || p[0] == '0' {
			return refuse("the port is no number from 1 to 65535")
		}
	}
	return nil
}

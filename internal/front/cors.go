package front

import (
	"net/http"
	"strings"
)

// Pages of the origins that the configuration names may call, and a browser lets them
// only if it is told so (WHATWG Fetch, section 3.2, CORS protocol). It is told the one
// origin that asked, never "*", and never that it may add credentials of its own: a
// page calls with the token that it was given, or not at all.
var (
	varyOrigin   = []string{"Origin"}
	corsExposed  = []string{"Mcp-Session-Id, Www-Authenticate, Mantlet-Exchange, Retry-After"}
	corsMethods  = []string{"POST, GET, DELETE"}
	corsHeaders  = "Authorization, Content-Type, Accept, Last-Event-Id, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name"
	corsLifetime = []string{"600"} // seconds; the request itself is judged anew each time
)

// shareWith tells the browser that the page of an origin that was let in may read
// what is answered, refusals too. Every answer varies with the origin, also that to
// no origin: a cache must not give it to a page.
func (v *visit) shareWith() {
	if v.s.Transport == "unix" {
		return
	}
	h := v.w.Header()
	h["Vary"] = varyOrigin
	if origin := v.r.Header["Origin"]; len(origin) == 1 && v.s.origins[origin[0]] {
		h["Access-Control-Allow-Origin"] = origin
		h["Access-Control-Expose-Headers"] = corsExposed
	}
}

// preflight answers a browser that asks whether a page may send what it wants to, and
// reports whether that was asked. It comes without credentials, reaches nobody, and
// says the same for every path.
func (v *visit) preflight() bool {
	if v.r.Method != http.MethodOptions || v.r.Header.Get("Access-Control-Request-Method") == "" || v.w.Header()["Access-Control-Allow-Origin"] == nil {
		return false
	}
	h := v.w.Header()
	h.Del("Access-Control-Expose-Headers") // it belongs on the answer to the request itself
	h["Access-Control-Allow-Methods"] = corsMethods
	h["Access-Control-Allow-Headers"] = []string{corsHeaders + mirrorsAsked(v.r.Header["Access-Control-Request-Headers"])}
	h["Access-Control-Max-Age"] = corsLifetime
	v.begin(http.StatusNoContent)
	return true
}

// mirrorsAsked are the Mcp-Param headers among those asked for, each after a comma:
// CORS knows no prefixes.
func mirrorsAsked(asked []string) string {
	var b strings.Builder
	for name := range strings.SplitSeq(strings.Join(asked, ","), ",") {
		name = http.CanonicalHeaderKey(strings.TrimSpace(name)) // leaves what is no token as it is
		if rest, ok := strings.CutPrefix(name, paramPrefix); ok && rest != "" {
			b.WriteString(", ")
			b.WriteString(name)
		}
	}
	return b.String()
}

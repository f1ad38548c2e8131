package front

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// nobody is an identity that lets no one in.
type nobody struct{}

func (nobody) Authenticate(context.Context, identity.Credentials) (mantlet.Principal, error) {
	return mantlet.Principal{}, &mantlet.Fault{Kind: mantlet.Unidentified, Public: "no", Remedy: mantlet.Challenge{Header: "Bearer"}}
}

// corsOf are the headers of the CORS protocol in an answer, sorted.
func corsOf(h http.Header) []string {
	var out []string
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// A browser that asks for a page of an allowed origin is told what the page may send;
// one that asks for any other page is told nothing. Either way nobody is reached, and
// nobody need be known.
func TestPreflight(t *testing.T) {
	co := answering(wire.Rev20251125, `{}`)
	s, refused := server(t, co, func(o *Options) { o.Origins, o.Identity = []string{"https://app.example"}, nobody{} })
	for name, c := range map[string]struct {
		origins []string
		asked   string
		path    string
		want    int
	}{
		"an allowed page":           {[]string{"https://app.example"}, "POST", "/mcp/s", 204},
		"of a server that is not":   {[]string{"https://app.example"}, "POST", "/mcp/nosuch", 204},
		"at no endpoint":            {[]string{"https://app.example"}, "POST", "/elsewhere", 404},
		"another page":              {[]string{"https://evil.example"}, "POST", "/mcp/s", 403},
		"a page of no origin":       {[]string{"null"}, "POST", "/mcp/s", 403},
		"an origin below":           {[]string{"https://x.app.example"}, "POST", "/mcp/s", 403},
		"the same name, clear":      {[]string{"http://app.example"}, "POST", "/mcp/s", 403},
		"two origins":               {[]string{"https://app.example", "https://app.example"}, "POST", "/mcp/s", 400},
		"two origins, one foreign":  {[]string{"https://app.example", "https://evil.example"}, "POST", "/mcp/s", 403},
		"OPTIONS that asks nothing": {[]string{"https://app.example"}, "", "/mcp/s", 401},
		"no page at all":            {nil, "POST", "/mcp/s", 401},
	} {
		t.Run(name, func(t *testing.T) {
			before := refused.n
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodOptions, s.URL+c.path, nil)
			req.Header["Origin"] = c.origins
			if c.asked != "" {
				req.Header.Set("Access-Control-Request-Method", c.asked)
			}
			req.Header.Set("Access-Control-Request-Headers", "authorization,content-type, mcp-param-region,mcp-param-,mcp-param-a b,x-other,cookie")
			resp, err := s.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			h := resp.Header
			if resp.StatusCode != c.want || len(co.seen) != 0 {
				t.Fatalf("%d, want %d; %d exchanges", resp.StatusCode, c.want, len(co.seen))
			}
			if (refused.n > before) != (c.want != 204) {
				t.Errorf("%d refusals were counted", refused.n-before)
			}
			if c.want != 204 {
				if h.Get("Access-Control-Allow-Methods") != "" || h.Get("Access-Control-Allow-Headers") != "" {
					t.Errorf("%v", h)
				}
				return
			}
			want := []string{"Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Access-Control-Max-Age"}
			if got := corsOf(h); !slices.Equal(got, want) {
				t.Errorf("%v", got)
			}
			if h.Get("Access-Control-Allow-Origin") != "https://app.example" || h.Get("Vary") != "Origin" || h.Get("Access-Control-Allow-Methods") != "POST, GET, DELETE" ||
				h.Get("Access-Control-Allow-Headers") != corsHeaders+", Mcp-Param-Region" {
				t.Errorf("%v", h)
			}
		})
	}
}

// A page of an allowed origin may read what it is answered, refusals too; no other
// page may, and no answer is for all.
func TestWhoMayReadTheAnswer(t *testing.T) {
	allowed := func(o *Options) { o.Origins = []string{"https://app.example"} }
	s, _ := server(t, answering(wire.Rev20251125, `{}`), allowed)
	locked, _ := server(t, answering(wire.Rev20251125, `{}`), func(o *Options) { allowed(o); o.Identity = nobody{} })
	const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{}}}`
	open, _ := post(t, s, map[string]string{"Origin": "https://app.example"}, hello)
	refused, _ := post(t, locked, map[string]string{"Origin": "https://app.example"}, hello)
	foreign, _ := post(t, s, map[string]string{"Origin": "https://evil.example"}, hello)
	none, _ := post(t, s, nil, hello)
	if open.StatusCode != 200 || refused.StatusCode != 401 || foreign.StatusCode != 403 || none.StatusCode != 200 {
		t.Fatalf("%d %d %d %d", open.StatusCode, refused.StatusCode, foreign.StatusCode, none.StatusCode)
	}
	for name, h := range map[string]http.Header{"answered": open.Header, "refused": refused.Header} {
		if got := corsOf(h); !slices.Equal(got, []string{"Access-Control-Allow-Origin", "Access-Control-Expose-Headers"}) || h.Get("Access-Control-Allow-Origin") != "https://app.example" {
			t.Errorf("%s: %v", name, h)
		}
		for _, shown := range []string{"Mcp-Session-Id", "Www-Authenticate", "Mantlet-Exchange", "Retry-After"} {
			if !strings.Contains(h.Get("Access-Control-Expose-Headers"), shown) {
				t.Errorf("%s: the page cannot read %s", name, shown)
			}
		}
	}
	for name, h := range map[string]http.Header{"a foreign page": foreign.Header, "without a page": none.Header} {
		if got := corsOf(h); len(got) != 0 || h.Get("Vary") != "Origin" {
			t.Errorf("%s: %v, Vary %q", name, got, h.Get("Vary"))
		}
	}
}

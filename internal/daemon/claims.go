package daemon

import (
	"context"
	"net/http"
	"net/url"
)

// ClaimsPath is where claims are compared. GET: []Compared, of ?server=.
const ClaimsPath = "/catalogue/claims"

// A Compared is one thing that a registry claims of a server, beside what is known of it:
// "agrees", "differs", or "unknown" where there is nothing to compare it with.
type Compared struct {
	Name       string `json:"name"`  // that the registry gives the server
	Claim      string `json:"claim"` // may hold a stranger's words: escape it
	Configured string `json:"configured"`
	Pinned     string `json:"pinned"`
}

// Claims compares what was imported of a server with what is configured and pinned.
func (c *Client) Claims(ctx context.Context, server string) (out []Compared, err error) {
	return out, c.json(ctx, http.MethodGet, ClaimsPath+"?"+url.Values{"server": {server}}.Encode(), nil, &out)
}

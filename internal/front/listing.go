package front

import (
	"errors"
	"net/http"
	"strings"

	"github.com/mantlet-mcp/mantlet"
)

// listingPath is where the MCP registry's API has its list.
const listingPath = "/v0.1/servers"

// A Listing answers what is below /v0.1/servers, for a caller whose credentials open
// those servers: never none. The request holds no credentials any more.
type Listing func(w http.ResponseWriter, r *http.Request, opens []mantlet.ServerID)

// isListing reports whether the request is for the listing, where there is one. It has
// passed everything that a request for a server passes before it is identified.
func (v *visit) isListing() bool {
	return v.s.Listing != nil && (v.r.URL.Path == listingPath || strings.HasPrefix(v.r.URL.Path, listingPath+"/"))
}

// list finds out which servers the caller's credentials open, and hands over.
func (v *visit) list() {
	opens, err := v.opens()
	if err != nil {
		v.refuse(err)
		return
	}
	v.s.Listing(v.w, v.r, opens)
}

// opens asks of each server as if the request went there. A token is one server's, so
// that is the one server which its bearer is told of; that of all servers together is told
// of all. Who opens none is refused as at any server, and so is everybody where an
// authenticator cannot say.
func (v *visit) opens() (out []mantlet.ServerID, err error) {
	c := v.credentials()
	var refused error = &mantlet.Fault{Kind: mantlet.Unknown, Public: "no server is configured here", Stage: "front"}
	ask := func(id mantlet.ServerID) (bool, error) {
		c.Server = id
		who, err := v.authenticate(c)
		var f *mantlet.Fault
		if errors.As(err, &f) && f.Kind == mantlet.Unidentified {
			refused, err = err, nil
		}
		return !who.IsZero(), err
	}
	if v.s.mounted[mantlet.Joined] {
		if all, err := ask(mantlet.Joined); all || err != nil {
			return v.s.Servers, err
		}
	}
	for _, id := range v.s.Servers {
		switch ok, err := ask(id); {
		case err != nil:
			return nil, err
		case ok:
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		return nil, refused
	}
	return out, nil
}

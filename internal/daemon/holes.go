package daemon

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Advisories are what is known of the holes in servers, and by which data.
type Advisories struct {
	Path    string    `json:"path,omitempty"`    // "" where none are configured: nobody knows
	Trouble string    `json:"trouble,omitempty"` // why they cannot be read; escaped
	Records int       `json:"records,omitempty"`
	Newest  time.Time `json:"newest,omitzero"`
	Servers []Holed   `json:"servers"`
}

// A Holed is what is known of one server. Reasons are escaped.
type Holed struct {
	Server   string   `json:"server"`
	Outcome  string   `json:"outcome"`           // "satisfied", "failed" or "unknown"
	Packages int      `json:"packages"`          // how many were looked up
	Reasons  []string `json:"reasons,omitempty"` // why it is not satisfied
	Holes    []Hole   `json:"holes,omitempty"`   // the known ones, those that count for little too
}

// A Hole is one advisory about one package. Text is all of it for people, escaped.
type Hole struct {
	ID       string   `json:"id"`
	Aliases  []string `json:"aliases,omitempty"`
	Severity string   `json:"severity"`
	Package  string   `json:"package"`
	Version  string   `json:"version"`
	Fixed    []string `json:"fixed,omitempty"`
	Unsure   string   `json:"unsure,omitempty"`
	Ignored  string   `json:"ignored,omitempty"`
	Text     string   `json:"text"`
}

// Holes are what is known of one server, or of all where it is "".
func (c *Client) Holes(ctx context.Context, server string) (out Advisories, err error) {
	return out, c.json(ctx, http.MethodGet, HolesPath+"?"+url.Values{"server": {server}}.Encode(), nil, &out)
}

package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// Where the daemon shows its catalogue on its unix socket, and takes decisions.
const (
	CataloguePath = "/catalogue"          // GET: Listed, of ?server= or of all
	ReviewPath    = "/catalogue/review"   // GET: Reviewed, of ?server=&kind=&name=
	ScorePath     = "/catalogue/score"    // GET: Scored, of ?server=&kind=&name=
	DecidePath    = "/catalogue/decide"   // POST: Decision
	ExportPath    = "/catalogue/export"   // POST: Export
	FilePath      = "/catalogue/file"     // POST: Filed; GET: Filed without content, of ?server=
	ReleasePath   = "/catalogue/release"  // GET: Standing, of ?server=; POST: Proposed
	AskPath       = "/catalogue/ask"      // POST: Decision without a code; Asked
	AnsweredPath  = "/catalogue/answered" // GET: Answered, of ?id=
	EnrolPath     = "/catalogue/enrol"    // POST: Enrolment; Asked
	HolesPath     = "/catalogue/holes"    // GET: Advisories, of ?server= or of all
	SignPath      = "/catalogue/sign"     // POST: Signed
	SignPagePath  = "/catalogue/signpage" // POST: Signing; Asked
	CampaignPath  = "/catalogue/campaign" // POST: Campaign; GET: []Campaign
)

// A Listed is one definition in the catalogue. Names and Why may hold a server's words.
type Listed struct {
	Server string    `json:"server"`
	Kind   string    `json:"kind"`
	Name   string    `json:"name"`
	State  string    `json:"state"`
	Why    string    `json:"why,omitempty"`
	By     string    `json:"by,omitempty"`
	First  time.Time `json:"first"`
	Since  time.Time `json:"since"`
	Pin    string    `json:"pin,omitempty"` // of the approved definition: SHA-256, in hex
	Seen   string    `json:"seen"`          // of the last one that was new or differed
	Gone   bool      `json:"gone,omitempty"`
	Trial  bool      `json:"probation,omitempty"`
	Ends   time.Time `json:"ends,omitzero"` // of the approval

	Score int `json:"score"` // of a tool: its trust score, 0 to 100

	Holes    []string `json:"holes,omitempty"`    // the advisories that it waits for
	Accepted []string `json:"accepted,omitempty"` // those that a person has approved it with
}

// A Reviewed is what a person looks at.
type Reviewed struct {
	Listed

	Approved json.RawMessage `json:"approved,omitempty"`
	Fresh    json.RawMessage `json:"fresh"`
	Changes  []Changed       `json:"changes,omitempty"`
	Told     []string        `json:"told,omitempty"` // what a model would newly be told
	Effects  []string        `json:"effects,omitempty"`

	Owner     string   `json:"owner,omitempty"`
	Purpose   string   `json:"purpose,omitempty"`
	Labels    []string `json:"labels,omitempty"`
	DataClass string   `json:"dataClass,omitempty"`
	Tier      int      `json:"tier,omitempty"` // of a tool: how deep its vetting goes, 1 to 4
}

// A Changed is one place where the last definition differs from the approved one.
type Changed struct {
	At       string          `json:"at"` // a JSON pointer
	Old      json.RawMessage `json:"old,omitempty"`
	New      json.RawMessage `json:"new,omitempty"`
	Material bool            `json:"material"`
	Loosened bool            `json:"loosened,omitempty"`
	Words    []Word          `json:"words,omitempty"`
}

// A Word is a piece of a text that is the same (""), went ("-") or came ("+").
type Word struct {
	Part string `json:"part,omitempty"`
	Text string `json:"text"`
}

// A Decision is what a person says of definitions of one server. Code is from their own
// device; it is asked for what weakens, and not for what stops.
type Decision struct {
	Server string `json:"server"`
	On     []Seen `json:"on"`
	State  string `json:"state"` // "approved", "quarantined", "rejected" or "retired"
	Why    string `json:"why,omitempty"`
	Code   string `json:"code,omitempty"`
}

// A Seen is one definition as somebody has looked at it.
type Seen struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Digest string `json:"digest,omitempty"` // SHA-256, in hex

	Holes []string `json:"holes,omitempty"` // the advisories that it waits for, as they were shown
}

// A Filed is a document that the catalogue keeps: a dossier or a piece of evidence.
type Filed struct {
	Sort    string    `json:"sort"` // "dossier", "evidence" or "claim"
	Server  string    `json:"server"`
	Name    string    `json:"name,omitempty"` // of a dossier the tool, of evidence its type
	Content []byte    `json:"content,omitempty"`
	Digest  string    `json:"digest,omitempty"` // SHA-256, in hex
	By      string    `json:"by,omitempty"`
	Why     string    `json:"why,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// File has the daemon keep a document.
func (c *Client) File(ctx context.Context, f Filed) error {
	return c.json(ctx, http.MethodPost, FilePath, f, nil)
}

// Files are the documents of a server, without their content.
func (c *Client) Files(ctx context.Context, server string) (out []Filed, err error) {
	return out, c.json(ctx, http.MethodGet, FilePath+"?"+url.Values{"server": {server}}.Encode(), nil, &out)
}

// A Campaign asks for every approval of the servers to be given again until its end. One
// that is opened names servers, or a label, or neither for all.
type Campaign struct {
	Name    string    `json:"name"`
	Servers []string  `json:"servers,omitempty"`
	Label   string    `json:"label,omitempty"`
	Until   time.Time `json:"until"`
	Opened  time.Time `json:"opened,omitzero"`
	By      string    `json:"by,omitempty"`
}

// OpenCampaign opens one.
func (c *Client) OpenCampaign(ctx context.Context, m Campaign) error {
	return c.json(ctx, http.MethodPost, CampaignPath, m, nil)
}

// Campaigns are all that were opened.
func (c *Client) Campaigns(ctx context.Context) (out []Campaign, err error) {
	return out, c.json(ctx, http.MethodGet, CampaignPath, nil, &out)
}

// An Asked is the address of a page that waits for a person with a passkey.
type Asked struct {
	URL string `json:"url"`
	ID  string `json:"id"` // of the page, for Answered
}

// An Answered says how a page is: it waits, or was answered well, or neither: then it was
// refused, or is over.
type Answered struct {
	Waits bool `json:"waits"`
	Done  bool `json:"done"`
}

// Answered is how the page of an Asked is.
func (c *Client) Answered(ctx context.Context, id string) (out Answered, err error) {
	return out, c.json(ctx, http.MethodGet, AnsweredPath+"?"+url.Values{"id": {id}}.Encode(), nil, &out)
}

// An Enrolment asks for a page that takes a new passkey. Code is from the person's device.
type Enrolment struct {
	Code string `json:"code"`
}

// AskOnPage puts an approval on a page.
func (c *Client) AskOnPage(ctx context.Context, d Decision) (out Asked, err error) {
	return out, c.json(ctx, http.MethodPost, AskPath, d, &out)
}

// Enrol opens a page for a new passkey.
func (c *Client) Enrol(ctx context.Context, e Enrolment) (out Asked, err error) {
	return out, c.json(ctx, http.MethodPost, EnrolPath, e, &out)
}

// An Export says where the catalogue's log is to be written: an absolute path.
type Export struct {
	Dir string `json:"dir"`
}

// Export has the daemon write the catalogue's log, as C2SP tiles.
func (c *Client) Export(ctx context.Context, dir string) error {
	return c.json(ctx, http.MethodPost, ExportPath, Export{dir}, nil)
}

// Catalogue lists what is known of one server, or of all where it is "".
func (c *Client) Catalogue(ctx context.Context, server string) (out []Listed, err error) {
	return out, c.json(ctx, http.MethodGet, CataloguePath+"?"+url.Values{"server": {server}}.Encode(), nil, &out)
}

// Review is what there is to look at of one definition.
func (c *Client) Review(ctx context.Context, server, kind, name string) (out Reviewed, err error) {
	return out, c.json(ctx, http.MethodGet, ReviewPath+"?"+url.Values{"server": {server}, "kind": {kind}, "name": {name}}.Encode(), nil, &out)
}

// A Scored is a trust score, 0 to 100. Terms and Changes are tables for people.
type Scored struct {
	Points  int    `json:"points"`
	Least   int    `json:"least"` // that a tool has to have here (trust.minimumTrust)
	Terms   string `json:"terms"`
	Changes string `json:"changes"` // what each input alone would change
}

// Score is the trust score of one definition.
func (c *Client) Score(ctx context.Context, server, kind, name string) (out Scored, err error) {
	return out, c.json(ctx, http.MethodGet, ScorePath+"?"+url.Values{"server": {server}, "kind": {kind}, "name": {name}}.Encode(), nil, &out)
}

// Decide sends a decision.
func (c *Client) Decide(ctx context.Context, d Decision) error {
	return c.json(ctx, http.MethodPost, DecidePath, d, nil)
}

const maxCatalogue = 64 << 20 // bytes of an answer

// json asks and reads the answer into out, where there is one.
func (c *Client) json(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://mantlet"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("no mantlet answers at %s; start one with `mantlet up`: %w", c.Socket, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxCatalogue))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(mantlet.Escape(strings.TrimSpace(string(text))))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

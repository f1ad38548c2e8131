package scan

import (
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/lookalike"
)

// wellKnown are names that people look for and impostors therefore use: of packages
// and of servers, with the roles that the server of a package has: u strangers write
// there, p private things lie there, s data can leave by it, - none of these.
const wellKnown = `
@modelcontextprotocol/server-filesystem p
@modelcontextprotocol/server-memory p
@modelcontextprotocol/server-everything -
@modelcontextprotocol/server-sequential-thinking -
@modelcontextprotocol/server-github ups
@modelcontextprotocol/server-gitlab ups
@modelcontextprotocol/server-slack ups
@modelcontextprotocol/server-postgres p
@modelcontextprotocol/server-puppeteer us
@modelcontextprotocol/server-brave-search u
@modelcontextprotocol/server-google-maps -
@modelcontextprotocol/server-gdrive p
@modelcontextprotocol/inspector -
@playwright/mcp us
@upstash/context7-mcp u
@notionhq/notion-mcp-server ps
@supabase/mcp-server-supabase ps
@stripe/mcp ps
@sentry/mcp-server u
@cloudflare/mcp-server-cloudflare ps
@azure/mcp ps
@azure-devops/mcp ups
@heroku/mcp-server ps
@hubspot/mcp-server ups
@shopify/dev-mcp u
@browserbasehq/mcp us
@microsoft/clarity-mcp-server -
@elastic/mcp-server-elasticsearch p
@mongodb-js/mongodb-mcp-server -
@wonderwhy-er/desktop-commander ps
@agentdeskai/browser-tools-mcp us
@executeautomation/playwright-mcp-server us
@tavily/mcp u
@apify/actors-mcp-server us
chrome-devtools-mcp us
firecrawl-mcp us
tavily-mcp u
exa-mcp-server u
figma-developer-mcp p
mongodb-mcp-server p
mcp-remote -
supergateway -
mcp-server-fetch us
mcp-server-git p
mcp-server-time -
mcp-server-sqlite p
mcp-server-qdrant p
mcp-server-kubernetes p
mcp-atlassian ups
postmark-mcp s
awslabs.core-mcp-server -
blender-mcp -
ghcr.io/github/github-mcp-server ups
mcp/filesystem p
mcp/fetch us
mcp/postgres p
mcp/slack ups
filesystem p
github ups
gitlab ups
slack ups
postgres p
fetch us
puppeteer us
playwright us
notion ps
gmail ups
stripe ps
supabase ps
atlassian ups
sentry u
linear ups
context7 u
`

// knownNames are the names of the list, ready to be compared with.
type knownNames struct {
	role   map[string]role
	scopes []string // "@modelcontextprotocol"
	plain  []string // names of packages without a scope, and of servers
}

func newKnownNames() *knownNames {
	k := &knownNames{role: make(map[string]role)}
	seen := make(map[string]bool)
	for line := range strings.Lines(strings.TrimSpace(wellKnown)) {
		name, roles, _ := strings.Cut(strings.TrimSpace(line), " ")
		var r role
		for i, letter := range []string{"u", "p", "s"} {
			if strings.Contains(roles, letter) {
				r |= 1 << i
			}
		}
		k.role[name] = r
		if scope, _, ok := strings.Cut(name, "/"); ok && !seen[scope] && strings.HasPrefix(name, "@") {
			k.scopes, seen[scope] = append(k.scopes, scope), true
		} else if !ok {
			k.plain = append(k.plain, name)
		}
	}
	return k
}

// roles are those of the package that an entry starts, or else of the server by its name.
func (k *knownNames) roles(id string, e *Entry) role {
	if p := e.launch(); p.Name != "" {
		if r, ok := k.role[p.Name]; ok {
			return r
		}
	}
	return k.role[strings.ToLower(id)]
}

// impostor is the known name that a package or a server could be taken for. Words that
// only promise ("my-github", "github-mcp") are how honest people name their own, and so
// are other separators: those do not count.
func (k *knownNames) impostor(name string) (lookalike.Resemblance, bool) {
	name = strings.TrimSpace(name)
	if _, ok := k.role[strings.ToLower(name)]; ok && name == strings.ToLower(name) {
		return lookalike.Resemblance{}, false
	}
	if scope, rest, ok := strings.Cut(name, "/"); ok && strings.HasPrefix(name, "@") {
		if slices.Contains(k.scopes, scope) {
			return lookalike.Resemblance{}, false // only its owner publishes under it
		}
		r, found := nearest(scope, k.scopes)
		r.Known += "/" + rest
		return r, found
	}
	return nearest(name, k.plain)
}

func nearest(name string, known []string) (lookalike.Resemblance, bool) {
	for _, one := range known {
		r, ok := lookalike.Resembles(name, one, false)
		switch r.How {
		case lookalike.Confusable, lookalike.Swapped, lookalike.Doubled, lookalike.Dropped, lookalike.Keyboard, lookalike.Typo:
			if ok && !strings.EqualFold(name, one) {
				return r, true
			}
		default:
		}
	}
	return lookalike.Resemblance{}, false
}

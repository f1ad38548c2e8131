package scan

import (
	"slices"

	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
)

// The ids of the checks that are not rules for texts. An id never changes its meaning.
const (
	checkRead     = "MTL-READ-001"
	checkCollide  = "MTL-SHADOW-010"
	checkTool     = "MTL-SQUAT-001"
	checkServer   = "MTL-SQUAT-002"
	checkEffect   = "MTL-EFFECT-001"
	checkPurpose  = "MTL-PURPOSE-001"
	checkText     = "MTL-SCHEMA-001"
	checkOpen     = "MTL-SCHEMA-002"
	checkToxic    = "MTL-TOXIC-001"
	checkFloat    = "MTL-FLOAT-001"
	checkImage    = "MTL-FLOAT-002"
	checkGit      = "MTL-FLOAT-003"
	checkPiped    = "MTL-FLOAT-004"
	checkShell    = "MTL-LAUNCH-001"
	checkRoot     = "MTL-LAUNCH-002"
	checkHost     = "MTL-LAUNCH-003"
	checkMount    = "MTL-LAUNCH-004"
	checkPlace    = "MTL-LAUNCH-005"
	checkVariable = "MTL-LAUNCH-006"
	checkSecret   = "MTL-SECRET-010" //nolint:gosec // the id of a check
	checkPlain    = "MTL-PLAIN-001"
	checkNoAuth   = "MTL-NOAUTH-001"
	checkStray    = "MTL-LISTEN-001"
	checkExposed  = "MTL-LISTEN-002"
	checkHole     = "MTL-VULN-001"
	checkUnknown  = "MTL-VULN-002"
	checkOrigin   = "MTL-PROV-001"
	checkForged   = "MTL-PROV-002"
	checkUser     = "MTL-IMAGE-001"
)

// own are the checks of this package. Severity is the highest that each gives.
var own = []rule.Rule{
	{ID: checkRead, Title: "a definition that cannot be read", Severity: rule.High, Refs: []string{"H01", "MCP03"},
		Words: "nobody can say what a model would read here; use it only once its author has repaired it"},
	{ID: checkCollide, Title: "two servers have a tool of one name", Severity: rule.Medium, Refs: []string{"H03", "MCP03", "SAFE-T1301"},
		Words: "a client that keeps no names apart calls whichever came last; give each server a prefix, or take one out"},
	{ID: checkTool, Title: "a tool's name can be taken for another server's", Severity: rule.High, Refs: []string{"H03", "MCP03", "SAFE-T1004"},
		Words: "a model or a person may call this one in place of the other; find out whose it is, and keep one of the two"},
	{ID: checkServer, Title: "a server or package is named like a known one", Severity: rule.High, Refs: []string{"H03", "MCP04", "SAFE-T1004"},
		Words: "it may be taken for the known one; compare the name letter by letter with the publisher's documentation"},
	{ID: checkEffect, Title: "says that it only reads, and seems to change something", Severity: rule.Medium, Refs: []string{"H01", "MCP02"},
		Words: "a client may call it without asking; believe the words rather than readOnlyHint, and approve it as one that writes"},
	{ID: checkPurpose, Title: "does more than its server is for", Severity: rule.Medium, Refs: []string{"H01", "MCP02"},
		Words: "the server's name speaks of reading, the tool executes, deletes or pays; hide the tool, or use a server that lacks it"},
	{ID: checkText, Title: "powerful arguments without a bound", Severity: rule.Low, Refs: []string{"MCP05"},
		Words: "any text is taken as a command, a query, code, a path or an address; ask for an enum, a pattern or a maxLength, or bound them by policy"},
	{ID: checkOpen, Title: "a schema that takes anything", Severity: rule.Low, Refs: []string{"MCP05"},
		Words: "members that the schema does not name are let through; ask for properties and additionalProperties false"},
	{ID: checkToxic, Title: "what strangers write, what is private and a way out stand together", Severity: rule.Medium, Refs: []string{"H04", "MCP06", "MCP10"},
		Words: "a text from outside can have private data sent away; give them to different agents, or take one of the three out"},
	{ID: checkFloat, Title: "whatever version is newest is started", Severity: rule.Medium, Refs: []string{"F09", "H02", "MCP04", "SAFE-T1002"},
		Words: "other code runs as soon as somebody publishes it; write the exact version (name@1.2.3, name==1.2.3)"},
	{ID: checkImage, Title: "an image without a digest", Severity: rule.Medium, Refs: []string{"F09", "H02", "MCP04"},
		Words: "a tag can be moved to another image; write name@sha256:..."},
	{ID: checkGit, Title: "a git reference that can move", Severity: rule.Medium, Refs: []string{"F09", "H02", "MCP04"},
		Words: "a branch or tag can be moved to other code; write the commit's 40 hex digits"},
	{ID: checkPiped, Title: "code is fetched and run unseen", Severity: rule.High, Refs: []string{"F01", "MCP04", "MCP05"},
		Words: "what the address answers runs at once; fetch it, read it, and start the file"},
	{ID: checkShell, Title: "started by a shell or by code on the command line", Severity: rule.Medium, Refs: []string{"F01", "F02", "MCP05"},
		Words: "the line can do anything besides; name the program and its arguments themselves"},
	{ID: checkRoot, Title: "started as another user", Severity: rule.High, Refs: []string{"F01", "MCP02"},
		Words: "a server needs none of root's rights; take sudo out"},
	{ID: checkHost, Title: "a container that holds the host", Severity: rule.High, Refs: []string{"F05", "MCP02"},
		Words: "the container can reach what it should be kept from; take the option out"},
	{ID: checkMount, Title: "a home or system directory that a container can write", Severity: rule.Medium, Refs: []string{"F05", "MCP02"},
		Words: "the container can change files that others trust; mount one directory, with :ro where it only reads"},
	{ID: checkPlace, Title: "a program from a place that others can fill", Severity: rule.High, Refs: []string{"F01", "F07", "MCP04"},
		Words: "whoever can write there, or chooses the directory, chooses what runs; write the full path of an installed program"},
	{ID: checkVariable, Title: "a variable that makes other code run", Severity: rule.High, Refs: []string{"F03", "MCP05"},
		Words: "other code runs than the command shows; put it into the command where people see it"},
	{ID: checkSecret, Title: "a secret in a configuration", Severity: rule.High, Refs: []string{"F04", "MCP01"},
		Words: "whoever reads the file has it; revoke it, and keep the new one in a keychain, or in a file that only its user reads"},
	{ID: checkPlain, Title: "in the clear to another machine", Severity: rule.High, Refs: []string{"MCP07", "A09"},
		Words: "whoever stands between reads and changes all of it; use https"},
	{ID: checkStray, Title: "an MCP server that nobody has configured", Severity: rule.Medium, Refs: []string{"F06", "MCP09"},
		Words: "any program here can use it, or be answered by it; find out who has started it, and stop it or put it behind Mantlet"},
	{ID: checkExposed, Title: "an MCP server that listens beyond this machine", Severity: rule.High, Refs: []string{"C09", "MCP07", "MCP09"},
		Words: "others in the network can reach it; have it listen on 127.0.0.1, behind something that asks for credentials"},
	{ID: checkNoAuth, Title: "no credentials", Severity: rule.Medium, Refs: []string{"C09", "MCP07"},
		Words: "whoever reaches the address can use the server; have it ask for credentials, or put Mantlet in front of it"},
	{ID: checkHole, Title: "a package with a known vulnerability", Severity: rule.Critical, Refs: []string{"F09", "MCP04"},
		Words: "what is wrong with it is public; start a version that mends it"},
	{ID: checkUnknown, Title: "it is unknown whether it has known vulnerabilities", Severity: rule.Low, Refs: []string{"F09", "MCP04"},
		Words: "unknown is not clean; give fresh OSV data that cover it, and exact versions"},
	{ID: checkOrigin, Title: "nobody knows who built it", Severity: rule.Low, Refs: []string{"F09", "MCP04"},
		Words: "a stolen publishing token would show nowhere; ask its author for a signed provenance, and give the keys that verify it"},
	{ID: checkForged, Title: "a signature or provenance that is wrong", Severity: rule.High, Refs: []string{"F09", "MCP04"},
		Words: "what is served is not what was signed; do not start it, and tell its author"},
	{ID: checkUser, Title: "an image that runs as root", Severity: rule.Low, Refs: []string{"F05", "MCP02"},
		Words: "who breaks out of it is root; start it with --user, or use an image with a user of its own"},
}

// Rules are all rules and checks, in the order of their ids.
func Rules() []rule.Rule {
	all := slices.Concat(rule.Rules(), own)
	slices.SortFunc(all, func(a, b rule.Rule) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return all
}

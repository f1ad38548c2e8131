package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// duties are what an intermediary must be tested for, since the official suite tests
// clients and servers alone, and the tests that hold each: a function of this package,
// and the subtest where one of them is meant.
var duties = []struct {
	duty  string
	tests []string
}{
	{"Mcp-Method: differs from the body", []string{"TestMcpMethod/another", "TestMcpMethod/in other case", "TestMcpMethod/in the sentinel"}},
	{"Mcp-Method: duplicates", []string{"TestMcpMethod/twice, alike", "TestMcpMethod/twice, different", "TestMcpMethod/two by comma"}},
	{"Mcp-Name: differs from the body, plain", []string{"TestMcpName/another name", "TestMcpName/a name in other case", "TestMcpName/an empty header"}},
	{"Mcp-Name: differs from the body, base64", []string{"TestMcpName/another name in base64", "TestMcpName/encoded twice"}},
	{"Mcp-Name: duplicates", []string{"TestMcpName/twice, alike", "TestMcpName/twice, different", "TestMcpName/twice, plain and base64", "TestMcpName/two names in one, by comma"}},
	{"Mcp-Name: bad padding", []string{"TestMcpName/padding missing", "TestMcpName/padding short", "TestMcpName/padding too long", "TestMcpName/padding with stray bits", "TestMcpName/the alphabet of URLs"}},
	{"Mcp-Name: upper-case sentinel is a literal", []string{"TestMcpName/upper-case sentinel is a literal", "TestMcpName/upper-case sentinel is not decoded", "TestMcpName/a name like the sentinel, as it is"}},
	{"version header against _meta, each way", []string{"TestVersionHeaderAgainstMeta/header modern, body none", "TestVersionHeaderAgainstMeta/header modern, body legacy", "TestVersionHeaderAgainstMeta/header none, body modern", "TestVersionHeaderAgainstMeta/header legacy, body modern", "TestVersionHeaderAgainstMeta/both unknown"}},
	{"headers absent on a modern request", []string{"TestHeadersThatAModernRequestLacks/Mcp-Protocol-Version", "TestHeadersThatAModernRequestLacks/Mcp-Method", "TestHeadersThatAModernRequestLacks/Mcp-Name"}},
	{"modern headers on a legacy body", []string{"TestModernHeadersOnALegacyBody"}},
	{"unknown Mcp-Param forwarded", []string{"TestUnknownMcpParam", "TestBytesAreIdentical"}},
	{"Mcp-Param made anew after an argument changed", []string{"TestMcpParamsAfterAnEdit"}},
	{"Mcp-Name made anew after a rename", []string{"TestMcpNameAfterARename"}},
	{"trailing JSON", []string{"TestFraming/trailing JSON", "TestFraming/a second message", "TestBytesThatParsersDisagreeAbout/trailing JSON"}},
	{"duplicate keys", []string{"TestFraming/a duplicate method", "TestFraming/a duplicate, escaped", "TestFraming/a duplicate id", "TestBytesThatParsersDisagreeAbout/a deep duplicate"}},
	{"case-variant keys", []string{"TestCaseVariantKeys"}},
	{"id edge values", []string{"TestIDEdgeValues"}},
	{"batch, by revision", []string{"TestBatchByRevision/2026-07-28", "TestBatchByRevision/2025-03-26"}},
	{"byte order mark", []string{"TestFraming/a byte order mark", "TestFraming/a byte order mark behind", "TestFraming/UTF-16"}},
	{"depth bomb", []string{"TestFraming/a depth bomb, one too many", "TestFraming/a depth bomb, a hundred thous", "TestFraming/deep, within the limit"}},
	{"404 and -32601 against 400, both eras", []string{"TestStatusesOfBothEras"}},
	{"raw bytes identical, both ways", []string{"TestBytesAreIdentical", "TestListsThatDidNotChange"}},
	{"SSE comments, ids and pauses relayed", []string{"TestEventStreamIsRelayed"}},
	{"no buffering", []string{"TestEventsAreNotHeld"}},
	{"client close: upstream closed (modern)", []string{"TestClientClose/modern: the server's connection ends", "TestAClientThatGoesAwayEndsTheServersConnection", "TestClientClose/modern, to a legacy server: it is told", "TestClientCloseOverStdio/modern caller, modern server"}},
	{"client close: not cancelled (legacy)", []string{"TestClientClose/legacy: nothing is cancelled", "TestClientCloseOverStdio/legacy caller, legacy server"}},
	{"server's request on a modern stream dropped and in the record", []string{"TestServerRequestsOnAModernStream", "TestQuestionsInTheModernEra"}},
	{"input_required of an undeclared kind blocked", []string{"TestUndeclaredInput"}},
	{"requestState byte-exact", []string{"TestRequestStateIsTheCallersAlone"}},
	{"private cache isolation per token", []string{"TestNothingIsCached", "TestListsAreNotSharedBetweenCallers"}},
	{"no caching of MRTR retries", []string{"TestNothingIsCached/a retry"}},
	{"subscriptionId rewriting", []string{"TestSubscriptionIDOverStdio"}},
	{"taskId of another principal", []string{"TestTaskIdsAreTheCallersAlone", "TestLegacyTaskIds"}},
	{"client token never upstream", []string{"TestNoCredentialCrosses"}},
	{"upstream WWW-Authenticate never relayed", []string{"TestNoCredentialCrosses"}},
	{"session id bound to its principal", []string{"TestForeignSessionsAnswerAsUnknown/another's", "TestSessions"}},
	{"404 semantics of sessions", []string{"TestForeignSessionsAnswerAsUnknown/over", "TestASessionThatTheServerEnded"}},
	{"resumption: another session's event, and what is replayed", []string{"TestLastEventIDOfAnotherSession", "TestReplayedListIsShaped"}},
	{"Origin and Host", []string{"TestOriginAndHost/another origin", "TestOriginAndHost/another host"}},
}

// Every duty has its test, which is there: a test that is renamed or removed leaves a
// hole that shows.
func TestEveryDutyHasItsTest(t *testing.T) {
	pkgs, err := parser.ParseDir(token.NewFileSet(), ".", nil, 0) //nolint:staticcheck // build tags play no part here
	if err != nil {
		t.Fatal(err)
	}
	literals := make(map[string][]string) // by test
	for _, f := range pkgs["conformance"].Files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				literals[fn.Name.Name] = append(literalsOf(fn), "")
			}
		}
	}
	for _, d := range duties {
		if len(d.tests) == 0 {
			t.Errorf("%s: no test", d.duty)
		}
		for _, name := range d.tests {
			test, sub, _ := strings.Cut(name, "/")
			switch words, ok := literals[test]; {
			case !ok:
				t.Errorf("%s: there is no %s", d.duty, test)
			case !slices.Contains(words, sub):
				t.Errorf("%s: %s has no case %q", d.duty, test, sub)
			}
		}
		t.Logf("%-62s %s", d.duty, strings.Join(d.tests, " · "))
	}
}

// literalsOf are the strings in a test: the names of its cases among them.
func literalsOf(fn *ast.FuncDecl) (out []string) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				out = append(out, s)
			}
		}
		return true
	})
	return out
}

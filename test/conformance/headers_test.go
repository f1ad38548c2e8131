package conformance

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A verdict is what Mantlet must make of a request at the door.
type verdict struct {
	status int
	code   string // of the JSON-RPC error; "" for a result
}

var (
	passed200 = verdict{200, ""}
	mismatch  = verdict{400, "-32020"}
	noMethod  = verdict{404, "-32601"}
	badParams = verdict{400, "-32602"}
)

// holds sends s and holds the answer against want: the server is reached if, and only
// if, the answer is a result.
func holds(t *testing.T, f *fake, send func() (*http.Response, string), want verdict) {
	t.Helper()
	before := f.count()
	resp, body := send()
	if resp.StatusCode != want.status || want.code != "" && !strings.Contains(body, `"code":`+want.code+`,`) || want.code == "" && !strings.Contains(body, `"result"`) {
		t.Errorf("%d %s; want %d %s", resp.StatusCode, body, want.status, want.code)
	}
	if reached := f.count() > before; reached != (want.code == "") {
		t.Errorf("the server was reached: %t", reached)
	}
}

func encoded(s string) string {
	return "=?base64?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?="
}

// Mcp-Name says what the body names, plain or in the sentinel (SEP-2243), in each
// method that has a name.
func TestMcpName(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	type one struct {
		name   string   // in the body
		header []string // Mcp-Name, nil to leave out
		want   verdict
	}
	for title, c := range map[string]one{
		"plain":                                   {"x", []string{"x"}, passed200},
		"plain in base64":                         {"x", []string{encoded("x")}, passed200},
		"beyond ASCII in base64":                  {"é x", []string{encoded("é x")}, passed200},
		"inner spaces":                            {"a b", []string{"a b"}, passed200},
		"spaces around are the header's own":      {"x", []string{"  x\t"}, passed200},
		"spaces around in base64 are the name's":  {" x ", []string{encoded(" x ")}, passed200},
		"upper-case sentinel is a literal":        {"=?BASE64?eA==?=", []string{"=?BASE64?eA==?="}, passed200},
		"upper-case sentinel is not decoded":      {"x", []string{"=?BASE64?eA==?="}, mismatch},
		"mixed-case sentinel is not decoded":      {"x", []string{"=?Base64?eA==?="}, mismatch},
		"a name like the sentinel, encoded":       {"=?base64?eA==?=", []string{encoded("=?base64?eA==?=")}, passed200},
		"a name like the sentinel, as it is":      {"=?base64?eA==?=", []string{"=?base64?eA==?="}, mismatch},
		"encoded twice":                           {"x", []string{encoded(encoded("x"))}, mismatch},
		"a sentinel without its end is a literal": {"=?base64?eA==", []string{"=?base64?eA=="}, passed200},
		"padding missing":                         {"x", []string{"=?base64?eA?="}, mismatch},
		"padding short":                           {"x", []string{"=?base64?eA=?="}, mismatch},
		"padding too long":                        {"x", []string{"=?base64?eA===?="}, mismatch},
		"padding with stray bits":                 {"x", []string{"=?base64?eB==?="}, mismatch},
		"the alphabet of URLs":                    {"é?", []string{"=?base64?w6k_?="}, mismatch},
		"a space within":                          {"x", []string{"=?base64?eA ==?="}, mismatch},
		"bytes that are no UTF-8":                 {"x", []string{"=?base64?/w==?="}, mismatch},
		"another name":                            {"x", []string{"y"}, mismatch},
		"another name in base64":                  {"x", []string{encoded("y")}, mismatch},
		"a name in other case":                    {"x", []string{"X"}, mismatch},
		"a longer name":                           {"x", []string{"xx"}, mismatch},
		"an empty header":                         {"x", []string{""}, mismatch},
		"no header":                               {"x", nil, mismatch},
		"twice, alike":                            {"x", []string{"x", "x"}, mismatch},
		"twice, different":                        {"x", []string{"x", "y"}, mismatch},
		"twice, plain and base64":                 {"x", []string{"x", encoded("x")}, mismatch},
		"two names in one, by comma":              {"x", []string{"x, x"}, mismatch},
	} {
		t.Run(title, func(t *testing.T) {
			s := modern(fmt.Sprintf(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":%q,%s}}`, c.name, meta), "Mcp-Method", "tools/call")
			s.head["Mcp-Name"] = c.header
			holds(t, f, func() (*http.Response, string) { return do(t, g, s) }, c.want)
		})
	}
	for method, field := range map[string]string{"prompts/get": "name", "resources/read": "uri"} {
		for header, want := range map[string]verdict{"file:///a": passed200, encoded("file:///a"): passed200, "file:///b": mismatch} {
			t.Run(method+" "+header, func(t *testing.T) {
				s := modern(fmt.Sprintf(`{"jsonrpc":"2.0","id":7,"method":%q,"params":{%q:"file:///a",%s}}`, method, field, meta), "Mcp-Method", method, "Mcp-Name", header)
				holds(t, f, func() (*http.Response, string) { return do(t, g, s) }, want)
			})
		}
	}
}

// Mcp-Method says what the body's method is, in its very letters and once.
func TestMcpMethod(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	for title, c := range map[string]struct {
		header []string
		want   verdict
	}{
		"as the body says": {[]string{"tools/list"}, passed200},
		"missing":          {nil, mismatch},
		"empty":            {[]string{""}, mismatch},
		"another":          {[]string{"tools/call"}, mismatch},
		"in other case":    {[]string{"Tools/List"}, mismatch},
		"in the sentinel":  {[]string{encoded("tools/list")}, mismatch}, // it is for names and parameters alone
		"twice, alike":     {[]string{"tools/list", "tools/list"}, mismatch},
		"twice, different": {[]string{"tools/list", "tools/call"}, mismatch},
		"two by comma":     {[]string{"tools/list, tools/call"}, mismatch},
	} {
		t.Run(title, func(t *testing.T) {
			s := modern(`{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{` + meta + `}}`)
			s.head["Mcp-Method"] = c.header
			holds(t, f, func() (*http.Response, string) { return do(t, g, s) }, c.want)
		})
	}
}

// The version header and _meta name one revision, or the request goes nowhere.
func TestVersionHeaderAgainstMeta(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	unsupported := verdict{400, "-32022"}
	for title, c := range map[string]struct {
		header  []string
		meta    string // "" for none
		session bool
		want    verdict
	}{
		"both modern":                              {[]string{"2026-07-28"}, "2026-07-28", false, passed200},
		"header modern, body none":                 {[]string{"2026-07-28"}, "", false, badParams},
		"header modern, body legacy":               {[]string{"2026-07-28"}, "2025-11-25", false, mismatch},
		"header none, body modern":                 {nil, "2026-07-28", false, mismatch},
		"header legacy, body modern":               {[]string{"2025-11-25"}, "2026-07-28", false, mismatch},
		"header legacy in a session, body modern":  {[]string{"2025-11-25"}, "2026-07-28", true, mismatch},
		"header modern in a session, body none":    {[]string{"2026-07-28"}, "", true, badParams},
		"both legacy":                              {[]string{"2025-11-25"}, "2025-11-25", true, unsupported}, // _meta is modern alone
		"both unknown":                             {[]string{"2027-01-01"}, "2027-01-01", false, unsupported},
		"header unknown, body modern":              {[]string{"2027-01-01"}, "2026-07-28", false, mismatch},
		"header unknown, body none":                {[]string{"2027-01-01"}, "", true, badParams},
		"header legacy, body none":                 {[]string{"2025-11-25"}, "", true, passed200},
		"header none, body none: the session says": {nil, "", true, passed200},
		"twice, alike":                             {[]string{"2026-07-28", "2026-07-28"}, "2026-07-28", false, mismatch},
		"twice, different":                         {[]string{"2026-07-28", "2025-11-25"}, "2026-07-28", false, mismatch},
	} {
		t.Run(title, func(t *testing.T) {
			params := `{}`
			if c.meta != "" {
				params = `{` + strings.Replace(meta, "2026-07-28", c.meta, 1) + `}`
			}
			s := sent{head: map[string][]string{"Mcp-Protocol-Version": c.header}, body: `{"jsonrpc":"2.0","id":7,"method":"tools/list","params":` + params + `}`}
			if c.session {
				s.head["Mcp-Session-Id"] = []string{session}
			}
			if !c.session || c.header != nil && c.header[0] != "2025-11-25" {
				s.head["Mcp-Method"] = []string{"tools/list"}
			}
			holds(t, f, func() (*http.Response, string) { return do(t, g, s) }, c.want)
		})
	}
}

// A modern request without the headers that the era asks for goes nowhere.
func TestHeadersThatAModernRequestLacks(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	for _, name := range []string{"Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"} {
		t.Run(name, func(t *testing.T) {
			s := modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", encoded("é x"))
			holds(t, f, func() (*http.Response, string) { return do(t, g, s) }, passed200)
			s.head[name] = nil
			holds(t, f, func() (*http.Response, string) { return do(t, g, s) }, mismatch)
		})
	}
}

// Modern headers on a legacy body are trusted by nobody here, but a server might: they
// must not lie, and none of them goes up.
func TestModernHeadersOnALegacyBody(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	for title, c := range map[string]struct {
		head []string
		want verdict
	}{
		"none":                     {nil, passed200},
		"true ones":                {[]string{"Mcp-Method", "tools/call", "Mcp-Name", "x"}, passed200},
		"a true name in base64":    {[]string{"Mcp-Name", encoded("x")}, passed200},
		"another method":           {[]string{"Mcp-Method", "tools/list"}, mismatch},
		"another name":             {[]string{"Mcp-Name", "y"}, mismatch},
		"a name with bad padding":  {[]string{"Mcp-Name", "=?base64?eA=?="}, mismatch},
		"an empty name":            {[]string{"Mcp-Name", ""}, mismatch},
		"a method twice":           {[]string{"Mcp-Method", "tools/call", "Mcp-Method", "tools/call"}, mismatch},
		"a name twice":             {[]string{"Mcp-Name", "x", "Mcp-Name", "y"}, mismatch},
		"a parameter twice":        {[]string{"Mcp-Param-Region", "1", "Mcp-Param-Region", "2"}, mismatch},
		"a parameter: not sent on": {[]string{"Mcp-Param-Region", "1"}, passed200},
	} {
		t.Run(title, func(t *testing.T) {
			s := legacy(session, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}}`)
			for i := 0; i < len(c.head); i += 2 {
				s.head[c.head[i]] = append(s.head[c.head[i]], c.head[i+1])
			}
			holds(t, f, func() (*http.Response, string) { return do(t, g, s) }, c.want)
			if _, heads := f.seen(); c.want.code == "" {
				for name := range heads[len(heads)-1] {
					if name == "Mcp-Method" || name == "Mcp-Name" || strings.HasPrefix(name, "Mcp-Param-") {
						t.Errorf("%s went up", name)
					}
				}
			}
		})
	}
}

// A parameter that nobody recognises goes on as it came (SEP-2243), if it can be read
// in one way.
func TestUnknownMcpParam(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	for title, c := range map[string]struct {
		values []string
		want   verdict
	}{
		"plain":                  {[]string{"eu-west"}, passed200},
		"empty":                  {[]string{""}, passed200},
		"in base64":              {[]string{encoded("zürich")}, passed200},
		"upper-case sentinel":    {[]string{"=?BASE64?!?="}, passed200},
		"bad padding":            {[]string{"=?base64?eA=?="}, mismatch},
		"outside the alphabet":   {[]string{"=?base64?!?="}, mismatch},
		"twice, alike":           {[]string{"a", "a"}, mismatch},
		"twice, different":       {[]string{"a", "b"}, mismatch},
		"beyond the limit: 8 KB": {[]string{strings.Repeat("a", 9<<10)}, verdict{413, "1413"}},
	} {
		t.Run(title, func(t *testing.T) {
			s := modern(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x",`+meta+`}}`, "Mcp-Method", "tools/call", "Mcp-Name", "x")
			s.head["Mcp-Param-Vendor-X"] = c.values
			holds(t, f, func() (*http.Response, string) { return do(t, g, s) }, c.want)
			if _, heads := f.seen(); c.want.code == "" {
				if got := heads[len(heads)-1]["Mcp-Param-Vendor-X"]; len(got) != 1 || got[0] != c.values[0] {
					t.Errorf("the server got %q", got)
				}
			}
		})
	}
}

// What each era says of a method that is not there, and of a message that is wrong:
// 404 and 400 in the modern one, 200 with the error, or 400, in the legacy one; the
// same whether Mantlet or the server says it.
func TestStatusesOfBothEras(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	at := func(method string) (sent, sent) {
		return modern(`{"jsonrpc":"2.0","id":7,"method":"`+method+`","params":{"cursor":"",`+meta+`}}`, "Mcp-Method", method),
			legacy(session, `{"jsonrpc":"2.0","id":7,"method":"`+method+`","params":{}}`)
	}
	t.Run("Mantlet says it", func(t *testing.T) {
		for _, c := range []struct {
			method      string
			now, before verdict
		}{
			{"tools/list", passed200, passed200},
			{"nobody/has", noMethod, verdict{200, "-32601"}},
			{"ping", noMethod, passed200},                                // the modern era gave it up
			{"server/discover", passed200, verdict{200, "-32601"}},       // the legacy one never had it
			{"sampling/createMessage", noMethod, verdict{200, "-32601"}}, // a server's
			{"notifications/message", noMethod, verdict{200, "-32601"}},  // a notification, sent as a request
		} {
			now, before := at(c.method)
			t.Run("modern "+c.method, func(t *testing.T) {
				holds(t, f, func() (*http.Response, string) { return do(t, g, now) }, c.now)
			})
			t.Run("legacy "+c.method, func(t *testing.T) {
				holds(t, f, func() (*http.Response, string) { return do(t, g, before) }, c.before)
			})
		}
	})
	for _, c := range []struct {
		code        string
		said        int // the server's own status
		now, before int
	}{
		{"-32601", 404, 404, 404}, {"-32601", 200, 404, 200},
		{"-32602", 400, 400, 400}, {"-32602", 200, 200, 200},
		{"-32603", 200, 200, 200},
		{"-32020", 400, 400, 400}, {"-32021", 200, 400, 200}, {"-32022", 400, 400, 400},
		{"-32700", 400, 400, 400}, {"-32600", 200, 400, 200},
		{"-31999", 200, 200, 200},
	} {
		t.Run(fmt.Sprintf("the server says %s with %d", c.code, c.said), func(t *testing.T) {
			f.mu.Lock()
			f.answer = func(w http.ResponseWriter, _ *http.Request, body string) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.said)
				_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":%s,"message":"as the server says"}}`, id(body), c.code)
			}
			f.mu.Unlock()
			now, before := at("tools/list")
			if c.said == 404 { // with a session it is the session that is gone: TestASessionThatTheServerEnded
				c.before = 0
			}
			for _, one := range []struct {
				era  string
				s    sent
				want int
			}{{"modern", now, c.now}, {"legacy", before, c.before}} {
				resp, body := do(t, g, one.s)
				if one.want != 0 && (resp.StatusCode != one.want || !strings.Contains(body, `"code":`+c.code+`,"message":"as the server says"`)) {
					t.Errorf("%s: %d %s, want %d", one.era, resp.StatusCode, body, one.want)
				}
			}
		})
	}
}

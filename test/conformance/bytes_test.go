package conformance

import (
	"net/http"
	"strings"
	"testing"
)

// Ids at the edges of what JSON can say: those of the protocol come back byte by byte,
// the rest goes nowhere.
func TestIDEdgeValues(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	malformed := verdict{400, "-32600"}
	for id, want := range map[string]verdict{
		`0`: passed200, `-1`: passed200, `9007199254740991`: passed200, `9007199254740993`: passed200,
		`""`: passed200, `"a\u0062"`: passed200, `"é\u0000"`: passed200, `"` + strings.Repeat("i", 200) + `"`: passed200,
		`null`: malformed, `1.5`: malformed, `1.0`: malformed, `1e2`: malformed, `-0.0`: malformed, `true`: malformed,
		`[1]`: malformed, `{"a":1}`: malformed,
		`01`: {400, "-32700"}, `+1`: {400, "-32700"}, `NaN`: {400, "-32700"}, `0x1`: {400, "-32700"}, `"\ud800"`: {400, "-32700"},
	} {
		t.Run(id, func(t *testing.T) {
			s := modern(`{"jsonrpc":"2.0","id":`+id+`,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list")
			f.says(func(string) string {
				return `{"jsonrpc":"2.0","id":` + id + `,"result":{"tools":[],"resultType":"complete"}}`
			})
			holds(t, f, func() (*http.Response, string) {
				resp, body := do(t, g, s)
				if want.code == "" && (f.last() != s.body || !strings.HasPrefix(body, `{"jsonrpc":"2.0","id":`+id+`,`)) {
					t.Errorf("in %s, back %s", f.last(), body)
				}
				return resp, body
			}, want)
		})
	}
}

// Names that differ from the protocol's in letter case alone are another reader's
// duplicates, wherever somebody acts on them; in what is the tool's own they are data.
func TestCaseVariantKeys(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	for title, c := range map[string]struct {
		body string
		good bool
	}{
		"Jsonrpc":                  {`{"jsonrpc":"2.0","Jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x",` + meta + `}}`, false},
		"ID":                       {`{"jsonrpc":"2.0","id":1,"ID":2,"method":"tools/call","params":{"name":"x",` + meta + `}}`, false},
		"METHOD alone":             {`{"jsonrpc":"2.0","id":1,"METHOD":"tools/call","params":{"name":"x",` + meta + `}}`, false},
		"Params":                   {`{"jsonrpc":"2.0","id":1,"method":"tools/call","Params":{},"params":{"name":"x",` + meta + `}}`, false},
		"Result in a request":      {`{"jsonrpc":"2.0","id":1,"method":"tools/call","Result":{},"params":{"name":"x",` + meta + `}}`, false},
		"NAME":                     {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","NAME":"y",` + meta + `}}`, false},
		"Name alone":               {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"x",` + meta + `}}`, false},
		"Arguments":                {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{},"Arguments":{},` + meta + `}}`, false},
		"_META":                    {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_META":{},` + meta + `}}`, false},
		"a Kelvin sign in toKens":  {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"progressTo` + "\u212a" + `en":1,` + meta[len(`"_meta":{`):] + `}}`, false},
		"in the tool's arguments":  {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"Name":"a","name":"b","ID":1,"id":2},` + meta + `}}`, true},
		"a member that nobody has": {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","vendor":1,"Vendor":2,` + meta + `}}`, true},
	} {
		t.Run(title, func(t *testing.T) {
			s := modern(c.body, "Mcp-Method", "tools/call", "Mcp-Name", "x")
			before := f.count()
			resp, answer := do(t, g, s)
			if c.good && (resp.StatusCode != 200 || f.count() != before+1 || f.last() != c.body) {
				t.Errorf("%d %s", resp.StatusCode, answer)
			}
			if !c.good && (resp.StatusCode != 400 || f.count() != before) {
				t.Errorf("%d %s; reached %d times", resp.StatusCode, answer, f.count()-before)
			}
		})
	}
}

// What stands around or within the message, and would be one thing to one reader and
// another to the next: a case of each, at the door of both eras.
func TestFraming(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	now, before := `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	deep := func(n int) func(string) string {
		return func(s string) string {
			bomb := strings.Repeat(`[`, n) + strings.Repeat(`]`, n)
			if strings.Contains(s, `"params":{`) {
				return strings.Replace(s, `"params":{`, `"params":{"x":`+bomb+`,`, 1)
			}
			return strings.Replace(s, `}`, `,"params":{"x":`+bomb+`}}`, 1)
		}
	}
	around := func(a, b string) func(string) string { return func(s string) string { return a + s + b } }
	for title, c := range map[string]struct {
		change func(string) string
		good   bool
	}{
		"as it is":                      {around("", ""), true},
		"white space around":            {around(" \r\n\t", "\n"), true},
		"a byte order mark":             {around("\ufeff", ""), false},
		"a byte order mark behind":      {around("", "\ufeff"), false},
		"UTF-16":                        {around("\xff\xfe", ""), false},
		"a second message":              {around("", before), false},
		"a second message, by line":     {around("", "\n"+before), false},
		"trailing JSON":                 {around("", "{}"), false},
		"a trailing comma":              {around("", ","), false},
		"a trailing NUL":                {around("", "\x00"), false},
		"a comment":                     {around("/* x */", ""), false},
		"a form feed":                   {around("\f", ""), false},
		"a no-break space":              {around("\u00a0", ""), false},
		"a duplicate method":            {func(s string) string { return strings.Replace(s, `"id":1`, `"id":1,"method":"tools/call"`, 1) }, false},
		"a duplicate, escaped":          {func(s string) string { return strings.Replace(s, `"id":1`, `"id":1,"m\u0065thod":"tools/call"`, 1) }, false},
		"a duplicate id":                {func(s string) string { return strings.Replace(s, `"id":1`, `"id":1,"id":1`, 1) }, false},
		"single quotes":                 {func(s string) string { return strings.ReplaceAll(s, `"`, `'`) }, false},
		"deep, within the limit":        {deep(50), true},
		"a depth bomb, one too many":    {deep(63), false},
		"a depth bomb, a hundred":       {deep(100), false},
		"a depth bomb, a hundred thous": {deep(100_000), false},
	} {
		t.Run(title, func(t *testing.T) {
			for era, s := range map[string]sent{"modern": modern(c.change(now), "Mcp-Method", "tools/list"), "legacy": legacy(session, c.change(before))} {
				n := f.count()
				resp, answer := do(t, g, s)
				if c.good != (resp.StatusCode == 200) || c.good != (f.count() == n+1) || !c.good && resp.StatusCode != 400 {
					t.Errorf("%s: %d %s; reached %d times", era, resp.StatusCode, answer, f.count()-n)
				}
				if c.good && f.last() != s.body {
					t.Errorf("%s: %q went up as %q", era, s.body, f.last())
				}
			}
		})
	}
}

// A batch is of revision 2025-03-26 alone, at the door and towards the server: each of
// its messages goes up by itself, and what comes back is one array.
func TestBatchByRevision(t *testing.T) {
	const batch = `[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":"b","method":"ping"}]`
	for revision, good := range map[string]bool{"2024-11-05": false, "2025-03-26": true, "2025-06-18": false, "2025-11-25": false} {
		t.Run(revision, func(t *testing.T) {
			f := newFake(t)
			f.speaks = revision
			g := gate(t, f, "")
			session := initialize(t, g, "a")
			resp, body := do(t, g, sent{head: map[string][]string{"Mcp-Session-Id": {session}}, body: batch})
			if !good {
				if resp.StatusCode != 400 || !strings.Contains(body, `"code":-32600`) || f.count() != 0 {
					t.Errorf("%d %s; %d went up", resp.StatusCode, body, f.count())
				}
				return
			}
			const result = `"result":{"content":[],"tools":[],"resultType":"complete"}}`
			if want := `[{"jsonrpc":"2.0","id":1,` + result + `,{"jsonrpc":"2.0","id":"b",` + result + `]`; resp.StatusCode != 200 || body != want {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			bodies, _ := f.seen()
			if len(bodies) != 3 || strings.Join(bodies, ",") != strings.Trim(batch, "[]") {
				t.Errorf("up went %q", bodies)
			}
			for _, header := range []string{"2026-07-28", "2025-11-25", "2027-01-01"} {
				if resp, body := do(t, g, sent{head: map[string][]string{"Mcp-Session-Id": {session}, "Mcp-Protocol-Version": {header}}, body: batch}); resp.StatusCode != 400 || f.count() != 3 {
					t.Errorf("header %s: %d %s; %d went up", header, resp.StatusCode, body, f.count())
				}
			}
			for title, one := range map[string]string{
				"an empty one": `[]`, "one in another": `[` + batch + `]`, "one with a bad member": `[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":null,"method":"ping"}]`,
				"a handshake in it": `[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}]`,
			} {
				if resp, body := do(t, g, sent{head: map[string][]string{"Mcp-Session-Id": {session}}, body: one}); resp.StatusCode != 400 || f.count() != 3 {
					t.Errorf("%s: %d %s; %d went up", title, resp.StatusCode, body, f.count())
				}
			}
		})
	}
	t.Run("2026-07-28", func(t *testing.T) {
		f := newFake(t)
		g := gate(t, f, "")
		s := modern(`[{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{`+meta+`}}]`, "Mcp-Method", "tools/list")
		if resp, body := do(t, g, s); resp.StatusCode != 400 || !strings.Contains(body, `"code":-32600`) || f.count() != 0 {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
}

package listing_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-mcp/mantlet/internal/trust/listing"
)

var sha = strings.Repeat("ab", 32)

var whole = `{"$schema":"https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
"name":"io.example.ours/notes","title":"Notes","description":"Keeps notes.","version":"1.2.3","websiteUrl":"https://example.com/n",
"repository":{"url":"https://example.com/n.git","source":"forge","id":"7","subfolder":"a/b"},
"icons":[{"src":"https://example.com/i.png"}],
"packages":[
 {"registryType":"npm","registryBaseUrl":"https://npm.example.com","identifier":"@ours/notes","version":"1.2.3","transport":{"type":"stdio"},"runtimeHint":"npx",
  "runtimeArguments":[{"type":"named","name":"-y","value":"; rm -rf /"}],"packageArguments":[{"type":"positional","value":"$(id)"},{"type":"named","name":"--x"}],
  "environmentVariables":[{"name":"LD_PRELOAD","value":"/tmp/x.so"}]},
 {"registryType":"oci","identifier":"ghcr.io/ours/notes:1.2.3","transport":{"type":"streamable-http","url":"http://127.0.0.1:{port}/mcp"}},
 {"registryType":"mcpb","identifier":"https://example.com/n.mcpb","fileSha256":"` + sha + `","transport":{"type":"stdio"}}],
"remotes":[{"type":"sse","url":"https://{tenant}.example.com/sse","variables":{"tenant":{"isRequired":true}},"headers":[{"name":"X-Key","isSecret":true}]}],
"_meta":{"io.modelcontextprotocol.registry/publisher-provided":{"command":"sh"}}}`

func TestRead(t *testing.T) {
	want := listing.Server{
		Name: "io.example.ours/notes", Title: "Notes", Description: "Keeps notes.", Version: "1.2.3", WebsiteURL: "https://example.com/n",
		Repository: listing.Repository{URL: "https://example.com/n.git", Source: "forge", ID: "7", Subfolder: "a/b"},
		Packages: []listing.Package{
			{Registry: "npm", BaseURL: "https://npm.example.com", Identifier: "@ours/notes", Version: "1.2.3", Transport: "stdio", Arguments: 3, Variables: 1},
			{Registry: "oci", Identifier: "ghcr.io/ours/notes:1.2.3", Transport: "streamable-http"},
			{Registry: "mcpb", Identifier: "https://example.com/n.mcpb", SHA256: sha, Transport: "stdio"},
		},
		Remotes: []listing.Remote{{Transport: "sse", URL: "https://{tenant}.example.com/sse", Headers: 1}},
	}
	for name, in := range map[string]string{"server.json": whole, "entry": `{"server":` + whole + `,"_meta":{"io.modelcontextprotocol.registry/official":{"status":"active"}}}`} {
		got, err := listing.Read([]byte(in))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Error(name, err, d)
		}
		// What would be run, set or sent is nowhere in what was read.
		for _, no := range []string{"rm -rf", "$(id)", "LD_PRELOAD", "/tmp/x.so", "npx", "X-Key", "127.0.0.1", "-y"} {
			if all := fmt.Sprintf("%#v %#v", got, listing.Claims(got)); strings.Contains(all, no) {
				t.Errorf("%s: %q was taken over", name, no)
			}
		}
	}
}

// What is wrong is refused as a whole.
func TestRefused(t *testing.T) {
	pack := func(s string) string {
		return `{"name":"a.b/c","description":"d","version":"1.0.0","packages":[` + s + `]}`
	}
	remote := func(s string) string {
		return `{"name":"a.b/c","description":"d","version":"1.0.0","remotes":[` + s + `]}`
	}
	top := func(s string) string { return `{"name":"a.b/c","description":"d","version":"1.0.0",` + s + `}` }
	if _, err := listing.Read([]byte(top(`"more":{"x":[1]}`))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ in, fault string }{
		"nothing":             {``, "cannot be read"},
		"empty":               {`{}`, "no server's name"},
		"null":                {`null`, "no server's name"},
		"twice":               {top(`"name":"a.b/d"`), "duplicate"},
		"other case":          {top(`"Packages":[]`), "another case"},
		"other case in one":   {pack(`{"registryType":"npm","identifier":"x","version":"1.0.0","transport":{"type":"stdio"},"FileSHA256":"x"}`), "another case"},
		"two at once":         {top(`"server":{}`), "at once"},
		"more":                {top(`"x":1`) + `{}`, "follows"},
		"old schema":          {top(`"$schema":"https://static.modelcontextprotocol.io/schemas/2025-07-09/server.schema.json"`), "2025-07-09"},
		"foreign schema":      {top(`"$schema":"https://example.com/schemas/2025-12-11/server.schema.json"`), "is not read"},
		"no namespace":        {`{"name":"c","description":"d","version":"1"}`, "no server's name"},
		"two slashes":         {`{"name":"a/b/c","description":"d","version":"1"}`, "no server's name"},
		"look-alike":          {`{"name":"io.githսb.x/y","description":"d","version":"1"}`, "no server's name"},
		"escape":              {`{"name":"a.b/\u001b[2J","description":"d","version":"1"}`, `\x1b`},
		"long name":           {`{"name":"a/` + strings.Repeat("b", 200) + `","description":"d","version":"1"}`, "no server's name"},
		"no description":      {`{"name":"a.b/c","version":"1"}`, "description"},
		"long description":    {`{"name":"a.b/c","description":"` + strings.Repeat("ü", 101) + `","version":"1"}`, "description"},
		"long title":          {top(`"title":"` + strings.Repeat("ü", 101) + `"`), "title"},
		"no version":          {`{"name":"a.b/c","description":"d"}`, "no version"},
		"latest":              {`{"name":"a.b/c","description":"d","version":"latest"}`, "no version"},
		"range":               {`{"name":"a.b/c","description":"d","version":"^1.2.3"}`, "no version"},
		"wildcard":            {`{"name":"a.b/c","description":"d","version":"1.x"}`, "no version"},
		"website":             {top(`"websiteUrl":"javascript:alert(1)"`), "web address"},
		"credentials":         {top(`"websiteUrl":"https://u:p@example.com"`), "web address"},
		"repository":          {top(`"repository":{"url":"git@x","source":"y"}`), "repository"},
		"package registry":    {pack(`{"registryType":"moon","identifier":"x","version":"1.0.0","transport":{"type":"stdio"}}`), "not known"},
		"package, old names":  {pack(`{"registry_type":"npm","identifier":"x","version":"1.0.0","transport":{"type":"stdio"}}`), "not known"},
		"package, no name":    {pack(`{"registryType":"npm","version":"1.0.0","transport":{"type":"stdio"}}`), "identifier"},
		"package, two words":  {pack(`{"registryType":"npm","identifier":"x --y","version":"1.0.0","transport":{"type":"stdio"}}`), "identifier"},
		"package, look-alike": {pack(`{"registryType":"npm","identifier":"ехpress","version":"1.0.0","transport":{"type":"stdio"}}`), "identifier"},
		"package, latest":     {pack(`{"registryType":"npm","identifier":"x","version":"latest","transport":{"type":"stdio"}}`), "version"},
		"package, floating":   {pack(`{"registryType":"npm","identifier":"x","transport":{"type":"stdio"}}`), "no version"},
		"package, transport":  {pack(`{"registryType":"npm","identifier":"x","version":"1.0.0"}`), "transport"},
		"package, hash":       {pack(`{"registryType":"npm","identifier":"x","version":"1.0.0","transport":{"type":"stdio"},"fileSha256":"AB"}`), "64 hex"},
		"bundle, no hash":     {pack(`{"registryType":"mcpb","identifier":"https://example.com/x.mcpb","transport":{"type":"stdio"}}`), "fileSha256"},
		"bundle, no address":  {pack(`{"registryType":"mcpb","identifier":"x","fileSha256":"` + sha + `","transport":{"type":"stdio"}}`), "web address"},
		"bad base":            {pack(`{"registryType":"npm","registryBaseUrl":"file:///x","identifier":"x","version":"1.0.0","transport":{"type":"stdio"}}`), "registryBaseUrl"},
		"argument, no object": {pack(`{"registryType":"npm","identifier":"x","version":"1.0.0","transport":{"type":"stdio"},"packageArguments":["x"]}`), "other than an object"},
		"many packages":       {pack(strings.Repeat(`{},`, 100) + `{}`), "more than 100"},
		"remote over stdio":   {remote(`{"type":"stdio"}`), "remote"},
		"remote, no address":  {remote(`{"type":"sse"}`), "remote"},
		"remote, a file":      {remote(`{"type":"sse","url":"file:///etc/passwd"}`), "remote"},
		"remote, look-alike":  {remote(`{"type":"sse","url":"https://gіthub.com"}`), "remote"},
	} {
		s, err := listing.Read([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.fault) || s.Name != "" {
			t.Errorf("%s: %v; want %q", name, err, c.fault)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x1b") {
			t.Errorf("%s: the error carries an escape sequence", name)
		}
	}
	if _, err := listing.Read(make([]byte, listing.MaxBytes+1)); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Error(err)
	}
}

func TestDescribe(t *testing.T) {
	s, err := listing.Read([]byte(`{"name":"a.b/c","title":"T\u202etxt\u200b","description":"d\u001b[31m","version":"1","packages":[{"registryType":"npm","identifier":"x","version":"1.0.0","transport":{"type":"stdio"},"packageArguments":[{"value":"--steal"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := listing.Describe(&b, s); err != nil {
		t.Fatal(err)
	}
	want := "name         a.b/c\ntitle        T\\u202etxt\\u200b\ndescription  d\\x1b[31m\nversion      1\npackage      npm x 1.0.0\n             asks for 1 arguments and 0 variables, which are not taken over\n"
	if b.String() != want {
		t.Errorf("%q", b.String())
	}
}

func TestClaims(t *testing.T) {
	s, err := listing.Read([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	claims := listing.Claims(s)
	if len(claims) != 4 {
		t.Fatal(claims)
	}
	npm, oci, mcpb, remote := claims[0], claims[1], claims[2], claims[3]
	for name, c := range map[string]struct {
		claim, seen listing.Claim
		want        listing.Likeness
	}{
		"the same":           {npm, listing.Claim{Registry: "npm", Identifier: "@ours/notes", Version: "1.2.3", SHA256: "more"}, listing.Same},
		"another version":    {npm, listing.Claim{Registry: "npm", Identifier: "@ours/notes", Version: "1.2.4"}, listing.Differs},
		"no version seen":    {npm, listing.Claim{Registry: "npm", Identifier: "@ours/notes"}, listing.Differs},
		"another name":       {npm, listing.Claim{Registry: "npm", Identifier: "@0urs/notes", Version: "1.2.3"}, listing.Other},
		"another registry":   {npm, listing.Claim{Registry: "pypi", Identifier: "@ours/notes", Version: "1.2.3"}, listing.Other},
		"an image":           {oci, listing.Claim{Registry: "oci", Identifier: "ghcr.io/ours/notes:1.2.3"}, listing.Same},
		"a bundle":           {mcpb, listing.Claim{Registry: "mcpb", Identifier: "https://example.com/n.mcpb", SHA256: strings.ToUpper(sha)}, listing.Same},
		"a bundle, unhashed": {mcpb, listing.Claim{Registry: "mcpb", Identifier: "https://example.com/n.mcpb"}, listing.Differs},
		"a template":         {remote, listing.Claim{URL: "https://{tenant}.example.com/sse"}, listing.Other},
		"an address":         {listing.Claim{URL: "https://a.example/mcp"}, listing.Claim{URL: "https://a.example/mcp"}, listing.Same},
		"another address":    {listing.Claim{URL: "https://a.example/mcp"}, listing.Claim{URL: "https://b.example/mcp"}, listing.Other},
		"nothing seen":       {npm, listing.Claim{}, listing.Other},
		"nothing claimed":    {listing.Claim{}, listing.Claim{}, listing.Other},
	} {
		if got := c.claim.Against(c.seen); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// Nothing that this package gives could be started: no list of words, no map, no command,
// and none of the words for one among its fields (F01, F02).
func TestNoCommandComesOut(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			if strings.Contains(imp.Path.Value, "exec") || strings.Contains(imp.Path.Value, "launch") {
				t.Error("it imports", imp.Path.Value)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.IsExported() {
					seen++
					harmless(t, n.Name.Name, n.Type.Results)
				}
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok && n.Name.IsExported() {
					seen++
					harmless(t, n.Name.Name, s.Fields)
				}
			}
			return true
		})
	}
	if seen < 10 {
		t.Errorf("%d exported names were looked at", seen)
	}
}

func harmless(t *testing.T, where string, fields *ast.FieldList) {
	if fields == nil {
		return
	}
	for _, f := range fields.List {
		switch typ := f.Type.(type) {
		case *ast.ArrayType:
			if id, ok := typ.Elt.(*ast.Ident); ok && id.Name == "string" {
				t.Errorf("%s gives a list of words", where)
			}
		case *ast.MapType:
			t.Errorf("%s gives a map", where)
		}
		count, _ := f.Type.(*ast.Ident)
		for _, name := range f.Names {
			for _, no := range []string{"arg", "env", "variable", "command", "hint", "header", "upstream"} {
				if strings.Contains(strings.ToLower(name.Name), no) && (count == nil || count.Name != "int") {
					t.Errorf("%s.%s could hold a part of a command", where, name.Name)
				}
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"server":{"name":"a.b/c","description":"d","version":"1"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := listing.Read(b)
		if err != nil {
			return
		}
		var text strings.Builder
		if err := listing.Describe(&text, s); err != nil {
			t.Error(err)
		}
		for _, r := range text.String() {
			if r != '\n' && r < ' ' || r == '\u202e' || r == '\u200b' {
				t.Errorf("%q shows %q", b, text.String())
			}
		}
	})
}

package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// A configuration that is written down and read again is the same.
func TestRoundTrip(t *testing.T) {
	t.Setenv("MANTLET_STATE", "/state")
	rapid.Check(t, func(t *rapid.T) {
		want := draw(t)
		want.fill()
		text, err := Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse("/elsewhere", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}, Trust{}, Seal{}), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%s\n%s", d, text)
		}
	})
}

var (
	word     = rapid.StringMatching(`[a-z]{1,8}`)
	path     = rapid.StringMatching(`/[a-zA-Z0-9 ._:#'"{}\[\],&*!%@-]{1,12}[a-z]`)
	text     = rapid.OneOf(rapid.StringMatching(`[ -~]{0,20}`), rapid.SampledFrom([]string{"", "null", "~", "true", "1.10", "0x1f", "- a", "? !", "a: b", "#", "&a", "*", "!x", "%", "'", "\"", "ü", " a ", "yes", "---", "...", "|", ">", "?", "<<", "@", "`", ": ", "a #b"}))
	size     = rapid.Custom(func(t *rapid.T) Size { return Size(rapid.IntRange(1, 1<<30).Draw(t, "size")) })
	duration = rapid.Custom(func(t *rapid.T) Duration { return Duration(rapid.Int64Range(1, int64(1000*time.Hour)).Draw(t, "span")) })
	count    = rapid.IntRange(1, 1000)
)

func draw(t *rapid.T) *Config {
	c := &Config{
		State:      path.Draw(t, "state"),
		Servers:    rapid.MapOfN(rapid.StringMatching(`[a-z0-9]{1,8}`), rapid.Custom(drawServer), 0, 4).Draw(t, "servers"),
		Joined:     Joined{drawBool(t), duration.Draw(t, "wait")},
		Limits:     Limits{Message: size.Draw(t, "message"), List: 1 << 30, Depth: count.Draw(t, "depth"), Nodes: count.Draw(t, "nodes"), Items: count.Draw(t, "items"), Header: size.Draw(t, "header")},
		Audit:      Audit{Dir: path.Draw(t, "dir"), Durability: rapid.SampledFrom([]string{"", "process", "disk"}).Draw(t, "durability"), RotateSize: size.Draw(t, "rotate"), Bodies: AuditBodies{Keep: true, KeyFile: path.Draw(t, "key"), Retention: duration.Draw(t, "retention")}},
		Seal:       Seal{RingFile: path.Draw(t, "ring"), Replicas: count.Draw(t, "replicas")},
		Ops:        Ops{Listen: rapid.SampledFrom([]string{"", "unix:/a b", "127.0.0.1:1", "[::1]:1"}).Draw(t, "ops"), Pprof: rapid.Bool().Draw(t, "pprof")},
		Extensions: rapid.SliceOfN(rapid.StringMatching(`x[a-z0-9._-]{0,5}/`), 0, 3).Draw(t, "extensions"),
		Log:        Log{Format: rapid.SampledFrom([]string{"", "text", "json"}).Draw(t, "format")},
		Insecure:   Insecure{PolicyAllowAll: rapid.Bool().Draw(t, "policy"), TrustUnpinned: rapid.Bool().Draw(t, "trust")},
		Listen: Listen{
			Address: rapid.SampledFrom([]string{"", "127.0.0.1:0", "localhost:1", "0.0.0.0:1"}).Draw(t, "address"), TLS: ListenTLS{path.Draw(t, "cert"), path.Draw(t, "certkey")},
			AllowedHosts: rapid.SliceOfN(rapid.SampledFrom([]string{"a.example", "b:1", "::1", "[::1]:2"}), 0, 2).Draw(t, "hosts"), TrustedProxies: rapid.SliceOfN(rapid.SampledFrom([]string{"10.0.0.0/8", "fd00::/16"}), 0, 2).Draw(t, "proxies"),
			AllowedOrigins: rapid.SliceOfN(rapid.SampledFrom([]string{"https://a.example", "http://localhost:1", "vscode-webview://x"}), 0, 2).Draw(t, "origins"),
		},
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "clients") {
		c.Clients = append(c.Clients, Client{Name: word.Draw(t, "client") + "-" + string(rune('a'+i)), Servers: []string{"*"}})
	}
	c.Telemetry = drawTelemetry(t)
	return c
}

func drawTelemetry(t *rapid.T) Telemetry {
	if rapid.Bool().Draw(t, "untraced") {
		return Telemetry{}
	}
	return Telemetry{Traces{
		Endpoint: rapid.SampledFrom([]string{"https://c.example/v1/traces", "http://localhost:4318/x", "http://c.example/v1?a=b"}).Draw(t, "endpoint"),
		Headers:  map[string]string{"Authorization": "file:" + path.Draw(t, "credential"), "X-Team": "a b"}, InsecurePlainHTTP: true,
		Sample: rapid.Ptr(rapid.Map(rapid.Float64Range(0, 1), func(f float64) Ratio { return Ratio(f) }), true).Draw(t, "sample"),
	}}
}

func drawBool(t *rapid.T) *bool { return rapid.Ptr(rapid.Bool(), true).Draw(t, "switch") }

func drawServer(t *rapid.T) *Server {
	s := &Server{
		Protocol: rapid.SampledFrom([]string{"", "auto", "legacy", "modern"}).Draw(t, "protocol"), Calls: count.Draw(t, "calls"), Queue: rapid.Ptr(rapid.IntRange(0, 9), true).Draw(t, "queue"),
		Enabled: drawBool(t), StopGrace: duration.Draw(t, "grace"), Timeouts: Timeouts{Call: duration.Draw(t, "call"), Idle: duration.Draw(t, "idle")},
	}
	if rapid.Bool().Draw(t, "local") {
		s.Command = rapid.OneOf(word, path).Draw(t, "command")
		s.Args = rapid.SliceOfN(text, 0, 4).Draw(t, "args")
		s.Env = rapid.MapOfN(rapid.StringMatching(`X[A-Z0-9_]{0,5}`), text, 0, 3).Draw(t, "env")
		s.Cwd, s.Shared = path.Draw(t, "cwd"), rapid.Bool().Draw(t, "shared")
		return s
	}
	s.URL = rapid.SampledFrom([]string{"https://mcp.example/mcp?a=b", "https://h:1/"}).Draw(t, "url")
	if rapid.Bool().Draw(t, "sse") {
		s.Protocol = "sse"
	}
	s.Proxy = rapid.SampledFrom([]string{"", "http://p:1", "socks5://p"}).Draw(t, "proxy")
	s.Headers = rapid.MapOfN(rapid.StringMatching(`X-[A-Z]{1,5}[a-z]`), text, 0, 3).Draw(t, "headers")
	for name := range s.Headers {
		if secretName(name) {
			delete(s.Headers, name)
		}
	}
	if rapid.Bool().Draw(t, "tls") {
		s.TLS = ServerTLS{CAFile: path.Draw(t, "ca"), TrustDomain: word.Draw(t, "domain"), MinVersion: rapid.SampledFrom([]string{"", "1.2", "1.3"}).Draw(t, "version"), Pins: []string{pinOf("A"), pinOf("B")}}
	}
	return s
}

func pinOf(letter string) string { return "sha256/" + strings.Repeat(letter, 42) + "A=" }

package app_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// talkative is a legacy server over stdio. The tool "flood" says much before it
// answers, whoever listens or not; another is answered at once.
func talkative() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		m, err := wire.Decode(bytes.Clone(in.Bytes()), wire.DefaultLimits())
		if err != nil || m.Kind != wire.Request {
			continue
		}
		result := `{"content":[{"type":"text","text":"ok"}]}`
		if m.Method == "initialize" {
			result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`
		}
		if m.Name == "garbage" {
			fmt.Print("Listening on \x1b[31mport 3000\n[1]\n{\"jsonrpc\":\"2.0\"\n\n\xff\xfe\n")
		}
		if m.Name == "flood" {
			for range 1000 {
				fmt.Printf(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":1,"message":%q}}`+"\n", m.Meta.ProgressToken, strings.Repeat("y", 64<<10))
			}
		}
		reply, _ := wire.NewResult(m.ID, []byte(result))
		fmt.Printf("%s\n", reply.Bytes())
	}
	os.Exit(0)
}

// A client that takes nothing of what a shared process says to it costs the others of
// that process a pause, and no call.
func TestASlowClientOfASharedProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {command: %q, args: [talkative-server], shared: true}}\nclients: [{name: a, servers: [s]}]\n", self))
	c := cli(g, "s")
	defer c.HTTP.CloseIdleConnections()
	if got := ask(t, c, `"name":"t","arguments":{},`); !strings.Contains(got, `"text":"ok"`) {
		t.Fatal(got)
	}
	slow, err := net.Dial("tcp", g.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close() //nolint:errcheck // it takes nothing
	_ = slow.(*net.TCPConn).SetReadBuffer(512)
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"flood","_meta":{"progressToken":"p","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	fmt.Fprintf(slow, "POST /mcp/s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: flood\r\nContent-Length: %d\r\n\r\n%s", g.Addr(), g.Token(t, "a", "s"), len(body), body)
	if line, err := bufio.NewReaderSize(slow, 16).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatalf("%q, %v", line, err)
	}
	for range 20 {
		if got := ask(t, c, `"name":"t","arguments":{},`); !strings.Contains(got, `"text":"ok"`) {
			t.Fatalf("another client of the process is told %s", got)
		}
	}
}

// A local server that prints what is not MCP loses those lines and nothing else; each
// is counted.
func TestALocalServerPrintsGarbage(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {command: %q, args: [talkative-server]}}\nclients: [{name: a, servers: [s]}]\n", self))
	c := cli(g, "s")
	defer c.HTTP.CloseIdleConnections()
	for range 3 {
		if got := ask(t, c, `"name":"garbage","arguments":{},`); !strings.Contains(got, `"text":"ok"`) {
			t.Errorf("the call ends in %s", got)
		}
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(g.AuditDir(), "refused.jsonl"))
	if err != nil || !bytes.Contains(b, []byte(`"dropped"`)) || bytes.Contains(b, []byte("\x1b")) {
		t.Errorf("%s, %v", b, err)
	}
}

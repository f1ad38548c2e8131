package main

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// The sample server is what the first minute has to show: a small MCP server of
// revision 2025-11-25 on stdin and stdout with two harmless tools.
func sampleCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "sample-server",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(c *cobra.Command, _ []string) error { return sample(c.InOrStdin(), c.OutOrStdout()) },
	}
}

const sampleTools = `{"tools":[` +
	`{"name":"echo","description":"Return the text that is sent.","inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false},"annotations":{"readOnlyHint":true}},` +
	`{"name":"time","description":"Return the current time in UTC.","inputSchema":{"type":"object","additionalProperties":false},"annotations":{"readOnlyHint":true}}]}`

func sample(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		m, err := wire.Decode(append([]byte(nil), lines.Bytes()...), wire.DefaultLimits())
		if err != nil || m.Kind != wire.Request {
			continue
		}
		if _, err := fmt.Fprintf(out, "%s\n", sampleReply(m).Line()); err != nil {
			return err
		}
	}
	return lines.Err()
}

func sampleReply(m *wire.Message) *wire.Message {
	result := ""
	switch m.Method {
	case "initialize":
		result = fmt.Sprintf(`{"protocolVersion":%q,"capabilities":{"tools":{}},"serverInfo":{"name":"mantlet-sample","version":"1"}}`, wire.Rev20251125)
	case "ping":
		result = `{}`
	case "tools/list":
		result = sampleTools
	case "tools/call":
		result = sampleCall(m)
	}
	if result == "" {
		return wire.NewError(m.ID, wire.CodeMethodNotFound, "no such method", nil)
	}
	reply, err := wire.NewResult(m.ID, []byte(result))
	if err != nil {
		return wire.NewError(m.ID, wire.CodeInternalError, "internal error", nil)
	}
	return reply
}

func sampleCall(m *wire.Message) string {
	text, failed := "no such tool", true
	switch m.Name {
	case "echo":
		if at, ok := m.Find("params", "arguments", "text"); ok {
			text, _ = m.String(at)
			failed = false
		} else {
			text = "the argument text is missing"
		}
	case "time":
		text, failed = time.Now().UTC().Format(time.RFC3339), false
	}
	return fmt.Sprintf(`{"content":[{"type":"text","text":%s}],"isError":%v}`, wire.Quote(text), failed)
}

// Package trace follows exchanges across programs: it makes OpenTelemetry spans
// of them and sends these to a collector (OTLP/HTTP, binary protobuf).
//
// The question: where did the time of this call go, and what was it a part of? The
// threats: a span that carries a secret to a third party (I01, I02), a caller who has others
// pay for his traces or who hides in theirs, a collector that is slow and makes
// calls slow. The control: C008. It trusts nobody: a caller's traceparent
// says below which span ours stands, and decides nothing else. Not who he is, not
// whether the exchange is sampled: his flag and his ids would let him have every
// call exported, or none, so the dice are ours. The record is the evidence, not the
// trace. When anything here breaks, spans are lost and counted, and calls go on.
//
// # What a span holds
//
// One span for an exchange (kind server), below it one for the call to its server
// (kind client). Attributes are named by OpenTelemetry's semantic conventions for
// MCP and GenAI where these have a name:
//
//	mcp.method.name            a method of the protocol's table, else "_OTHER"
//	mcp.protocol.version       the caller's revision
//	gen_ai.operation.name      execute_tool, for tools/call
//	gen_ai.tool.name           for tools/call; at most 128 bytes, escaped
//	gen_ai.prompt.name         for prompts/get; the same
//	network.transport          tcp, unix or pipe
//	network.protocol.name      http, where HTTP is spoken
//	rpc.system.name            jsonrpc
//	rpc.response.status_code   the code of a JSON-RPC error
//	error.type                 the fault's kind, tool_error, or jsonrpc_error
//	mantlet.exchange.id        finds the record
//	mantlet.server             the configured server's id
//
// Each stage is an event named after it, with its time in nanoseconds. Arguments,
// results, URIs, session ids, request ids, tokens, principals, a tracestate and the
// words of faults are in no span: some are secrets, the others may hold them.
package trace

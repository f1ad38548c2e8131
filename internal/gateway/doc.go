// Package gateway is the corridor that every MCP message walks, on every
// transport and in both directions. It knows the order of the rooms and what to
// do when one says no; it decides nothing itself.
//
// The question: has every room that must see this message seen it, in order, and
// is it written down? The threats: any path round a check, be it another revision,
// another transport, a joined endpoint, a task, a stream or a replay (A02, A03, A15,
// A16), a check that fails open (A13), an edit that nobody judged. The controls: C003,
// C005, C035, C043. It trusts the rooms to answer truthfully and nothing else. When a
// room panics, errs or runs out of time, the message is refused and the refusal is
// recorded; when the record cannot be written, nothing happens at all.
//
// Read exchange.go, pass.go, stage.go, order.go, stages.go, then Serve in
// gateway.go. join.go carries a request to many servers by way of Serve.
package gateway

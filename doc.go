// Package mantlet is the vocabulary of the Mantlet gateway: the few nouns that
// every room shares, and nothing that does I/O. Read it first.
//
// Mantlet stands between AI agents and MCP servers. Every MCP message, on every
// transport, in both directions, walks one corridor (internal/gateway). Each
// security layer is a room with one narrow door. Rooms do not know each other,
// the corridor, or HTTP. The order in which they are visited is one short file
// that a reviewer can sign: internal/gateway/order.go.
//
// Three invariants hold, and tests hold them:
//
//  1. Nothing happens unrecorded. The audit record opens before any work for a
//     caller and closes before the reply leaves. If it cannot be written, the
//     call does not happen.
//  2. Nothing passes unchecked. Every message on every path meets the same
//     checks, and what was changed is checked again.
//  3. Zero, nil, error, panic and time-out all mean no.
//
// # Reading order
//
// This package, then internal/wire (messages as bytes), internal/gateway
// (exchange.go, pass.go, stage.go, order.go, gateway.go), internal/front (how a
// request becomes an exchange), internal/upstream (how it reaches a server),
// internal/audit (what remains). Each room's doc.go says which question it
// answers, against which threats, and what happens when it breaks.
package mantlet

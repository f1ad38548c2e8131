// Package listing speaks the MCP registry's format, server.json, in both directions.
//
// The question: what does a registry claim of a server, and what may clients find here? The
// threats: metadata that becomes a command (F01, F02), look-alikes in a list (H03). The
// controls: C030, C045. It trusts no claim: what is read is compared with a launch that
// somebody else wrote, and becomes none; arguments, variables, headers and hints are looked
// at for their shape and then dropped, so that nothing here could be started. What is
// served has no field for an upstream's address, a command or a variable. When it breaks,
// nothing is listed.
//
// The format is that of modelcontextprotocol/registry: server.json of the schemas
// 2025-09-29 to 2025-12-11, and the read half of its API v0.1.
package listing

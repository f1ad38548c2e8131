// Package definition says whether two definitions are the same, and what differs.
//
// The question: a server shows a tool, a prompt, a resource, a template or its
// instructions; is it what was shown before, and if not, what would a model newly be
// told and what may newly be sent? The threats: tool poisoning (H01) and rug pulls
// (H02). The controls: C016, C023, C030. It trusts nothing that it reads; what it cannot
// read it refuses. When it breaks, no digest is had, and nothing matches a pin.
//
// # What is pinned
//
// Every member of the definition, known or not: what reaches the client is pinned. The
// digest is SHA-256 over the canonical form of RFC 8785, so that the order of members,
// white space, escapes and the spelling of numbers mean nothing. A whole number that a
// double would round, and one beyond a double, keep their digits: RFC 8785 would have two
// definitions that clients in Python and Go tell apart share a digest.
//
// # What is the same
//
// What the specifications say is the same, and nothing else, so that a server that
// writes a default out today and leaves it out tomorrow raises nothing:
//
//   - null for an optional member is its absence: title, description, icons,
//     annotations, _meta, execution, outputSchema, arguments, mimeType, size and the
//     members of annotations and of a prompt's arguments. Servers whose language has one
//     word for both write null. An empty string is a string.
//   - The hints of a tool (2025-03-26 and later, ToolAnnotations): readOnlyHint false,
//     destructiveHint true, idempotentHint false, openWorldHint true.
//   - execution.taskSupport "forbidden" (2025-11-25, ToolExecution).
//   - required false of a prompt's argument (PromptArgument).
//   - Empty annotations, execution, _meta, icons and arguments.
//   - $schema at the root of a schema, where it names JSON Schema 2020-12, which is what
//     a schema without it is (2025-11-25, SEP-1613).
//   - In a schema, where a keyword stands and not where data does (default, const, enum,
//     examples): required [], properties, patternProperties, dependentSchemas,
//     dependentRequired, $defs and definitions {}, minLength, minItems and minProperties
//     0, uniqueItems, deprecated, readOnly and writeOnly false (JSON Schema 2020-12
//     validation 6 and 9: "omitting this keyword has the same behavior").
//   - The order of required and of a list of types, which are sets. The order of an enum
//     is kept: a model reads it.
//   - Of a resource, but not of a template: size and annotations.lastModified. They
//     speak of the content, which changes, and not of the definition.
//   - Of instructions that come as the whole result of initialize or server/discover:
//     protocolVersion, supportedVersions, resultType, ttlMs and cacheScope, which answer
//     the request; serverInfo is the same beside the instructions (legacy) and in _meta
//     (2026-07-28).
//
// No key of _meta is volatile. additionalProperties true is not the same as none:
// unevaluatedProperties and clients with strict schemas tell them apart. Icons are
// pinned as they are written, data: or https:; what an address holds is not pinned.
package definition

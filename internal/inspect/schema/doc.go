// Package schema holds values against the JSON Schema that a tool was approved with.
//
// The question: are these the arguments that this tool takes, and is this the result that it
// promised? The threats: argument smuggling and parameter pollution (T11), schemas that read
// files or fetch addresses (B07), schemas and values that cost more than they weigh (B06).
// The controls: C047-C050, C054.
//
// Validation is JSON Schema 2020-12 with formats on, or the older draft that the schema
// names (santhosh-tekuri). What it leaves open is closed here:
//
//   - A reference leads nowhere but into the schema itself; nothing is ever loaded.
//   - Each evaluation of a schema is counted, and a value that asks for more than its budget
//     is refused: a schema of doubled references costs what the budget says (budget.go).
//   - A name that the schema does not know is refused, even where the schema forgot to say so;
//     a schema that says that others are welcome keeps its word (closed.go).
//   - Strings and arrays without a limit have one, numbers are bounded before any arithmetic.
//
// It trusts neither the schema nor the value. A schema that cannot be compiled within its
// limits is an error, and who asked lets nothing pass that it should have judged. What is
// wrong is told by the place and by what the schema says, never by the value.
package schema

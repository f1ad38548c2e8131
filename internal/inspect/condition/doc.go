// Package condition holds a call's arguments against each other.
//
// The question: do these values make sense together, for this tool? The threats: calls that
// each argument alone allows (T18), amounts, recipients and ranges beyond what is meant. The
// controls: C053, C054. Conditions are Cedar policies, written by who runs Mantlet: each names
// its tool by an annotation, and forbids.
//
//	@id("refund-limit") @tool("shop/refund") @words("a refund is 500 at most; ask for an approval")
//	forbid (principal, action, resource)
//	when { context.arguments.amount > 500 && !(context.arguments has approval) };
//
// Beside them stand fixtures: calls, and which condition refuses them. They are run when the
// conditions are read, and conditions whose fixtures fail are not taken.
//
// Cedar skips a policy whose evaluation fails. Here a failure refuses the call, and so does a
// value that Cedar has no number for. Null is as if it were not there; arrays are sets.
package condition

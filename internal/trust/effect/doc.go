// Package effect says what a tool could do, judged by what is written of it.
//
// The question: could this tool write, delete, execute, reach the network, touch
// secrets, move money or send? The threats: excessive permission and poisoned
// definitions (H01). The controls: C029, C092. It trusts no annotation to take an effect
// away: what a server declares is kept beside what its words say, and the two are
// compared. When it breaks, a tool is Unclear and counts as one that writes.
//
// It is an inference from words, made by tables, not a proof: a tool does what its
// server does. It errs to the side of an effect too many. Names are cut at case, "_",
// "-", "." and "/"; the first word that is a verb for certain leads. A verb of change
// that stands behind a verb of reading counts too, unless the description begins with
// reading (get_update_history). Descriptions count by the verb that begins their first
// sentence, by verbs joined to it with "and", "or" or a comma, and by later sentences
// that begin in the third person: imperatives there speak to the model. Parameters count
// by name: command, sql, url, path, amount, recipient, password.
package effect

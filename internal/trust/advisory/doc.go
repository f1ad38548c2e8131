// Package advisory knows which packages have known holes, from OSV data that lie on disk.
//
// The question: is this version affected, how badly, and what mends it? The threats: a
// dependency with a known hole, a package that is known to be malicious (F09). The
// controls: C013, C067, C071. It trusts the data's authors for what they say, and the
// caller for the age of the data: a hole that was found since is not in it. When it breaks,
// or where it does not know, the answer is Unknown, and Unknown is never Satisfied.
//
// Nothing is fetched. Whoever runs Mantlet keeps a mirror of OSV's files (schema 1.x): a
// folder of JSON files, an all.zip as OSV publishes one for each ecosystem, or one file
// with one record, a list, or a record a line.
package advisory

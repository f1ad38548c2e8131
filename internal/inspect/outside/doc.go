// Package outside asks detectors that are not part of this program, and stronger judges than
// one that must be fast can be.
//
// The question: what does somebody else think of these texts? The threats: what this program's
// own detectors do not know (H01, H05, H08), and what a detector of others may do itself: see
// secrets, be slow, be away, answer what breaks a message. The controls: C033, C056, C100.
//
// The protocol is one JSON document each way (docs/reference/detectors.md), over HTTPS or over
// the pipes of a local program, in the manner of SEP-2624's interceptors: a detector validates
// (it reports findings), or mutates (it proposes another text in place of one that it was
// shown). It is shown texts from which secrets and personal data were cut. It can add to what
// was found and never take away; what it proposes is judged again by the whole corridor. One
// that may refuse or change messages fails closed: away, late or unreadable is an error. One
// that only observes may fail open, by its configuration.
package outside

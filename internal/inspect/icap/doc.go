// Package icap asks an enterprise's own scanner: a DLP or antivirus that speaks ICAP.
//
// The question: what does the company's DLP say of these texts? The threats: data that leaves
// in arguments or in results (E03, I06). The controls: C056, C057, C100. It is a client of
// RFC 3507 with previews: texts go as the body of an HTTP request (REQMOD) on the way in, of an
// HTTP response (RESPMOD) on the way back.
//
// The scanner is believed where it objects. An answer that is not one, a body that ends early,
// a status that nobody asked for, silence: none of these is a yes. What it would put in place
// of the texts is not taken: the message is one of its protocol, and no page.
package icap

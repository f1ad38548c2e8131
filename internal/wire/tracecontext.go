package wire

import "strings"

// A TraceContext is where a trace stands, as W3C Trace Context (20231123) writes
// it. Only ReadTrace makes one from text, so that whoever has one has a valid one;
// the zero TraceContext is none. It names nobody and proves nothing.
type TraceContext struct {
	Parent string // traceparent, version 00: 55 bytes of lower-case hex and "-"
	State  string // tracestate, as it came; "" for none
}

// maxTraceState is what a tracestate may hold in bytes: the standard asks for at
// least 512 to be carried (section 3.3.1.5), and nobody needs more.
const maxTraceState = 512

// ReadTrace takes what a peer sent. A traceparent that is not valid to the letter
// (section 3.2) is as good as none, and its tracestate goes with it; a tracestate
// that is not valid goes alone (section 3.3). Versions beyond 00 are none: what
// their further fields mean is not known here.
func ReadTrace(parent, state string) TraceContext {
	if !validParent(parent) {
		return TraceContext{}
	}
	if !validState(state) {
		state = ""
	}
	return TraceContext{Parent: parent, State: state}
}

// TraceID is the trace's id, 32 hex digits; "" for none.
func (t TraceContext) TraceID() string {
	if t.Parent == "" {
		return ""
	}
	return t.Parent[3:35]
}

// SpanID is the id of the span that the next one stands below, 16 hex digits; ""
// for none.
func (t TraceContext) SpanID() string {
	if t.Parent == "" {
		return ""
	}
	return t.Parent[36:52]
}

func validParent(s string) bool {
	return len(s) == 55 && s[:3] == "00-" && s[35] == '-' && s[52] == '-' &&
		hexID(s[3:35]) && hexID(s[36:52]) && lowerHex(s[53:])
}

// hexID reports whether s is lower-case hex and not all zeros.
func hexID(s string) bool { return lowerHex(s) && strings.Trim(s, "0") != "" }

func lowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// validState is section 3.3.1: at most 32 members of key=value.
func validState(s string) bool {
	if len(s) > maxTraceState || strings.Count(s, ",") >= 32 {
		return false
	}
	for one := range strings.SplitSeq(s, ",") {
		one = strings.Trim(one, " \t")
		key, value, ok := strings.Cut(one, "=")
		if one != "" && (!ok || !stateKey(key) || !stateValue(value)) {
			return false
		}
	}
	return true
}

func stateKey(s string) bool {
	if s == "" || len(s) > 256 || (s[0] < 'a' || s[0] > 'z') && (s[0] < '0' || s[0] > '9') {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-*/@") == ""
}

func stateValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '=' {
			return false
		}
	}
	return s != "" && len(s) <= 256
}

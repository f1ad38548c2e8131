package mantlet

import "errors"

// A FaultKind says what sort of refusal a Fault is. The zero kind is Internal:
// a refusal that nobody classified tells the caller nothing.
type FaultKind uint8

// The kinds of refusal.
const (
	Internal     FaultKind = iota // our failure; the caller is told nothing more
	Malformed                     // the message is not valid MCP
	Mismatched                    // headers and body disagree (SEP-2243), or a required header is missing
	Unsupported                   // a revision, capability or method that is not served here
	Unknown                       // no such server, session, tool or task for this caller
	Unidentified                  // we do not know who is calling
	Denied                        // we know, and the answer is no
	Untrusted                     // the tool is unknown, changed or withdrawn
	Unsafe                        // content inspection refused it
	TooLarge                      // beyond a limit of size, depth or count
	Limited                       // too much, too fast; may be tried again
	Unavailable                   // the upstream did not answer; may be tried again
	Deferred                      // a person must say yes first; Remedy says how
	Cancelled                     // the caller went away, or a person halted the exchange
)

var faultKinds = [...]string{
	"internal", "malformed", "mismatched", "unsupported", "unknown", "unidentified", "denied",
	"untrusted", "unsafe", "too_large", "limited", "unavailable", "deferred", "cancelled",
}

func (k FaultKind) String() string {
	if int(k) < len(faultKinds) {
		return faultKinds[k]
	}
	return "internal"
}

// A Fault is the only error whose words may reach a caller. Any other error
// becomes Internal at the edge, with no words at all.
type Fault struct {
	Kind   FaultKind
	Public string // for the caller: what is wrong, then what to do; lower case, no full stop, no secret
	Stage  string // which stage refused; set by the corridor
	Err    error  // for operators: logged and recorded, never sent
	Code   int    // the JSON-RPC code where the protocol names one; 0 lets the front choose by Kind
	Data   []byte // JSON for error.data, where the protocol asks for it; nil for none
	Remedy Remedy // what would help; nil for nothing
}

// A Remedy is what would turn a refusal into a yes. The front renders it in the
// words of the caller's era; see Challenge, Ask and RetryAfter.
type Remedy interface{ remedy() }

// A Challenge tells the caller which credential would do (RFC 9110, section
// 11.6.1; RFC 9728, section 5.1). Header is the value of WWW-Authenticate.
type Challenge struct{ Header string }

// An Ask says that a person must answer first. Inputs is the JSON of the
// modern era's inputRequests, State the sealed requestState that the retry brings.
type Ask struct {
	Inputs []byte
	State  string
}

// RetryAfter says when the same request may be tried again, in whole seconds.
type RetryAfter struct{ Seconds int }

func (Challenge) remedy()  {}
func (Ask) remedy()        {}
func (RetryAfter) remedy() {}

func (f *Fault) Error() string {
	s := f.Kind.String() + ": " + f.Public
	if f.Stage != "" {
		s = f.Stage + ": " + s
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

func (f *Fault) Unwrap() error { return f.Err }

// AsFault returns err as a Fault that names stage, making an Internal one of
// anything that has no words of its own. It returns nil for nil, and never
// writes to a Fault that somebody else may hold.
func AsFault(stage string, err error) *Fault {
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*Fault](err)
	if !ok {
		return &Fault{Kind: Internal, Public: "internal error", Stage: stage, Err: err}
	}
	if f.Stage != "" {
		return f
	}
	g := *f
	g.Stage = stage
	return &g
}

package front

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// requestID is the id that a refusal answers: "" where none could be read.
type requestID = wire.ID

// errMethod marks a refusal that HTTP calls 405.
var errMethod = errors.New("method not allowed")

// Codes of our own lie outside -32768..-32000, which belong to JSON-RPC and MCP
// (2026-07-28, basic). They carry the HTTP status that says the same.
var codes = map[mantlet.FaultKind]int{
	mantlet.Internal:     wire.CodeInternalError,
	mantlet.Malformed:    wire.CodeInvalidRequest,
	mantlet.Mismatched:   wire.CodeHeaderMismatch,
	mantlet.Unsupported:  wire.CodeMethodNotFound,
	mantlet.Unknown:      wire.CodeInvalidParams,
	mantlet.Unidentified: 1401,
	mantlet.Denied:       1403,
	mantlet.Untrusted:    1409,
	mantlet.TooLarge:     1413,
	mantlet.Unsafe:       1422,
	mantlet.Deferred:     1428,
	mantlet.Limited:      1429,
	mantlet.Cancelled:    1499,
	mantlet.Unavailable:  1502,
}

// statuses are what the kinds mean where HTTP itself is refused.
var statuses = map[mantlet.FaultKind]int{
	mantlet.Internal: 500, mantlet.Malformed: 400, mantlet.Mismatched: 400, mantlet.Unsupported: 400,
	mantlet.Unknown: 404, mantlet.Unidentified: 401, mantlet.Denied: 403, mantlet.Untrusted: 403,
	mantlet.Unsafe: 403, mantlet.TooLarge: 413, mantlet.Limited: 429, mantlet.Deferred: 403,
	mantlet.Cancelled: 499, mantlet.Unavailable: 502,
}

func code(f *mantlet.Fault) int {
	if f.Code != 0 {
		return f.Code
	}
	if c, ok := codes[f.Kind]; ok {
		return c
	}
	return wire.CodeInternalError
}

// status is the HTTP status of a refusal that no part of MCP could carry.
func status(f *mantlet.Fault) int {
	switch {
	case errors.Is(f.Err, errMediaType):
		return http.StatusUnsupportedMediaType
	case errors.Is(f.Err, errSlow):
		return http.StatusRequestTimeout
	case errors.Is(f.Err, errNotAcceptable):
		return http.StatusNotAcceptable
	case errors.Is(f.Err, errMethod), errors.Is(f.Err, upstream.ErrNotOffered), f.Kind == mantlet.Unsupported && f.Stage == "front" && f.Code == 0:
		return http.StatusMethodNotAllowed
	case f.Kind == mantlet.TooLarge && f.Code != 0:
		return http.StatusBadRequest
	}
	if s, ok := statuses[f.Kind]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// refuse answers a request that never became an exchange, or whose exchange has
// no message to answer, and counts it.
func (v *visit) refuse(err error) {
	f := mantlet.AsFault("front", err)
	v.count(f)
	v.remedy(f)
	v.writeJSON(v.errorMessage(v.request, f).Bytes(), status(f))
}

// writeJSON answers with one message, whose length is said so that it is not sent in
// chunks.
func (v *visit) writeJSON(body []byte, status int) {
	h := v.w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	v.begin(status)
	_, _ = v.w.Write(body) // the caller may be gone; the record is closed
}

var jsonType = []string{"application/json"}

// remedy puts what would help where HTTP has a place for it.
func (v *visit) remedy(f *mantlet.Fault) {
	switch r := f.Remedy.(type) {
	case mantlet.Challenge:
		v.w.Header().Set("WWW-Authenticate", r.Header)
	case mantlet.RetryAfter:
		v.w.Header().Set("Retry-After", strconv.Itoa(r.Seconds))
	}
}

// errorMessage is f as a JSON-RPC error. The exchange id is in its words, so that
// whoever reads them can find the record.
func (v *visit) errorMessage(id requestID, f *mantlet.Fault) *wire.Message {
	return wire.NewError(id, code(f), fmt.Sprintf("%s (exchange %s)", f.Public, v.id), f.Data)
}

// rendered is the reply to m in place of the one that f withheld: a tool's caller
// is a model, and gets a result with words for it; others get an error.
func (v *visit) rendered(m *wire.Message, f *mantlet.Fault) *wire.Message {
	if m.Method != "tools/call" || !forModel(f) {
		return v.errorMessage(m.ID, f)
	}
	text := wire.Quote(fmt.Sprintf("%s (exchange %s)", f.Public, v.id))
	result := append([]byte(`{"content":[{"type":"text","text":`), text...)
	result = append(result, `}],"isError":true`...)
	if v.modern {
		result = append(result, `,"resultType":"complete"`...)
	}
	result = append(result, fmt.Sprintf(`,"_meta":{"io.mantlet/refusal":{"kind":%q,"exchange":%q}}}`, f.Kind.String(), v.id)...)
	reply, err := wire.NewResult(m.ID, result)
	if err != nil {
		return v.errorMessage(m.ID, f)
	}
	return reply
}

// forModel reports whether f is an answer to what the model tried, rather than a
// message that never was one.
func forModel(f *mantlet.Fault) bool {
	switch f.Kind {
	case mantlet.Denied, mantlet.Untrusted, mantlet.Unsafe, mantlet.Limited, mantlet.Unavailable, mantlet.TooLarge, mantlet.Deferred, mantlet.Cancelled:
		return f.Code == 0
	default:
		return false
	}
}

// replyStatus is the HTTP status under which a reply goes back. The modern era
// asks for 404 and 400 with some errors; the legacy era answers 200.
func replyStatus(m *wire.Message, said int, modern bool) int {
	if m.Kind != wire.Error {
		return http.StatusOK
	}
	if said == http.StatusBadRequest || said == http.StatusNotFound {
		return said
	}
	code, _, _ := m.RPCError()
	if !modern {
		return http.StatusOK
	}
	switch code {
	case wire.CodeMethodNotFound:
		return http.StatusNotFound
	case wire.CodeHeaderMismatch, wire.CodeMissingCapability, wire.CodeUnsupportedVersion, wire.CodeParseError, wire.CodeInvalidRequest:
		return http.StatusBadRequest
	default:
		return http.StatusOK
	}
}

package wire

import "strconv"

// own are the limits for messages that Mantlet makes: any that it was configured to
// let in, up to 1 GiB, it may also write.
var own = Limits{Bytes: 1 << 30, ListBytes: 1 << 30, Depth: 1000, Nodes: 1 << 30, Items: 1 << 30, Header: 1 << 20}

func start(id ID) []byte {
	b := append(make([]byte, 0, 256), `{"jsonrpc":"2.0"`...)
	if id != "" {
		b = append(append(b, `,"id":`...), id...)
	}
	return b
}

// NewRequest is a request with params, a JSON object, or without if params is nil.
func NewRequest(id ID, method Method, params []byte) (*Message, error) {
	b := append(append(start(id), `,"method":`...), Quote(string(method))...)
	if params != nil {
		b = append(append(b, `,"params":`...), params...)
	}
	return Decode(append(b, '}'), own)
}

// NewNotification is a request without an id.
func NewNotification(method Method, params []byte) (*Message, error) {
	return NewRequest("", method, params)
}

// NewResult is the reply to the request id with result, a JSON object.
func NewResult(id ID, result []byte) (*Message, error) {
	b := append(append(start(id), `,"result":`...), result...)
	return Decode(append(b, '}'), own)
}

// NewError is the reply to the request id that refuses it. Without an id it says
// null, as JSON-RPC 2.0, section 5, asks. data is JSON, or nil for none.
func NewError(id ID, code int, message string, data []byte) *Message {
	if id == "" {
		id = "null"
	}
	b := append(start(id), `,"error":{"code":`...)
	b = append(strconv.AppendInt(b, int64(code), 10), `,"message":`...)
	b = append(b, Quote(message)...)
	if data != nil {
		b = append(append(b, `,"data":`...), data...)
	}
	m, err := Decode(append(b, "}}"...), own)
	switch {
	case err == nil:
		return m
	case data != nil:
		return NewError(id, code, message, nil) // data was not JSON
	case id != "null":
		return NewError("null", code, message, nil) // nor was the id
	default:
		return &Message{} // cannot be: code and message are made here
	}
}

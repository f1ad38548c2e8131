package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// What is wrong with a message. Whose it is, a reader's own words say.
var (
	ErrLine     = errors.New("http1: a line does not end in CRLF")
	ErrHeadSize = errors.New("http1: the head is longer than its limit")
	ErrField    = errors.New("http1: a header is malformed")
	ErrLength   = errors.New("http1: Content-Length is not one number, once")
	ErrCoding   = errors.New("http1: Transfer-Encoding is not chunked, once and alone, in HTTP/1.1")
)

// Lines reads lines within a budget.
type Lines struct {
	In    *bufio.Reader
	Bytes int  // that are left
	Count int  // fields that are left
	Long  bool // a line may be longer than In's buffer
}

// Next returns a line without its CRLF, valid until the next read. io.EOF means
// that nothing came at all.
func (l *Lines) Next() ([]byte, error) {
	b, err := l.In.ReadSlice('\n')
	if l.Long && errors.Is(err, bufio.ErrBufferFull) && len(b) <= l.Bytes {
		b, err = l.long(b)
	}
	if l.Bytes -= len(b); l.Bytes < 0 || errors.Is(err, bufio.ErrBufferFull) {
		return nil, ErrHeadSize
	}
	if err != nil {
		if len(b) > 0 {
			err = CutOff(err)
		}
		return nil, err
	}
	if len(b) < 2 || b[len(b)-2] != '\r' {
		return nil, ErrLine
	}
	return b[:len(b)-2], nil
}

// long goes on with a line that has filled the buffer, up to its end or the budget's.
func (l *Lines) long(begun []byte) ([]byte, error) {
	all := append([]byte(nil), begun...)
	for {
		b, err := l.In.ReadSlice('\n')
		all = append(all, b...)
		if !errors.Is(err, bufio.ErrBufferFull) || len(all) > l.Bytes {
			return all, err
		}
	}
}

// Fields reads field lines up to the empty one. What each is given is valid until it
// returns.
func (l *Lines) Fields(each func(name, value []byte) error) error {
	for {
		line, err := l.Next()
		if err != nil {
			return CutOff(err)
		}
		if len(line) == 0 {
			return nil
		}
		if l.Count--; l.Count < 0 {
			return ErrHeadSize
		}
		// A name that begins with a space (obs-fold), ends in one or is empty is no token.
		name, value, colon := bytes.Cut(line, []byte(":"))
		if !colon || !Token(name) || !Text(value) {
			return ErrField
		}
		if err := each(name, Trim(value)); err != nil {
			return err
		}
	}
}

// CutOff makes an end that comes where something must follow an error.
func CutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Framing is how long a body is said to be (RFC 9112, section 6.3).
type Framing struct {
	Length  int64 // -1: none was announced
	Chunked bool
}

// Frames takes a field that frames the body, and reports whether it is one. Each may be
// there once: no sign, no list, no overflow, no coding but chunked.
func (f *Framing) Frames(name, value []byte) (bool, error) {
	switch {
	case Fold(name, "content-length"):
		return true, f.length(value)
	case Fold(name, "transfer-encoding"):
		if f.Chunked || !Fold(value, "chunked") {
			return true, ErrCoding
		}
		f.Chunked = true
		return true, nil
	case Fold(name, "trailer") && (Lists(value, "content-length") || Lists(value, "transfer-encoding") || Lists(value, "trailer")):
		return true, ErrField
	}
	return false, nil
}

// length takes one to eighteen digits.
func (f *Framing) length(value []byte) error {
	if f.Length >= 0 || len(value) == 0 || len(value) > 18 {
		return ErrLength
	}
	var n int64
	for _, c := range value {
		if c < '0' || c > '9' {
			return ErrLength
		}
		n = n*10 + int64(c-'0')
	}
	f.Length = n
	return nil
}

// Lists reports whether a list holds word, in whatever capitals.
func Lists(value []byte, word string) bool {
	for len(value) > 0 {
		var item []byte
		item, value, _ = bytes.Cut(value, []byte(","))
		if Fold(Trim(item), word) {
			return true
		}
	}
	return false
}

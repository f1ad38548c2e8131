package inspect

// overlap is how many bytes of what was said before are read again with what follows: as
// long as the longest thing that may be split over two messages.
const overlap = 512

// A Window is the end of what one stream has said. What a server splits over messages is
// found with the message that completes it. It is for one goroutine; its zero value is ready.
type Window struct {
	tail []byte // of the messages before
	last []byte // the same, with the message that was inspected last
	buf  []byte
}

// Next says that another message follows. Until then the same one may be inspected again.
func (w *Window) Next() { w.tail = append(w.tail[:0], w.last...) }

// begin forgets what an earlier look at the same message said.
func (w *Window) begin() {
	if w != nil {
		w.last = append(w.last[:0], w.tail...)
	}
}

// joined is the end of the messages before, followed by the beginning of text, which begins
// at from. Nil where nothing was said before.
func (w *Window) joined(text []byte) (whole []byte, from int) {
	if w == nil || len(w.tail) == 0 {
		return nil, 0
	}
	w.buf = append(append(w.buf[:0], w.tail...), text[:min(len(text), overlap)]...)
	return w.buf, len(w.tail)
}

// said adds text to what this message says.
func (w *Window) said(text []byte) {
	if w == nil {
		return
	}
	w.last = append(w.last, text[max(0, len(text)-overlap):]...)
	if over := len(w.last) - overlap; over > 0 {
		w.last = append(w.last[:0], w.last[over:]...)
	}
}

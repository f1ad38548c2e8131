package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxValue is the longest value of a member in bytes (SEP-3004).
const maxValue = 8192

// extension is the type under which our own members stand (SEP-3004, extensions).
const extension = "io.mantlet/exchange"

// An event is one line being made. Its members stand in sorted order, as
// canonical JSON of strings alone (SEP-3004: no numbers); whoever adds members
// adds them sorted, and a test holds that.
type event struct {
	kind      string
	outcome   string
	principal string
	tool      string
	at        time.Time
	ext       []byte
	line      []byte
	prevAt    int // where the previous hash stands in line
}

var events = sync.Pool{New: func() any { return &event{ext: make([]byte, 0, 1024), line: make([]byte, 0, 2048)} }}

func (l *Log) event(kind string, v Verdict) *event {
	e := events.Get().(*event) //nolint:forcetypeassert // the pool holds nothing else
	*e = event{kind: kind, outcome: v.String(), at: l.now(), ext: e.ext[:0], line: e.line[:0]}
	return e
}

// add puts a member into the extension; an empty one is left out.
func (e *event) add(name, value string) {
	if value == "" {
		return
	}
	if len(e.ext) > 0 {
		e.ext = append(e.ext, ',')
	}
	e.ext = append(append(append(e.ext, '"'), name...), '"', ':')
	e.ext = appendString(e.ext, value)
}

// steps adds how long each stage took, in nanoseconds: "quota=120 policy=950!"
// with "!" where it refused.
func (e *event) steps(all []Step) {
	if len(all) == 0 {
		return
	}
	e.ext = append(e.ext, `,"steps":"`...)
	for i, s := range all {
		if i > 0 {
			e.ext = append(e.ext, ' ')
		}
		e.ext = append(append(e.ext, s.Stage...), '=')
		e.ext = strconv.AppendInt(e.ext, int64(s.Took), 10)
		if s.Refused {
			e.ext = append(e.ext, '!')
		}
	}
	e.ext = append(e.ext, '"')
}

// findings are what the inspection found, the first twenty: "secret/github-token high mask
// back /content/0/text", one after the other with "; " between.
func (e *event) findings(all []Finding) {
	if len(all) == 0 {
		return
	}
	var b strings.Builder
	for i := range all {
		f := &all[i]
		if i == maxFindings {
			b.WriteString("; and more")
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		way := " in "
		if f.Back {
			way = " back "
		}
		b.WriteString(f.Rule + " " + f.Severity + " " + f.Action + way + f.At)
	}
	e.add("findings", b.String())
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// encode makes the line but for its two hashes, whose places it leaves.
func (e *event) encode() {
	b := e.line[:0]
	b = append(b, `{"event_hash":"`+zeros+`","event_id":"`...)
	b = append(append(b, rand.Text()...), `","event_type":"`...)
	b = append(append(b, e.kind...), `","extensions":{"`+extension+`":{`...)
	b = append(append(b, e.ext...), `}},"occurred_at":"`...)
	b = e.at.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(append(b, `","outcome":"`...), e.outcome...)
	b = append(b, `","previous_hash":"`...)
	e.prevAt = len(b)
	b = append(b, zeros+`","principal_id":`...)
	b = appendString(b, e.principal)
	b = append(b, `,"tool_name":`...)
	b = appendString(b, e.tool)
	b = append(b, '}', '\n')
	e.line = b
}

// hashStart is where the value of event_hash begins, hashEnd where what it covers
// goes on: the hash is over the line without that member.
const (
	hashStart = len(`{"event_hash":"`)
	hashEnd   = hashStart + len(zeros) + len(`",`)
)

// link puts the previous hash into the line, and the line's own, which it returns.
func (e *event) link(prev string) string {
	copy(e.line[e.prevAt:], prev)
	hash := lineHash(e.line)
	copy(e.line[hashStart:], hash)
	return hash
}

// lineHash is SHA-256, in lower-case hex, over the canonical JSON of the line
// without its event_hash and its newline.
func lineHash(line []byte) string {
	h := sha256.New()
	h.Write([]byte{'{'})
	h.Write(line[hashEnd : len(line)-1])
	var sum [32]byte
	return hex.EncodeToString(h.Sum(sum[:0]))
}

// appendString writes s as SEP-3004 wants values: NFC, trimmed of spaces, without
// control characters, at most 8,192 bytes.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if simple(s) {
		dst = append(dst, s...)
	} else {
		dst = appendCleaned(dst, s)
	}
	return append(dst, '"')
}

func simple(s string) bool {
	if len(s) > maxValue || (s != "" && (s[0] == ' ' || s[len(s)-1] == ' ')) {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return true
}

func appendCleaned(dst []byte, s string) []byte {
	s = strings.Trim(norm.NFC.String(strings.ToValidUTF8(s, "\ufffd")), " ")
	for len(s) > maxValue {
		_, n := utf8.DecodeLastRuneInString(s[:maxValue+1])
		s = s[:maxValue+1-n]
	}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case unicode.IsControl(r):
			dst = utf8.AppendRune(dst, '\ufffd')
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

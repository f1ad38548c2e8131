package exact

import (
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// Reach is how far two cells of a row lie apart at most, in bytes.
const Reach = 400

// The bounds of one look.
const (
	recent  = 8 // cells with which a new one is tried
	maxHits = 100
)

// Detector finds the records of one table. It is for many goroutines.
type Detector struct {
	name   string
	size   uint8
	first  []byte
	filter []byte
	prints []byte // of nine bytes each, in order
	keys   keys
	looks  sync.Pool
}

// Open makes a file of Fingerprint ready; the rules' ids are "exact/" and the name. It keeps
// file, which nobody may change after. A file that was made by another key, cut, or changed
// is refused.
func Open(name string, file, key []byte) (*Detector, error) {
	if len(key) < MinKey {
		return nil, fmt.Errorf("the key has %d bytes; it needs %d", len(key), MinKey)
	}
	if len(file) < fixed || string(file[:8]) != magic {
		return nil, errors.New("this is no file of fingerprints")
	}
	if file[8] != version {
		return nil, fmt.Errorf("the file of fingerprints has version %d, and this program reads %d", file[8], version)
	}
	d := &Detector{name: "exact/" + name, size: file[9], keys: derive(key, file[16:32])}
	count := int(binary.BigEndian.Uint32(file[12:]))
	if d.size < 3 || d.size > 31 || len(file) != fixed+1<<d.size/8+count*len(mark{}) {
		return nil, errors.New("the file of fingerprints is cut short, or too long")
	}
	if !hmac.Equal(d.keys.tag(file), file[tagAt:headerBytes]) {
		return nil, errors.New("the file of fingerprints was changed, or its key is another")
	}
	d.first, d.filter, d.prints = file[headerBytes:fixed], file[fixed:fixed+1<<d.size/8], file[fixed+1<<d.size/8:]
	d.looks.New = func() any { return &look{hasher: d.keys.hasher()} }
	return d, nil
}

// has reports whether the file holds p.
func (d *Detector) has(p mark) bool {
	n := len(d.prints) / len(p)
	i := sort.Search(n, func(i int) bool { return string(d.prints[i*len(p):][:len(p)]) >= string(p[:]) })
	return i < n && string(d.prints[i*len(p):][:len(p)]) == string(p[:])
}

// maybe reports whether a cell of this sum may be there.
func (d *Detector) maybe(sum uint64) bool {
	for _, at := range places(sum, d.size) {
		if d.filter[at/8]>>(at%8)&1 == 0 {
			return false
		}
	}
	return true
}

// A look is what one text needs while it is read.
type look struct {
	hasher *hasher
	words  []word
	folded []byte
	seen   [recent]known
	n      int // cells seen
}

// A known is a cell that was found.
type known struct {
	mark     mark
	from, to int
}

// chunk is how many words are folded at once.
const chunk = 256

// Find adds to dst cells that stand alone, and pairs of cells of one row: the hit of a pair
// is from the first to the second. At most 100.
func (d *Detector) Find(dst []finding.Hit, text []byte) []finding.Hit {
	l := d.looks.Get().(*look) //nolint:forcetypeassert // the pool holds nothing else
	defer d.looks.Put(l)
	l.words, l.folded, l.n = l.words[:0], l.folded[:0], 0
	base := len(dst)
	for at := 0; ; {
		l.words, l.folded, at = words(l.words, l.folded, text, at, chunk)
		last := at >= len(text)
		first := 0
		for ; first < len(l.words) && (last || first < len(l.words)-maxWords) && len(dst)-base < maxHits; first++ {
			dst = d.from(dst, l, first)
		}
		if last || len(dst)-base >= maxHits {
			return dst
		}
		l.shift(first)
	}
}

// shift forgets the words before first.
func (l *look) shift(first int) {
	if first >= len(l.words) {
		l.words, l.folded = l.words[:0], l.folded[:0]
		return
	}
	cut := l.words[first].at
	l.folded = append(l.folded[:0], l.folded[cut:]...)
	l.words = append(l.words[:0], l.words[first:]...)
	for i := range l.words {
		l.words[i].at -= cut
		l.words[i].end -= cut
	}
}

// from tries the runs of words that begin with the word i.
func (d *Detector) from(dst []finding.Hit, l *look, i int) []finding.Hit {
	w := &l.words[i]
	if len(l.folded)-w.at < minCell {
		return dst
	}
	if at := d.keys.beginning(l.folded[w.at:]); d.first[at/8]>>(at%8)&1 == 0 {
		return dst
	}
	s := d.keys.sip()
	for k := i; k < len(l.words) && k-i < maxWords; k++ {
		end := &l.words[k]
		if end.end-w.at > maxCell || k > i && end.from-l.words[k-1].to > maxGap {
			break
		}
		s.add(l.folded[end.at:end.end])
		if s.n >= minCell && d.maybe(s.sum()) {
			dst = d.found(dst, l, l.folded[w.at:end.end], w.from, end.to)
		}
	}
	return dst
}

// maxGap is how many bytes lie between two words of a cell at most.
const maxGap = 4

// found looks a cell up that the filter lets through.
func (d *Detector) found(dst []finding.Hit, l *look, letters []byte, from, to int) []finding.Hit {
	p := l.hasher.cell(cell, letters)
	if !d.has(p) {
		return dst
	}
	if d.has(l.hasher.cell(alone, letters)) {
		dst = append(dst, finding.Hit{Rule: d.name, Severity: finding.High, Start: from, End: to, Words: "it holds a value of a table that may not leave"})
	}
	for i := range min(l.n, recent) {
		other := &l.seen[i]
		apart := from - other.to
		if apart < 0 || apart > Reach || other.mark == p || !d.has(l.hasher.pair(other.mark, p)) {
			continue
		}
		dst = append(dst, finding.Hit{Rule: d.name + "/pair", Severity: finding.High, Start: other.from, End: to, Words: "it holds two values of one row of a table that may not leave"})
		break
	}
	l.seen[l.n%recent] = known{p, from, to}
	l.n++
	return dst
}

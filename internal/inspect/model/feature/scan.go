package feature

import (
	"encoding/binary"
	"unicode/utf8"
)

// How many numbers each list has.
const (
	Words  = 1 << 17
	Chars  = 1 << 17
	Shapes = 1 << 13
)

const (
	blockBytes = 64      // a block ends with the word that reaches it,
	leastBlock = 24      // or with the sentence or the line that ends behind so many
	maxWord    = 64      // bytes of a word that count; longer ones are cut
	maxText    = 1 << 30 // offsets are 32 bits
	maxViews   = 6       // readings of a text: as it stands, decoded, and each turn
	nearWords  = 14      // how far apart kinds of words still belong together
	kept       = 6       // kinds that are remembered
)

// A Block is 24 to about 64 bytes of a view. Its slices are good until the next one.
type Block struct {
	First      bool // of its view: what came before is another text
	Decoded    bool // the view is not the text as it stands
	Start, End int  // of the source, to within a few bytes
	Words      []uint32
	Chars      []uint32
	Shapes     []uint32
}

// A Sink takes blocks in order.
type Sink interface{ Block(b *Block) }

// A Scanner reads texts. It keeps what it has allocated; it is for one goroutine at a time.
type Scanner struct {
	main, side page
	plain      []byte
	block      Block
	sink       Sink
	seen       [1 << 12]uint32 // numbers of this block, so that each is listed once
	epoch      uint32
	turns      [spaced + 1]int // signs of each turn in the main page
	w          walk
}

// A walk is the state of one reading.
type walk struct {
	p          *page
	fixed      bool // the source range is from, to, whatever the place
	from, to   int
	begin      int // of the block
	fresh      bool
	count      int // words
	last       [3]uint32
	kinds      [kept]kind
	at         [kept]int // word numbers of kinds
	ideo       uint32    // the ideograph before
	lone       int       // letters that stood alone, in a row
	inPath     bool
	pathEnd    int
	afterQuote bool
	begins     bool // the next word begins a sentence, a line or a quotation
	first      bool // the word at hand does
}

// Scan reads text and gives its blocks to sink. A text of no visible bytes has none.
func (s *Scanner) Scan(text []byte, sink Sink) {
	if len(text) > maxText {
		text = text[:maxText]
	}
	s.sink, s.turns, s.epoch = sink, [spaced + 1]int{}, 0
	clear(s.seen[:]) // a score does not depend on what was read before
	s.main.write(text)
	s.read(walk{p: &s.main}, false)
	s.decode(func(from, to int) {
		s.side.write(s.plain)
		s.read(walk{p: &s.side, fixed: true, from: from, to: to}, true)
	})
	for t := rotated; t <= spaced; t++ {
		if s.turns[t] >= enough[t] {
			s.undo(t, text)
			s.side.write(s.plain)
			s.read(walk{p: &s.side, fixed: true, to: len(text)}, true)
		}
	}
	s.sink = nil
}

// enough is how many signs of a turn make it worth a second reading.
var enough = [spaced + 1]int{rotated: 1, reversed: 1, digited: 1, spaced: 8}

// Trim gives back buffers that one long text has made large.
func (s *Scanner) Trim(most int) {
	if cap(s.main.seen) > most {
		s.main, s.side, s.plain = page{}, page{}, nil
	}
}

func (s *Scanner) read(w walk, decoded bool) {
	s.w = w
	s.w.fresh, s.w.begins = true, true
	s.block.Decoded = decoded
	s.next()
	low, seen := w.p.low, w.p.seen
	for i := 0; i < len(seen); {
		end := s.token(low, seen, i)
		i = end
		if n := i - s.w.begin; n >= blockBytes || n >= leastBlock && sentenceEnd(low, end-1, n) {
			s.flush(i)
		}
	}
	if len(seen) > s.w.begin {
		s.flush(len(seen))
	}
}

// sentenceEnd reports whether the mark at i ends a sentence, or a line of a block that has n
// bytes already: text that is broken into many lines is still text.
func sentenceEnd(low []byte, i, n int) bool {
	switch low[i] {
	case '\n':
		return n >= 2*leastBlock
	case '.', '!', '?':
		return low[i+1] == ' ' || low[i+1] == '\n'
	}
	return false
}

func (s *Scanner) next() {
	s.epoch++
	b := &s.block
	b.Words, b.Chars, b.Shapes = b.Words[:0], b.Chars[:0], b.Shapes[:0]
}

// flush completes the block that ends before i.
func (s *Scanner) flush(i int) {
	s.chars(s.w.begin, i)
	b := &s.block
	b.First, s.w.fresh = s.w.fresh, false
	b.Start, b.End = s.w.from, s.w.to
	if !s.w.fixed {
		b.Start, b.End = s.w.p.source(s.w.begin), s.w.p.source(i)
	}
	s.sink.Block(b)
	s.w.begin = i
	s.next()
}

// once reports whether number n of a list (0, 1 or 2) is new to this block; now and then it
// reports an old one as new.
func (s *Scanner) once(list, n uint32) bool {
	key := s.epoch<<20 | list<<18 | n
	at := &s.seen[(n^n>>12^list<<10)%uint32(len(s.seen))]
	if *at == key {
		return false
	}
	*at = key
	return true
}

func (s *Scanner) chars(from, to int) {
	low := s.w.p.low
	for i := from; i < to; i++ {
		v := binary.LittleEndian.Uint64(low[i:])
		for n := uint(3); n <= 5; n++ {
			h := (v << (64 - 8*n)) * (0x9e3779b97f4a7c15 + uint64(n)<<1)
			if at := uint32(h >> 47); s.once(1, at) {
				s.block.Chars = append(s.block.Chars, at)
			}
		}
	}
}

// token reads what starts at i, and gives its end.
func (s *Scanner) token(low, seen []byte, i int) int {
	c := low[i]
	switch {
	case c >= utf8.RuneSelf:
		if r, n := utf8.DecodeRune(low[i:len(seen)]); ideograph(r) {
			s.ideograph(low[i : i+n])
			return i + n
		}
	case !wordByte[c]:
		s.mark(low, seen, i)
		return i + 1
	}
	s.w.ideo = 0
	h, end, digits, upper, inner := uint32(hashStart), i, 0, 0, false
	for end < len(seen) && (wordByte[low[end]] || low[end] == '\'' && end > i) {
		c := low[end]
		if c == '\'' { // don't is dont
			end++
			continue
		}
		if end-i < maxWord {
			h = (h ^ uint32(c)) * hashStep
		}
		if c >= '0' && c <= '9' {
			digits++
		}
		if seen[end] != c {
			upper++
			inner = inner || end > i && seen[end-1] == low[end-1] && letter(low[end-1])
		}
		inner = inner || c == '_' && end > i
		end++
	}
	s.word(low[i:end], h^h>>15, form{digits, upper, inner, i})
	return end
}

var wordByte = func() (t [256]bool) {
	for c := range t {
		b := byte(c) //nolint:gosec // below 256
		t[c] = letter(b) || b >= '0' && b <= '9' || b == '_' || b >= utf8.RuneSelf
	}
	return t
}()

// A form is how a word is written: digits, capitals, marks or capitals inside, its place.
type form struct {
	digits, upper int
	inner         bool
	at            int
}

// Stand-ins of words whose form says more than their letters.
const (
	standIdent  = 0x1d3a7f11
	standNumber = 0x2b91c3d5
	standPath   = 0x3c6ef372
	standLink   = 0x54ff53a5
)

func (s *Scanner) word(w []byte, h uint32, f form) {
	k, t := words.find(h)
	s.signs(w, t, f)
	s.w.first, s.w.begins = s.w.begins, false
	if s.w.inPath && f.at < s.w.pathEnd {
		if k != 0 {
			s.kind(k)
		}
		return
	}
	s.w.inPath = false
	s.unigram(h)
	if s.w.first {
		s.unigram(h*0x27d4eb2f + 1)
	}
	switch {
	case f.inner && k == 0:
		k, h = kindIdent, standIdent
	case f.digits == len(w):
		h = standNumber
	}
	s.grams(h)
	if k != 0 {
		s.kind(k)
	}
	if f.upper == len(w) && len(w) >= 4 {
		s.kind(kindCaps)
	}
}

// signs counts what speaks for a turn.
func (s *Scanner) signs(w []byte, t turn, f form) {
	if t != straight {
		s.turns[t]++
	}
	if len(w) == 1 && letter(w[0]) {
		s.w.lone++
		s.turns[spaced] = max(s.turns[spaced], s.w.lone)
		return
	}
	s.w.lone = 0
	if f.digits == 0 || f.digits == len(w) || len(w) > 24 || len(w) < 4 {
		return
	}
	h := uint32(hashStart)
	for _, c := range w {
		if l := letterOf[c]; l != 0 {
			c = l
		}
		h = (h ^ uint32(c)) * hashStep
	}
	if k, _ := words.find(h ^ h>>15); k != 0 {
		s.turns[digited]++
	}
}

func (s *Scanner) unigram(h uint32) {
	if at := h * 0x9e3779b1 >> 15; s.once(0, at) {
		s.block.Words = append(s.block.Words, at)
	}
}

// grams lists the 2- to 4-grams that end with the word h.
func (s *Scanner) grams(h uint32) {
	w := &s.w
	w.count++
	g := h
	for n := range min(w.count-1, len(w.last)) {
		g = g*0x85ebca6b + w.last[n] + uint32(n) //nolint:gosec // below 3
		g ^= g >> 13
		if at := g * 0xc2b2ae35 >> 15; s.once(0, at) {
			s.block.Words = append(s.block.Words, at)
		}
	}
	w.last[2], w.last[1], w.last[0] = w.last[1], w.last[0], h
}

// ideograph takes one character as a word, and two as one where the lexicon has them.
func (s *Scanner) ideograph(c []byte) {
	h := wordHash(c)
	s.w.first, s.w.begins = s.w.begins, false
	s.unigram(h)
	if s.w.first {
		s.unigram(h*0x27d4eb2f + 1)
	}
	s.grams(h)
	pair := s.w.ideo
	s.w.ideo = hashStart
	for _, b := range c {
		if pair != 0 {
			pair = (pair ^ uint32(b)) * hashStep
		}
		s.w.ideo = (s.w.ideo ^ uint32(b)) * hashStep
	}
	if k, _ := words.find(h); k != 0 {
		s.kind(k)
	}
	if pair != 0 {
		if k, _ := words.find(pair ^ pair>>15); k != 0 {
			s.kind(k)
		}
	}
}

// mark looks at what is no word: the start of a path or an address, frames, quotes.
func (s *Scanner) mark(low, seen []byte, i int) {
	switch c := low[i]; c {
	case '.', '!', '?', ';', '\n', '>', '(', '{':
		s.w.begins = true
	case '/', '~', ':':
		s.w.begins = s.w.begins || c == ':'
		s.path(low, len(seen), i)
	case '`', '"', '\'':
		s.w.begins = true
		s.w.afterQuote = !s.w.afterQuote
		if s.w.afterQuote {
			s.kind(kindQuote)
		}
	case '<', '[', '#', '|', '-', '=':
		s.w.begins = true
		if n := low[i+1]; n == c || c == '<' && (n == '|' || n == '!' || n == '/') {
			if i == 0 || low[i-1] != c {
				s.kind(kindMark)
			}
		}
	case '@':
		if i > 0 && wordByte[low[i-1]] && wordByte[low[i+1]] {
			s.grams(standLink)
			s.kind(kindLink)
		}
	}
}

func (s *Scanner) path(low []byte, n, i int) {
	if s.w.inPath && i < s.w.pathEnd {
		return
	}
	c, next := low[i], low[i+1]
	link := c == ':' && next == '/' && low[i+2] == '/'
	begins := i == 0 || !wordByte[low[i-1]] && low[i-1] != '/' && low[i-1] != '<'
	if !link && (!begins || c == ':' || c == '~' && next != '/' || c == '/' && (!wordByte[next] && next != '.')) {
		return
	}
	end := i
	for end < n && low[end] > ' ' && low[end] != '"' && low[end] != '\'' && low[end] != '`' && low[end] != '<' && low[end] != ')' {
		end++
	}
	s.w.inPath, s.w.pathEnd = true, end
	if link {
		s.grams(standLink)
		s.kind(kindLink)
		return
	}
	s.grams(standPath)
	s.kind(kindPath)
}

// kind lists the shapes that the next kind of word makes with those before it: each pair,
// near and not so near, and with the last two.
func (s *Scanner) kind(k kind) {
	w := &s.w
	for i := range w.kinds {
		distance := w.count - w.at[i]
		if w.kinds[i] == 0 || distance > nearWords {
			break
		}
		n := uint32(w.kinds[i])*kinds + uint32(k)
		if distance > 4 {
			n += kinds * kinds
		}
		s.shape(n)
		if i == 0 && w.kinds[1] != 0 && w.count-w.at[1] <= nearWords {
			n = (uint32(w.kinds[1])*kinds+uint32(w.kinds[0]))*kinds + uint32(k)
			s.shape(triples + n*0x9e3779b1>>20)
		}
	}
	s.shape(2*kinds*kinds + uint32(k))
	if w.first {
		s.shape(2*kinds*kinds + kinds + uint32(k))
	}
	copy(w.kinds[1:], w.kinds[:])
	copy(w.at[1:], w.at[:])
	w.kinds[0], w.at[0] = k, w.count
}

// triples is the first number of a shape of three; 4,096 follow.
const triples = 4096

func (s *Scanner) shape(n uint32) {
	if s.once(2, n) {
		s.block.Shapes = append(s.block.Shapes, n)
	}
}

package ledger_test

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"

	"github.com/mantlet-mcp/mantlet/internal/trust/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A clerk is a witness by hand, from C2SP's tlog-witness and tlog-cosignature; its proofs
// are checked by transparency-dev's merkle. blind, it signs whatever it is shown.
type clerk struct {
	*httptest.Server
	name  string
	key   ed25519.PrivateKey
	log   note.Verifier
	blind bool
	mu    sync.Mutex
	size  uint64
	root  []byte
	asked int
}

func newClerk(t *testing.T, name string, log note.Verifier) *clerk {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &clerk{name: name, key: key, log: log}
	c.Server = httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.Close)
	return c
}

func (c *clerk) typed() []byte { return append([]byte{4}, c.key.Public().(ed25519.PublicKey)...) }

func (c *clerk) id() []byte {
	sum := sha256.Sum256(append([]byte(c.name+"\n"), c.typed()...))
	return sum[:4]
}

func (c *clerk) vkey() string {
	return fmt.Sprintf("%s+%x+%s", c.name, c.id(), base64.StdEncoding.EncodeToString(c.typed()))
}

func (c *clerk) witness(t *testing.T, operator string) ledger.Witness {
	t.Helper()
	k, err := ledger.ParseCosigner(c.vkey())
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Witness{Operator: operator, Key: k, URL: c.URL}
}

// line is a cosignature of body at a time.
func (c *clerk) line(body string, at uint64) string {
	sig := ed25519.Sign(c.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, body))
	blob := append(binary.BigEndian.AppendUint64(c.id(), at), sig...)
	return "— " + c.name + " " + base64.StdEncoding.EncodeToString(blob) + "\n"
}

func (c *clerk) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	in := bufio.NewReader(r.Body)
	first, _ := in.ReadString('\n')
	old, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(first, "old "), "\n"), 10, 64)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/add-checkpoint" {
		http.Error(w, "bad", http.StatusBadRequest)
		return
	}
	var path [][]byte
	for {
		l, err := in.ReadString('\n')
		if err != nil {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		if l == "\n" {
			break
		}
		h, _ := base64.StdEncoding.DecodeString(strings.TrimSuffix(l, "\n"))
		path = append(path, h)
	}
	signed, _ := io.ReadAll(in)
	n, err := note.Open(signed, note.VerifierList(c.log))
	if err != nil {
		http.Error(w, "unknown key", http.StatusForbidden)
		return
	}
	lines := strings.Split(n.Text, "\n")
	size, _ := strconv.ParseUint(lines[1], 10, 64)
	root, _ := base64.StdEncoding.DecodeString(lines[2])
	if !c.blind {
		switch {
		case old > size:
			http.Error(w, "old", http.StatusBadRequest)
			return
		case old != c.size, old == size && !bytes.Equal(root, c.root):
			w.Header().Set("Content-Type", "text/x.tlog.size")
			w.WriteHeader(http.StatusConflict)
			_, _ = fmt.Fprintf(w, "%d\n", c.size)
			return
		case old > 0 && proof.VerifyConsistency(rfc6962.DefaultHasher, old, size, path, c.root, root) != nil, old == 0 && len(path) > 0:
			http.Error(w, "proof", http.StatusUnprocessableEntity)
			return
		}
	}
	c.size, c.root = size, root
	_, _ = io.WriteString(w, "— somebody.else AAAAAAAAAAA=\n"+c.line(n.Text, uint64(time.Now().Unix())))
}

func snapshot(t *testing.T, l *ledger.Ledger) *ledger.Snapshot {
	t.Helper()
	s, err := l.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

// open is a ledger of n entries, which b still holds.
func grown(t *testing.T, b *bench, n int) *ledger.Ledger {
	t.Helper()
	l, _, err := b.open(t)
	if err != nil {
		t.Fatal(err)
	}
	add(t, l, 0, n)
	return l
}

func TestWitnessesSeeTheLogGrow(t *testing.T) {
	b := newBench(t)
	l := grown(t, b, 5)
	c := newClerk(t, "w1.example/a", b.known)
	w := c.witness(t, "one")
	q := ledger.Quorum{Operator: "us", K: 1, Witnesses: []ledger.Witness{w}}
	var a ledger.Asker
	seen := int64(0)
	for _, n := range []int{0, 0, 1, 300} {
		add(t, l, int(l.Size()), n)
		s := snapshot(t, l)
		if _, err := q.Cosigned(s.Signed); n > 0 && !errors.Is(err, ledger.ErrUnwitnessed) {
			t.Errorf("witnessed before anybody was asked: %v", err)
		}
		var err error
		if seen, err = a.Ask(t.Context(), &w, s, seen); err != nil || seen != l.Size() {
			t.Fatalf("%d, %v", seen, err)
		}
		if n, err := q.Cosigned(s.Signed); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if !l.Witnessed(s) {
			t.Error("the log did not take its cosignature")
		}
	}
	// Who does not know what the witness has seen is told, and asks again.
	add(t, l, int(l.Size()), 2)
	before := c.asked
	if seen, err := a.Ask(t.Context(), &w, snapshot(t, l), 0); err != nil || seen != l.Size() || c.asked != before+2 {
		t.Errorf("%d, %v, asked %d times", seen, err, c.asked-before)
	}
	s := snapshot(t, l)
	add(t, l, int(l.Size()), 1)
	if l.Witnessed(s) {
		t.Error("cosignatures of another size are taken")
	}
}

// A fork with the log's own key, and a log that was rolled back, are refused by the
// witness; one that does not look signs them, which is the twin.
func TestWitnessesRefuseForksAndRollbacks(t *testing.T) {
	for _, blind := range []bool{false, true} {
		b := newBench(t)
		l := grown(t, b, 8)
		c := newClerk(t, "w1.example/a", b.known)
		w := c.witness(t, "one")
		var a ledger.Asker
		if _, err := a.Ask(t.Context(), &w, snapshot(t, l), 0); err != nil {
			t.Fatal(err)
		}
		c.blind = blind
		fork := func(n int) *ledger.Snapshot {
			other := &bench{dir: t.TempDir(), signer: b.signer, known: b.known}
			o, _, err := other.open(t)
			if err != nil {
				t.Fatal(err)
			}
			if err := o.Append(t.Context(), [][]byte{[]byte("another first entry")}, nil, nothing); err != nil {
				t.Fatal(err)
			}
			add(t, o, 1, n-1)
			return snapshot(t, o)
		}
		for name, s := range map[string]struct {
			snap *ledger.Snapshot
			old  int64
			want error
		}{
			"longer": {fork(12), 8, ledger.ErrContradicted}, "longer, told": {fork(12), 0, ledger.ErrContradicted},
			"as long": {fork(8), 8, ledger.ErrContradicted}, "shorter": {fork(6), 6, ledger.ErrAhead},
		} {
			_, err := a.Ask(t.Context(), &w, s.snap, s.old)
			if !blind && !errors.Is(err, s.want) || blind && err != nil {
				t.Errorf("%s, blind %v: %v", name, blind, err)
			}
		}
	}
}

func TestQuorumOfWitnesses(t *testing.T) {
	b := newBench(t)
	s := snapshot(t, grown(t, b, 3))
	body, _, _ := strings.Cut(string(s.Signed), "\n\n")
	body += "\n"
	ours, one, oneToo, two, stranger := newClerk(t, "ours", b.known), newClerk(t, "one", b.known), newClerk(t, "one/b", b.known), newClerk(t, "two", b.known), newClerk(t, "x", b.known)
	q := ledger.Quorum{Operator: "us", K: 2, Witnesses: []ledger.Witness{ours.witness(t, "us"), one.witness(t, "one"), oneToo.witness(t, "one"), two.witness(t, "two")}}
	broken := two.line(body+"more\n", 9)
	for name, c := range map[string]struct {
		lines string
		n     int
	}{
		"nobody": {"", 0}, "two operators": {one.line(body, 1) + two.line(body, 2), 2}, "one operator twice": {one.line(body, 1) + oneToo.line(body, 2), 1},
		"the log's own": {ours.line(body, 1) + one.line(body, 2), 1}, "a stranger": {one.line(body, 1) + stranger.line(body, 2), 1},
		"one key twice": {one.line(body, 1) + one.line(body, 2), 1}, "of another checkpoint": {one.line(body, 1) + two.line(strings.Replace(body, "3", "4", 1), 2), 1},
		"without a time": {one.line(body, 1) + two.line(body, 0), 1}, "of a time that is none": {one.line(body, 1) + two.line(body, 1<<63), 1},
		"a broken one beside": {one.line(body, 1) + broken, 1}, "a broken one before good ones": {broken + one.line(body, 1), 1},
		"a line that is none": {one.line(body, 1) + two.line(body, 2) + "— x\n", 0},
	} {
		signed := append(bytes.Clone(s.Signed), c.lines...)
		n, err := q.Cosigned(signed)
		if n != c.n || (err == nil) != (c.n >= 2) || err != nil && !errors.Is(err, ledger.ErrUnwitnessed) {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if say := q.Say(signed); strings.HasPrefix(say, "not witnessed") != (c.n < 2) {
			t.Errorf("%s: %s", name, say)
		}
	}
	none := ledger.Quorum{}
	if n, err := none.Cosigned(append(bytes.Clone(s.Signed), one.line(body, 1)...)); n != 0 || !errors.Is(err, ledger.ErrUnwitnessed) {
		t.Errorf("the zero quorum: %d, %v", n, err)
	}
}

func TestCheckOfQuorums(t *testing.T) {
	b := newBench(t)
	one, two := newClerk(t, "one", b.known), newClerk(t, "two", b.known)
	logKey, err := note.NewEd25519VerifierKey("log", one.key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*ledger.Quorum)
		ok     bool
	}{
		"sound": {func(*ledger.Quorum) {}, true}, "nobody": {func(q *ledger.Quorum) { q.K = 0 }, false}, "more than there are": {func(q *ledger.Quorum) { q.K = 3 }, false},
		"one operator with two keys": {func(q *ledger.Quorum) { q.Witnesses[1].Operator = "one" }, false}, "the log's own": {func(q *ledger.Quorum) { q.Operator = "one" }, false},
		"without the log's operator": {func(q *ledger.Quorum) { q.Operator = "" }, false}, "one key, two operators": {func(q *ledger.Quorum) { q.Witnesses[1].Key = q.Witnesses[0].Key }, false},
		"the log's key": {func(q *ledger.Quorum) { q.LogKeys = []string{logKey} }, false}, "a log's key that is none": {func(q *ledger.Quorum) { q.LogKeys = []string{"x"} }, false},
		"no operator": {func(q *ledger.Quorum) { q.Witnesses[0].Operator = "" }, false}, "no key": {func(q *ledger.Quorum) { q.Witnesses[0].Key = nil }, false}, "the zero key": {func(q *ledger.Quorum) { q.Witnesses[0].Key = &ledger.Cosigner{} }, false},
		"without TLS": {func(q *ledger.Quorum) { q.Witnesses[0].URL = "http://witness.example" }, false}, "another scheme": {func(q *ledger.Quorum) { q.Witnesses[0].URL = "file:///etc" }, false},
	} {
		q := ledger.Quorum{Operator: "us", K: 2, Witnesses: []ledger.Witness{one.witness(t, "one"), two.witness(t, "two")}}
		c.change(&q)
		if err := q.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseCosigner(t *testing.T) {
	c := newClerk(t, "witness.example/w1", nil)
	if k, err := ledger.ParseCosigner(c.vkey()); err != nil || k.Name() != c.name || k.KeyHash() != binary.BigEndian.Uint32(c.id()) {
		t.Errorf("%v, %v", k, err)
	}
	logKey, err := note.NewEd25519VerifierKey("log", c.key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "+", "++", logKey, "x" + c.vkey(), strings.Replace(c.vkey(), "witness", "wit ness", 1), c.vkey() + "=", c.vkey()[:len(c.vkey())-4], strings.Replace(c.vkey(), "+", "+0", 1)} {
		if _, err := ledger.ParseCosigner(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestWhatAWitnessMayAnswer(t *testing.T) {
	b := newBench(t)
	l := grown(t, b, 3)
	honest, other := newClerk(t, "one", b.known), newClerk(t, "other", b.known)
	away := httptest.NewServer(http.HandlerFunc(honest.serve))
	t.Cleanup(away.Close)
	body, _, _ := strings.Cut(string(l.Checkpoint()), "\n\n")
	body += "\n"
	for name, c := range map[string]struct {
		status int
		kind   string
		text   string
		want   error
	}{
		"a cosignature": {200, "", honest.line(body, 7), nil}, "nothing": {200, "", "", ledger.ErrWitness}, "another's": {200, "", other.line(body, 7), ledger.ErrWitness},
		"of another checkpoint": {200, "", honest.line("x\n", 7), ledger.ErrWitness}, "cut": {200, "", strings.TrimSuffix(honest.line(body, 7), "\n"), ledger.ErrWitness},
		"too much": {200, "", honest.line(body, 7) + strings.Repeat("x", 70<<10), ledger.ErrWitness}, "text": {200, "", "\n\nhello\n" + "old 3\n", ledger.ErrWitness},
		"404": {404, "", "", ledger.ErrWitness}, "403": {403, "", "", ledger.ErrWitness}, "500": {500, "", "", ledger.ErrWitness}, "422": {422, "", "", ledger.ErrContradicted},
		"409 and no size": {409, "text/x.tlog.size", "many\n", ledger.ErrWitness}, "409 in another type": {409, "text/html", "2\n", ledger.ErrWitness}, "409 and more": {409, "text/x.tlog.size", "9\n", ledger.ErrAhead},
		"409 for ever": {409, "text/x.tlog.size", "2\n", ledger.ErrContradicted}, "409 below": {409, "text/x.tlog.size", "-2\n", ledger.ErrWitness}, "elsewhere": {307, "", "", ledger.ErrWitness},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.kind != "" {
					w.Header().Set("Content-Type", c.kind)
				}
				w.Header().Set("Location", away.URL+"/add-checkpoint")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.text)
			}))
			defer srv.Close()
			w := honest.witness(t, "one")
			w.URL = srv.URL
			s := snapshot(t, l)
			before := bytes.Clone(s.Signed)
			_, err := (&ledger.Asker{}).Ask(t.Context(), &w, s, 0)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if bytes.Equal(before, s.Signed) != (c.want != nil) {
				t.Errorf("the checkpoint is now %s", s.Signed)
			}
		})
	}
	if honest.asked != 0 {
		t.Error("a redirection was followed")
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestExportsAreWitnessed(t *testing.T) {
	b := newBench(t)
	l := grown(t, b, 300)
	c := newClerk(t, "one", b.known)
	w := c.witness(t, "one")
	q := ledger.Quorum{Operator: "us", K: 1, Witnesses: []ledger.Witness{w}}
	dir := t.TempDir()
	if err := l.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if tree, n, err := q.VerifyWitnessed(dir, origin, nothing, b.known); tree.N != 300 || n != 0 || !errors.Is(err, ledger.ErrUnwitnessed) {
		t.Errorf("%v, %d, %v", tree, n, err)
	}
	s := snapshot(t, l)
	if _, err := (&ledger.Asker{}).Ask(t.Context(), &w, s, 0); err != nil || !l.Witnessed(s) {
		t.Fatal(err)
	}
	if err := l.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if tree, n, err := q.VerifyWitnessed(dir, origin, nothing, b.known); tree.N != 300 || n != 1 || err != nil {
		t.Errorf("%v, %d, %v", tree, n, err)
	}
}

func FuzzParseCosigner(f *testing.F) {
	f.Add("witness.example/w1+8d66cf3f+BAAA")
	f.Add("a+00000000+")
	f.Fuzz(func(t *testing.T, vkey string) {
		if k, err := ledger.ParseCosigner(vkey); err == nil && (k.Name() == "" || k.Verify([]byte("x"), make([]byte, 72))) {
			t.Errorf("%q", vkey)
		}
	})
}

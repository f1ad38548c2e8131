package app_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// An onlooker is a witness by hand (C2SP tlog-witness, tlog-cosignature): it signs what it
// is shown; or it is away; or it has seen another history, to which no proof leads.
type onlooker struct {
	*httptest.Server
	name string
	key  ed25519.PrivateKey

	mu    sync.Mutex
	away  bool
	other bool
	asked int
}

func newOnlooker(t *testing.T, name string) *onlooker {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := &onlooker{name: name, key: key}
	o.Server = httptest.NewServer(http.HandlerFunc(o.serve))
	t.Cleanup(o.Close)
	return o
}

func (o *onlooker) typed() []byte { return append([]byte{4}, o.key.Public().(ed25519.PublicKey)...) }

func (o *onlooker) id() []byte {
	sum := sha256.Sum256(append([]byte(o.name+"\n"), o.typed()...))
	return sum[:4]
}

func (o *onlooker) vkey() string {
	return fmt.Sprintf("%s+%x+%s", o.name, o.id(), base64.StdEncoding.EncodeToString(o.typed()))
}

func (o *onlooker) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	body, _ := io.ReadAll(r.Body)
	_, signed, _ := bytes.Cut(body, []byte("\n\n"))
	text, _, ok := bytes.Cut(signed, []byte("\n\n"))
	switch {
	case o.away || !ok || r.URL.Path != "/add-checkpoint":
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	case o.other && bytes.HasPrefix(body, []byte("old 0\n")):
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, "1\n")
		return
	case o.other:
		http.Error(w, "the proof leads elsewhere", http.StatusUnprocessableEntity)
		return
	}
	at := uint64(time.Now().Unix()) //nolint:gosec // it is after 1970
	sig := ed25519.Sign(o.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s\n", at, text))
	blob := bytes.Join([][]byte{o.id(), binary.BigEndian.AppendUint64(nil, at), sig}, nil)
	_, _ = fmt.Fprintf(w, "— %s %s\n", o.name, base64.StdEncoding.EncodeToString(blob))
}

func (o *onlooker) become(away, other bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away, o.other = away, other
}

// A said is a log that can be read while it is written.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *said) within(t *testing.T, words string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(s.String(), words) {
			return
		}
	}
	t.Fatalf("%q is not said: %s", words, s)
}

func watched(k int, list ...*onlooker) string {
	var b strings.Builder
	fmt.Fprintf(&b, "trust: {firstUse: scan, observe: 20ms, witnesses: {operator: us, every: 20ms, k: %d, list: [", k)
	for _, o := range list {
		fmt.Fprintf(&b, "{name: %s, operator: %s, key: %q, url: %q},", o.name, o.name, o.vkey(), o.URL)
	}
	return b.String() + "]}}\n"
}

// running runs a Mantlet whose log is kept. See mantlettest.Start.
func running(t *testing.T, state, yaml string) (*mantlettest.Gateway, *said) {
	t.Helper()
	t.Setenv("MANTLET_STATE", state)
	cfg, err := config.Parse("", []byte("listen: {address: \"127.0.0.1:0\"}\n"+yaml))
	if err != nil {
		t.Fatal(err)
	}
	log := &said{}
	a, err := app.New(cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &mantlettest.Gateway{App: a, State: state, Config: cfg}, log
}

// verified exports the log until it is found as want.
func verified(t *testing.T, g *mantlettest.Gateway, k int, want string, list ...*onlooker) {
	t.Helper()
	key, err := app.LogKey(g.Config)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range list {
		keys = append(keys, o.name+"="+o.vkey())
	}
	var got string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		dir := filepath.Join(t.TempDir(), "export")
		export(t, g, dir)
		w, err := app.VerifyWitnessed(dir, key, "us", keys, k)
		if err != nil {
			t.Fatal(err)
		}
		if got = w.String(); got == want && w.Entries > 0 {
			return
		}
	}
	t.Fatalf("%s, want %s", got, want)
}

// The log is shown to its witnesses as it grows, and an export has what they sign. One that
// is away is asked again, and is missing for as long.
func TestTheLogIsWitnessed(t *testing.T) {
	north, south := newOnlooker(t, "north"), newOnlooker(t, "south")
	south.become(true, false)
	yaml := watched(2, north, south) + "servers: {peer: {url: \"" + served(t, "read_file") + "\"}}\n" + pinning
	g, log := running(t, shortDir(t), yaml)
	log.within(t, "witness=south")
	verified(t, g, 2, "not witnessed: 1 of 2 operators have signed, and it takes 2", north, south)
	verified(t, g, 1, "witnessed by 1 of 2 operators", north, south)
	verified(t, g, 1, "not witnessed: 0 of 1 operators have signed, and it takes 1", newOnlooker(t, "stranger"))
	south.become(false, false)
	verified(t, g, 2, "witnessed by 2 of 2 operators", north, south)
	if strings.Contains(log.String(), "ANOTHER HISTORY") {
		t.Error("a witness that was away contradicts nothing:", log)
	}
	for change, words := range map[string]string{"k: 2": "", "k: 1": "these take effect at the next start, and nothing was changed: trust.witnesses"} {
		cfg, err := config.Parse("", []byte("listen: {address: \"127.0.0.1:0\"}\n"+strings.Replace(yaml, "k: 2", change, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Reload(cfg); (err == nil) != (words == "") || err != nil && !strings.Contains(err.Error(), words) {
			t.Errorf("reloaded with %s: %v", change, err)
		}
	}
}

// A witness that has seen another history is heard, loudly, and its silence does not count.
func TestAWitnessThatContradicts(t *testing.T) {
	north, south := newOnlooker(t, "north"), newOnlooker(t, "south")
	south.become(false, true)
	g, log := running(t, shortDir(t), watched(1, north, south)+"servers: {peer: {url: \""+served(t, "read_file")+"\"}}\n"+pinning)
	log.within(t, "ANOTHER HISTORY")
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "witness=south") {
		t.Error(log)
	}
	verified(t, g, 2, "not witnessed: 1 of 2 operators have signed, and it takes 2", north, south)
}

// Witnesses that could never be enough do not let Mantlet start, and a key is one.
func TestWitnessesThatAreNone(t *testing.T) {
	north := newOnlooker(t, "north")
	for words, list := range map[string]string{
		"is no key of a witness": strings.Replace(watched(1, north), "+", "+0", 1),
		"without TLS":            strings.Replace(watched(1, north), "http://127.0.0.1", "http://192.0.2.1", 1),
		"operators beside your":  strings.Replace(watched(1, north), "operator: us", "operator: north", 1),
		"that of another":        watched(1, north, north),
	} {
		t.Setenv("MANTLET_STATE", shortDir(t))
		cfg, err := config.Parse("", []byte("listen: {address: \"127.0.0.1:0\"}\n"+list+pinning))
		if err == nil {
			var a *app.App
			if a, err = app.New(cfg, slog.New(slog.DiscardHandler)); err == nil {
				_ = a.Close(t.Context())
			}
		}
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
}

func export(t *testing.T, g *mantlettest.Gateway, dir string) {
	t.Helper()
	d := daemon.New(g.Config.Listen.Socket, "cli", "peer")
	defer d.HTTP.CloseIdleConnections()
	if err := d.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
}

package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet"
)

var key = bytes.Repeat([]byte{7}, 32)

func TestMain(m *testing.M) {
	if dir := os.Getenv("MANTLET_AUDIT_CHILD"); dir != "" {
		child(dir)
	}
	goleak.VerifyTestMain(m)
}

func openLog(t testing.TB, o Options) *Log {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.Key = key
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func intent(id string) Intent {
	return Intent{
		Exchange: id, Principal: mantlet.Principal{Issuer: "idp", Subject: "ann", Client: "cursor"},
		Target: mantlet.Target{Server: "files", Kind: mantlet.KindTool, Name: "read"}, Method: "tools/call",
		Request: Text{Message: []byte(`{"path":"hunter2"}`), Content: []byte(`{"path":"hunter2"}`)}, Transport: "http", Revision: "2025-11-25",
	}
}

func begin(t testing.TB, l *Log, id string) Record {
	t.Helper()
	r, err := l.Begin(context.Background(), intent(id))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func end(t testing.TB, r Record, v Verdict) {
	t.Helper()
	if err := r.End(context.Background(), Outcome{Verdict: v, Reply: Text{Message: []byte("{}"), Content: []byte("{}")}, Steps: []Step{{"quota", 5, false}, {"policy", 7, true}}}); err != nil {
		t.Fatal(err)
	}
}

func verify(t testing.TB, dir string) Report {
	t.Helper()
	r, err := Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheMapping(t *testing.T) {
	l := openLog(t, Options{})
	for i, v := range []Verdict{Errored, Allowed, Denied, Deferred, Allowed} {
		r := begin(t, l, fmt.Sprint("x", i))
		if err := r.Message(context.Background(), Message{Direction: ToCaller, Kind: "notification", Method: "notifications/progress", Text: Text{Message: []byte("{}"), Content: []byte("{}")}}); err != nil {
			t.Fatal(err)
		}
		end(t, r, v)
	}
	begin(t, l, "crashed")
	r := verify(t, l.Dir)
	if r.Broken != "" || r.Begun != 6 || r.Ended["allowed"] != 2 || r.Ended["denied"] != 1 || r.Ended["deferred"] != 1 || r.Ended["error"] != 1 || r.Messages != 5 || len(r.NeverEnded) != 1 || r.NeverEnded[0] != "crashed" {
		t.Errorf("%+v", r)
	}
}

// Every line is what SEP-3004 asks for: keys sorted, strings alone, hashes that
// anybody can compute from the line.
func TestLinesAreCanonical(t *testing.T) {
	l := openLog(t, Options{})
	in := intent("x\x1b[31m\"é\u0065\u0301")
	in.Target.Name = strings.Repeat("a", 9000) + " "
	in.Parent, in.Trace = "p", "00-ab"
	r, err := l.Begin(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	end(t, r, Denied)
	if err := l.Bundle(context.Background(), Bundle{Version: 2, Before: 1, Digest: "sha256:2", Former: "sha256:1", SignedBy: []string{"ann", "bob"}}); err != nil {
		t.Fatal(err)
	}
	for e, err := range Entries(l.Dir) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == "config.bundle" && (e.Principal != "ann bob" || e.Outcome != "allowed" || e.Get("version")+e.Get("before")+e.Get("digest")+e.Get("former") != "21sha256:2sha256:1") {
			t.Errorf("%s", e.raw)
		}
		var tree map[string]any
		if err := json.Unmarshal(e.raw, &tree); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(tree); err != nil || out.String() != string(e.raw) { // encoding/json sorts keys
			t.Errorf("not canonical:\n%s\n%s", e.raw, out.String())
		}
		onlyStrings(t, tree)
		if len(e.Tool) > maxValue {
			t.Errorf("a value has %d bytes", len(e.Tool))
		}
	}
}

func onlyStrings(t *testing.T, tree map[string]any) {
	t.Helper()
	for k, v := range tree {
		switch v := v.(type) {
		case string:
			if strings.ContainsAny(v, "\x00\x1b\n") {
				t.Errorf("%s holds a control character", k)
			}
		case map[string]any:
			onlyStrings(t, v)
		default:
			t.Errorf("%s is a %T", k, v)
		}
	}
}

// Whatever is changed, added or taken out is found, and where.
func TestTampering(t *testing.T) {
	l := openLog(t, Options{})
	for i := range 4 {
		end(t, begin(t, l, fmt.Sprint(i)), Allowed)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	all, _ := files(l.Dir)
	good, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(good, []byte("\n"))
	try := func(what string, b []byte) {
		if err := os.WriteFile(all[0], b, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, l.Dir); r.Broken == "" {
			t.Errorf("%s is not found", what)
		}
	}
	for at := 0; at < len(good)-1; at += 7 {
		b := bytes.Clone(good)
		b[at] ^= 1
		try(fmt.Sprintf("a changed byte at %d", at), b)
	}
	try("a line taken out", bytes.Join([][]byte{lines[0], bytes.Join(lines[2:], nil)}, nil))
	try("two lines exchanged", bytes.Join([][]byte{lines[1], lines[0], bytes.Join(lines[2:], nil)}, nil))
	try("a line twice", bytes.Join([][]byte{lines[0], good}, nil))
	if err := os.WriteFile(all[0], good, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, l.Dir); r.Broken != "" {
		t.Errorf("the good record is broken: %s", r.Broken)
	}
}

// The key and the text together show that they belong to a record; the record
// alone says nothing of the text.
func TestNoTextIsKept(t *testing.T) {
	l := openLog(t, Options{})
	end(t, begin(t, l, "x"), Allowed)
	all, _ := files(l.Dir)
	b, err := os.ReadFile(all[0])
	if err != nil || bytes.Contains(b, []byte("hunter2")) || !bytes.Contains(b, []byte(Digest(l.Key, []byte(`{"path":"hunter2"}`)))) {
		t.Errorf("%v %s", err, b)
	}
}

func TestBodiesAreEncryptedAndExpire(t *testing.T) {
	now := time.Now()
	l := openLog(t, Options{Bodies: &Bodies{Key: [32]byte{1}, Retention: time.Hour}, Now: func() time.Time { return now }})
	end(t, begin(t, l, "x"), Allowed)
	kept, _ := filepath.Glob(filepath.Join(l.Dir, "bodies-*"))
	if len(kept) != 1 {
		t.Fatalf("%v", kept)
	}
	b, _ := os.ReadFile(kept[0])
	if bytes.Contains(b, []byte("hunter2")) || len(bytes.Fields(b)) != 2 {
		t.Errorf("%s", b)
	}
	var got []string
	for b, err := range ReadBodies(l.Dir, [32]byte{1}, "x") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b.Kind+" "+string(b.Message))
	}
	if want := `[request {"path":"hunter2"} reply {}]`; fmt.Sprint(got) != want {
		t.Errorf("read back %v, want %s", got, want)
	}
	for _, err := range ReadBodies(l.Dir, [32]byte{2}, "x") {
		if err == nil || !strings.Contains(err.Error(), "does not open") {
			t.Errorf("another key: %v", err)
		}
	}
	for b, err := range ReadBodies(l.Dir, [32]byte{1}, "y") {
		t.Errorf("another exchange's: %+v, %v", b, err)
	}
	now = now.Add(49 * time.Hour)
	if again, err := Open(Options{Dir: copied(t, l.Dir), Key: key, Bodies: &Bodies{Key: [32]byte{1}, Retention: time.Hour}, Now: func() time.Time { return now }}); err != nil {
		t.Error(err)
	} else if left, _ := filepath.Glob(filepath.Join(again.Dir, "bodies-*")); len(left) != 0 || again.Close() != nil {
		t.Errorf("a start leaves %v", left)
	}
	end(t, begin(t, l, "y"), Allowed)
	if _, err := os.Stat(kept[0]); err == nil {
		t.Error("a body outlived its retention")
	}
	if _, err := Open(Options{Dir: t.TempDir(), Key: key, Bodies: &Bodies{}}); err == nil {
		t.Error("bodies were kept without a key")
	}
}

// A process that died in the middle of a body spoils that body and no other.
func TestHalfABodySpoilsNoOther(t *testing.T) {
	o := Options{Dir: t.TempDir(), Bodies: &Bodies{Key: [32]byte{1}, Retention: time.Hour}}
	first := openLog(t, o)
	end(t, begin(t, first, "x"), Allowed)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	kept, _ := filepath.Glob(filepath.Join(o.Dir, "bodies-*"))
	b, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept[0], b[:len(b)-9], 0o600); err != nil { // half of the reply
		t.Fatal(err)
	}
	end(t, begin(t, openLog(t, o), "x"), Allowed)
	var got []string
	for b, err := range ReadBodies(o.Dir, [32]byte{1}, "x") {
		if err != nil {
			got = append(got, "broken")
			continue
		}
		got = append(got, b.Kind)
	}
	if fmt.Sprint(got) != "[request broken request reply]" {
		t.Errorf("%v", got)
	}
}

// copied is a copy of a record's files, but for the lock.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	all, _ := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	for _, path := range all {
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(path)), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Chtimes(filepath.Join(to, filepath.Base(path)), time.Now(), time.Now())
	}
	return to
}

func TestRotationAndReopeningKeepTheChain(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		l := openLog(t, Options{Dir: dir, RotateSize: 3000})
		for i := range 10 {
			end(t, begin(t, l, fmt.Sprint(i)), Allowed)
		}
		if _, err := Open(Options{Dir: dir, Key: key}); err == nil || !strings.Contains(err.Error(), "another mantlet") {
			t.Errorf("two processes write one record: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Begin(context.Background(), intent("late")); err == nil {
			t.Error("a closed record took a line")
		}
	}
	if r := verify(t, dir); r.Broken != "" || r.Lines != 60 || r.Files < 5 {
		t.Errorf("%+v", r)
	}
}

func TestATornLineIsSetAside(t *testing.T) {
	l := openLog(t, Options{})
	end(t, begin(t, l, "x"), Allowed)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	all, _ := files(l.Dir)
	f, _ := os.OpenFile(all[0], os.O_APPEND|os.O_WRONLY, 0o600)
	_, _ = f.WriteString(`{"event_hash":"half`)
	_ = f.Close()
	l = openLog(t, Options{Dir: l.Dir})
	end(t, begin(t, l, "y"), Allowed)
	r := verify(t, l.Dir)
	if r.Broken != "" || r.Recovered != 1 || r.Lines != 5 {
		t.Errorf("%+v", r)
	}
	_ = l.Close()
	f, _ = os.OpenFile(all[0], os.O_APPEND|os.O_WRONLY, 0o600)
	_, _ = f.WriteString(`{"event_hash":"again`)
	_ = f.Close()
	l = openLog(t, Options{Dir: l.Dir, Durability: Disk})
	if r := verify(t, l.Dir); r.Broken != "" || r.Recovered != 2 {
		t.Errorf("%+v", r)
	}
	if b, err := os.ReadFile(all[0] + ".torn"); err != nil || string(b) != "{\"event_hash\":\"half\n{\"event_hash\":\"again\n" {
		t.Errorf("what was torn is gone: %s, %v", b, err)
	}
}

// What Begin returned is in the file at that moment, whoever else writes.
func TestEveryBeginIsWrittenBeforeItReturns(t *testing.T) {
	for _, d := range []Durability{Process, Disk} {
		l := openLog(t, Options{Durability: d, RotateSize: 20_000})
		var wg sync.WaitGroup
		for g := range 32 {
			wg.Go(func() {
				for i := range 8 {
					id := fmt.Sprintf("<%d-%d>", g, i)
					r := begin(t, l, id)
					if !onDisk(t, l.Dir, id) {
						t.Errorf("%s is not written", id)
					}
					end(t, r, Allowed)
				}
			})
		}
		wg.Wait()
		if r := verify(t, l.Dir); r.Broken != "" || r.Begun != 256 || r.Ended["allowed"] != 256 {
			t.Errorf("%+v", r)
		}
	}
}

func onDisk(t testing.TB, dir, id string) bool {
	t.Helper()
	all, _ := files(dir)
	for _, f := range all {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte(`"exchange":"`+id+`"`)) {
			return true
		}
	}
	return false
}

// child begins records and says so, until it is killed.
func child(dir string) {
	l, err := Open(Options{Dir: dir, Key: key})
	if err != nil {
		panic(err)
	}
	for i := 0; ; i++ {
		id := fmt.Sprint("k", i)
		if _, err := l.Begin(context.Background(), intent(id)); err != nil {
			panic(err)
		}
		fmt.Println(id)
	}
}

func TestKillLosesNothing(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0]) //nolint:gosec,noctx // this test itself, killed below
	cmd.Env = append(os.Environ(), "MANTLET_AUDIT_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if said = append(said, lines.Text()); len(said) == 500 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	written := make(map[string]bool)
	for e, err := range Entries(dir) {
		if err == nil {
			written[e.Get("exchange")] = true
		}
	}
	for _, id := range said {
		if !written[id] {
			t.Fatalf("%s was promised and is lost", id)
		}
	}
	l := openLog(t, Options{Dir: dir})
	_ = l.Close()
	if r := verify(t, dir); r.Broken != "" || len(r.NeverEnded) < 500 {
		t.Errorf("%s, %d never ended", r.Broken, len(r.NeverEnded))
	}
}

// A disk is a file that fails as it is told.
type disk struct {
	*os.File
	fail  error
	short bool
}

func (d *disk) Write(b []byte) (int, error) {
	if d.fail != nil {
		n, _ := d.File.Write(b[:len(b)/2]) // as a full disk does
		return n, d.fail
	}
	if d.short {
		return d.File.Write(b[:len(b)/2])
	}
	return d.File.Write(b)
}

func failing(t *testing.T) (*Log, *disk) {
	t.Helper()
	d := &disk{}
	l := openLog(t, Options{open: func(path string) (file, error) {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		d.File = f
		return d, err
	}})
	t.Cleanup(func() { _ = d.Close() })
	return l, d
}

func TestADiskThatFailsStopsCallsAndNotRecords(t *testing.T) {
	for name, spoil := range map[string]func(*disk){
		"an error":      func(d *disk) { d.fail = errors.New("I/O error") },
		"a short write": func(d *disk) { d.short = true },
	} {
		l, d := failing(t)
		told := 0
		l.Trouble = func(error) { told++ }
		under := begin(t, l, "before")
		spoil(d)
		if _, err := l.Begin(context.Background(), intent("during")); !strings.Contains(fmt.Sprint(err), "so it does not happen") {
			t.Errorf("%s: a call began, or nobody knows why not: %v", name, err)
		}
		if err := under.End(context.Background(), Outcome{Verdict: Allowed}); !strings.Contains(fmt.Sprint(err), "so it is withheld") {
			t.Errorf("%s: a reply was let go, or nobody knows why not: %v", name, err)
		}
		d.fail, d.short = nil, false
		end(t, begin(t, l, "after"), Allowed)
		if r := verify(t, l.Dir); r.Broken != "" || r.Begun != 2 || r.Ended["allowed"] != 1 {
			t.Errorf("%s: %+v", name, r)
		}
		if told != 2 {
			t.Errorf("%s: the operator was told %d times, want once that calls stop and once that they go on", name, told)
		}
	}
}

// On a full disk what is under way can still end, from the reserve; nothing new
// begins until there is space again.
func TestAFullDisk(t *testing.T) {
	l, d := failing(t)
	var told []error
	l.Trouble = func(err error) { told = append(told, err) }
	under := begin(t, l, "before")
	full := &once{disk: d}
	l.out = full
	end(t, under, Allowed)
	if _, err := os.Stat(filepath.Join(l.Dir, "reserve")); err == nil {
		t.Error("the reserve was not used")
	}
	l.Reserve = 1 << 60 // no disk has that
	if _, err := l.Begin(context.Background(), intent("new")); !errors.Is(err, errTight) {
		t.Errorf("a call began on a full disk: %v", err)
	}
	if !errors.Is(l.Ready(), errTight) {
		t.Error("it says that calls can begin")
	}
	l.Reserve = 1 << 16
	if err := l.Ready(); err != nil || len(told) != 2 || !errors.Is(told[0], errTight) || told[1] != nil {
		t.Errorf("%v; the operator was told %v", err, told)
	}
	end(t, begin(t, l, "again"), Allowed)
	if r := verify(t, l.Dir); r.Broken != "" || r.Ended["allowed"] != 2 {
		t.Errorf("%+v", r)
	}
	l.out = d
}

// once is full for one write.
type once struct {
	*disk
	done bool
}

func (o *once) Write(b []byte) (int, error) {
	if !o.done {
		o.done = true
		return 0, syscall.ENOSPC
	}
	return o.disk.Write(b)
}

// slow is a disk that takes its time.
type slow struct {
	file
	begun, proceed chan struct{}
}

func (s *slow) Write(b []byte) (int, error) {
	s.begun <- struct{}{}
	<-s.proceed
	return s.file.Write(b)
}

// A record that is closed in the middle of a write ends with that write.
func TestCloseWaitsForTheWriter(t *testing.T) {
	l := openLog(t, Options{})
	out := &slow{file: l.out, begun: make(chan struct{}), proceed: make(chan struct{})}
	l.out = out
	begun, closed := make(chan error, 1), make(chan error, 1)
	go func() { _, err := l.Begin(context.Background(), intent("x")); begun <- err }()
	<-out.begun
	go func() { closed <- l.Close() }()
	for refused := false; !refused; runtime.Gosched() { // until Close has come
		l.mu.Lock()
		refused = l.closed
		l.mu.Unlock()
	}
	select {
	case err := <-closed:
		t.Fatalf("closed under the writer: %v", err)
	default:
	}
	close(out.proceed)
	for _, c := range []chan error{begun, closed} {
		select {
		case err := <-c:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the writer has written, and Close waits for ever")
		}
	}
	if r := verify(t, l.Dir); r.Broken != "" || r.Begun != 1 {
		t.Errorf("%+v", r)
	}
	l.out = nil
	_ = out.file.(*os.File).Close()
}

// What cannot be read at all is told once, and reading ends.
func TestARecordThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "audit-0000000001.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range Entries(dir) {
		if n++; err == nil || n > 1 {
			t.Fatalf("entry %d: %v", n, err)
		}
	}
}

func TestRefusalsAreBounded(t *testing.T) {
	l := openLog(t, Options{})
	for i := range 10_000 {
		l.Refused(context.Background(), Refusal{Source: fmt.Sprint(i), Kind: "unidentified", Reason: strings.Repeat("r", 1000)})
	}
	if n := l.RefusedTotal(); n != 10_000 {
		t.Errorf("%d were counted", n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(l.Dir, "refused.jsonl"))
	if n := bytes.Count(b, []byte("\n")); err != nil || n == 0 || n > 3*(maxSources+1) || len(b) > 400_000 {
		t.Errorf("%d lines, %d bytes, %v", n, len(b), err)
	}
	if r, err := Verify(l.Dir); err != nil || r.Refused != 10_000 || r.Broken != "" {
		t.Errorf("verify tells of %d refusals, %v, %s", r.Refused, err, r.Broken)
	}
}

func TestSearch(t *testing.T) {
	e := Entry{Principal: "ann", Tool: "read", Outcome: "denied", At: time.Unix(100, 0), More: map[string]map[string]string{extension: {"exchange": "x.files", "server": "files", "method": "tools/call"}}}
	for q, want := range map[Query]bool{
		{}: true, {Exchange: "x"}: true, {Exchange: "x.files"}: true, {Exchange: "y"}: false, {Server: "files", Outcome: "denied"}: true,
		{Server: "mail"}: false, {Tool: "read", Principal: "ann"}: true, {Principal: "eve"}: false, {Since: time.Unix(101, 0)}: false, {Until: time.Unix(100, 0)}: false, {Since: time.Unix(100, 0)}: true,
	} {
		if q.Match(e) != want {
			t.Errorf("%+v: %v", q, !want)
		}
	}
}

func BenchmarkExchange(b *testing.B) {
	for name, d := range map[string]Durability{"process": Process, "disk": Disk} {
		b.Run(name, func(b *testing.B) {
			l := openLog(b, Options{Durability: d})
			b.ReportAllocs()
			for b.Loop() {
				end(b, begin(b, l, "x"), Allowed)
			}
		})
		b.Run(name+" at 64", func(b *testing.B) {
			l := openLog(b, Options{Durability: d})
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					end(b, begin(b, l, "x"), Allowed)
				}
			})
		})
	}
}

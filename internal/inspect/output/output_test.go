package output_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/output"
)

func TestDisclosure(t *testing.T) {
	d := output.New()
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "All went well: 10 files in 172 ms, version 1.2.", ""},
		{"python", "failed\nTraceback (most recent call last):\n  File \"/srv/app.py\", line 3, in f\n    g()\nValueError: no\nbye", "stack-trace \"Traceback (most recent call last):\\n  File \\\"/srv/app.py\\\", line 3, in f\\n    g()\""},
		{"java", "java.io.IOException: gone\n\tat a.B.c(B.java:3)\n\tat d.E.f(E.java:9)\nnext", `stack-trace "\tat a.B.c(B.java:3)\n\tat d.E.f(E.java:9)"`},
		{"go", "panic: oh\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/x.go:3 +0x1d\nexit", `stack-trace " [running]:\nmain.main()\n\t/srv/x.go:3 +0x1d"`},
		{"node", "Error: no\n    at f (/srv/x.js:1:2)\n    at g (/srv/y.js:3:4)", `stack-trace "    at f (/srv/x.js:1:2)\n    at g (/srv/y.js:3:4)"`},
		{"addresses", "from 10.1.2.3 and 192.168.0.7:8080, not 8.8.8.8, 110.1.2.3 or 172.32.0.1", `private-address "10.1.2.3" private-address "192.168.0.7:8080"`},
		{"a link-local one", "http://169.254.169.254/latest", `private-address "169.254.169.254"`},
		{"version six", "at fd12:3456::1.", `private-address "fd12:3456::1"`},
		{"hosts", "db01.prod.internal and https://vault.corp/x but a.local(x), obj.local = 3, my.locale", `internal-name "db01.prod.internal" internal-name "vault.corp"`},
		{"a cluster's", "postgres.db.svc.cluster.local:5432", `internal-name "postgres.db.svc.cluster.local"`},
		{"a file of that name", "see conf/app.local", ""},
		{"a person's", "in /home/alice/x and C:\\Users\\bob\\y, not /usr/home/", `home-path "/home/alice" home-path ":\\Users\\bob"`},
		{"versions", "Server: nginx/1.18.0 (Ubuntu)", `version "Server: nginx/1.18.0"`},
		{"databases", "error: SQLSTATE[42000]: Syntax error\nnext", `database-error "SQLSTATE[42000]: Syntax error"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, h := range d.Find(nil, []byte(c.text)) {
				got = append(got, fmt.Sprintf("%s %q", strings.TrimPrefix(h.Rule, "output/"), c.text[h.Start:h.End]))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s\nwant %s", s, c.want)
			}
		})
	}
}

func TestEncoded(t *testing.T) {
	random := make([]byte, 8192)
	_, _ = rand.Read(random)
	prose := strings.Repeat("This is a report about the weather in the north, as it was last week. ", 100)
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"prose":             {prose, false},
		"base64":            {base64.StdEncoding.EncodeToString(random), true},
		"hexadecimal":       {hex.EncodeToString(random), true},
		"short":             {base64.StdEncoding.EncodeToString(random[:300]), false},
		"a part":            {prose + base64.StdEncoding.EncodeToString(random[:2000]), false},
		"the greater part":  {prose[:3000] + base64.StdEncoding.EncodeToString(random), true},
		"one letter":        {strings.Repeat("a", 8192), false},
		"words without end": {strings.Repeat("word", 4096), false},
	} {
		if got := len(output.Encoded{}.Find(nil, []byte(c.text))) == 1; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSizes(t *testing.T) {
	var s output.Sizes
	for i := range 100 {
		if s.Unusual("a", 1000+i*10) {
			t.Fatal("an ordinary one is unusual")
		}
	}
	for size, want := range map[int]bool{3000: false, 60_000: false, 1 << 20: true} {
		if got := s.Unusual("a", size); got != want {
			t.Errorf("%d: %v", size, got)
		}
	}
	if s.Unusual("b", 1<<20) {
		t.Error("the first result of a tool is unusual")
	}
	for range 200_000 { // the counts are halved on the way
		s.Unusual("c", 2000)
	}
	if !s.Unusual("c", 1<<20) {
		t.Error("after many results nothing is unusual")
	}
	for i := range 200 {
		s.Unusual("d", 1<<20+i)
	}
	if s.Unusual("d", 2<<20) {
		t.Error("a tool of large results may give a large one")
	}
}

func FuzzDisclosure(f *testing.F) {
	for _, s := range []string{"10.", "fd", "Traceback (most recent call last)", "\n\tat ", "/home/", "Server: ", "a.internal.", " [running]:"} {
		f.Add(s)
	}
	d := output.New()
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, h := range d.Find(nil, []byte(s)) {
			if h.Start < last || h.End < h.Start || h.End > len(s) {
				t.Fatalf("%+v in %q", h, s)
			}
			last = h.End
		}
	})
}

func BenchmarkDisclosure(b *testing.B) {
	d := output.New()
	for _, kb := range []int{1, 10, 100} {
		for name, line := range map[string]string{"clean": "a line of plain text, as most are\n", "hostile": "10.1.2.3 fd\n\tat a.internal "} {
			text := []byte(strings.Repeat(line, kb*1024/len(line)))
			b.Run(name+"/"+strconv.Itoa(kb)+"KB", func(b *testing.B) {
				var dst []finding.Hit
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					dst = d.Find(dst[:0], text)
				}
			})
		}
	}
}

package icap_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/inspect/icap"
	"github.com/mantlet-mcp/mantlet/internal/inspect/outside"
)

// scanner starts c-icap with a filter that objects to a word, and returns its address. Where it
// is not installed it is installed; where that cannot be, the test is skipped and says so.
func scanner(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("c-icap")
	if err != nil {
		t.Skip("c-icap is not installed: apt-get install c-icap libc-icap-mod-contentfiltering")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	dir := t.TempDir()
	_, port, _ := net.SplitHostPort(address)
	conf := filepath.Join(dir, "c-icap.conf")
	modules := modulesDir(t)
	text := "PidFile " + dir + "/pid\nCommandsSocket " + dir + "/ctl\nPort 127.0.0.1:" + port + "\nStartServers 1\nMaxServers 1\nThreadsPerChild 10\nMinSpareThreads 1\nMaxSpareThreads 10\nTmpDir " + dir +
		"\nModulesDir " + modules + "\nServicesDir " + modules + "\nTemplateDir /usr/share/c_icap/templates/\nLoadMagicFile /etc/c-icap/c-icap.magic\nServerLog " + dir + "/server.log\nAccessLog " + dir + "/access.log\n" +
		"Service echo srv_echo.so\nService filter srv_content_filtering.so\nsrv_content_filtering.MaxBodyData 2M\nsrv_content_filtering.Match secretFilter body /PROJECT-HALYARD/ score=10\nsrv_content_filtering.Action block score{secretFilter>5}\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-N", "-f", conf) //nolint:gosec // a test's own scanner
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_, _ = cmd.Process.Wait()
	})
	until := time.Now().Add(20 * time.Second)
	for {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
			return address
		}
		if time.Now().After(until) {
			log, _ := os.ReadFile(dir + "/server.log") //nolint:gosec // the test's own
			t.Fatalf("c-icap does not start: %s", log)
		}
		time.Sleep(50 * time.Millisecond) // between two looks at a real process
	}
}

func modulesDir(t *testing.T) string {
	t.Helper()
	all, err := filepath.Glob("/usr/lib/*/c_icap")
	if err != nil || len(all) == 0 {
		t.Skip("the modules of c-icap are not there: apt-get install libc-icap-mod-contentfiltering")
	}
	return all[0]
}

// TestARealScanner holds that a scanner of others objects and lets pass, with and without a
// preview, in both directions.
func TestARealScanner(t *testing.T) {
	address := scanner(t)
	for _, service := range []string{"echo", "filter"} {
		c, err := icap.New("icap://"+address+"/"+service, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{0, 100, icap.Preview - 30, icap.Preview, icap.Preview + 1, 200_000} {
			for _, back := range []bool{false, true} {
				for _, bad := range []bool{false, true} {
					body := strings.Repeat("a line of text\n", size/15+1)[:size]
					if bad {
						body += " about PROJECT-HALYARD "
					}
					v, err := c.Scan(t.Context(), back, "/s/tool", []byte(body))
					want := bad && service == "filter"
					if err != nil || v.Objects != want {
						t.Errorf("%s, %d bytes, back %v, bad %v: %+v, %v", service, size, back, bad, v, err)
					}
				}
			}
		}
	}
	c, err := icap.New("icap://"+address+"/none", nil)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := c.Scan(t.Context(), true, "/", []byte("x")); err == nil {
		t.Errorf("a service that is not there: %+v", v)
	}
}

// TestAnswersThatAreNone holds that nothing but a verdict is one.
func TestAnswersThatAreNone(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":            "",
		"another protocol":   "HTTP/1.1 200 OK\r\n\r\n",
		"a server's error":   "ICAP/1.0 500 Oops\r\n\r\n",
		"half a head":        "ICAP/1.0 204 No",
		"continue, at once":  "ICAP/1.0 100 Continue\r\n\r\n",
		"no encapsulation":   "ICAP/1.0 200 OK\r\n\r\n",
		"half a body":        "ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n5\r\nhe",
		"no chunks":          "ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello",
		"a head without end": "ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=99999999\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := icap.New("icap://"+says(t, answer)+"/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			if v, err := c.Scan(t.Context(), true, "/", []byte("hello")); err == nil {
				t.Errorf("%+v", v)
			}
		})
	}
	for name, c := range map[string]struct {
		answer  string
		objects bool
	}{
		"nothing against it":   {"ICAP/1.0 204 No Content\r\nISTag: x\r\n\r\n", false},
		"the same body":        {"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false},
		"another body":         {"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n4\r\nno!!\r\n0\r\n\r\n", true},
		"an infection is told": {"ICAP/1.0 200 OK\r\nX-Infection-Found: Type=2; Threat=DLP\r\nEncapsulated: null-body=0\r\n\r\n", true},
	} {
		cl, err := icap.New("icap://"+says(t, c.answer)+"/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := cl.Scan(t.Context(), true, "/", []byte("hello")); err != nil || v.Objects != c.objects {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

// says is a listener that reads a question and answers as it is told.
func says(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close() //nolint:errcheck // a test's peer
		r := bufio.NewReader(c)
		for {
			line, err := r.ReadString('\n')
			if err != nil || strings.HasPrefix(line, "0; ieof") || line == "0\r\n" {
				break
			}
		}
		_, _ = io.WriteString(c, answer)
	}()
	return l.Addr().String()
}

func TestSilenceIsNoYes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's peer
	c, err := icap.New("icap://"+l.Addr().String()+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if v, err := c.Scan(ctx, true, "/", []byte("hello")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestWhereTextsMayGo(t *testing.T) {
	for u, ok := range map[string]bool{
		"icaps://dlp.example/respmod": true, "icap://127.0.0.1/x": true, "icap://dlp.example/x": false,
		"icap://127.0.0.1/": false, "https://dlp.example/x": false, "icaps://u:p@dlp.example/x": false,
	} {
		if _, err := icap.New(u, nil); (err == nil) != ok {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestAsk(t *testing.T) {
	c, err := icap.New("icap://"+says(t, "ICAP/1.0 200 OK\r\nX-Violations-Found: 1\r\nEncapsulated: null-body=0\r\n\r\n")+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	d := outside.Detector{Name: "dlp", Peer: c, Timeout: 5 * time.Second}
	o, _, err := d.Ask(t.Context(), &outside.Question{Phase: "request", Texts: []outside.Passage{{At: "/a", Text: "b"}}})
	if err != nil || len(o.Findings) != 1 || o.Findings[0].Severity != "high" {
		b, _ := json.Marshal(o)
		t.Error(string(b), err, strconv.Itoa(len(o.Findings)))
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// play is what this program does when it is started again as a part of the bench.
func play(role string, args []string) {
	var h http.Handler
	switch role {
	case "spin":
		spin()
		return
	case "upstream":
		h = upstream()
	case "reverseproxy":
		to, err := url.Parse(args[1])
		if err != nil {
			panic(err)
		}
		proxy := httputil.NewSingleHostReverseProxy(to) //nolint:staticcheck // the plain proxy is what is measured
		proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 128}
		// The body is read first: streamed, it truncates answers (golang/go#40747).
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(b))
			proxy.ServeHTTP(w, r)
		})
	}
	s := &http.Server{Addr: args[0], Handler: h, ReadHeaderTimeout: 10 * time.Second}
	panic(s.ListenAndServe())
}

// spin keeps one core from sleeping, at the priority of nothing, for at most ten minutes
// and no longer than its parent.
func spin() {
	if err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0); err != nil {
		fmt.Fprintln(os.Stderr, "bench: no core is kept awake:", err)
		return
	}
	for begin, parent := time.Now(), os.Getppid(); time.Since(begin) < 10*time.Minute && os.Getppid() == parent; {
		for range 10_000_000 { //nolint:revive // that is the point
		}
	}
}

// A tool is one definition of the list.
type tool struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	InputSchema map[string]any `json:"inputSchema"`
}

func tools() []tool {
	all := make([]tool, 1000)
	for i := range all {
		all[i] = tool{fmt.Sprintf("tool_%d", i), strings.Repeat("words ", 60), map[string]any{
			"type": "object", "required": []string{"a"},
			"properties": map[string]any{"a": map[string]any{"type": "string", "description": "an argument"}, "b": map[string]any{"type": "integer"}},
		}}
	}
	return all
}

// upstream is a trivial MCP server: fixed bytes for each call, and a list that it
// marshals. The list on the page "fresh" differs from the last one.
func upstream() http.Handler {
	result := func(size int) []byte {
		return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":%q}]}}`, strings.Repeat("x", size))
	}
	call, large := result(kilobyte), result(100*kilobyte)
	hello := []byte(`{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1"}}}`)
	all := tools()
	var seen atomic.Int64
	list := func(fresh bool) []byte {
		shown := all
		if fresh {
			shown = slices.Clone(all)
			shown[500].Description += strconv.FormatInt(seen.Add(1), 10)
		}
		b, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "result": map[string]any{"tools": shown}})
		if err != nil {
			panic(err)
		}
		return b
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text, answer := string(body), call
		switch {
		case strings.Contains(text, `"initialize"`):
			w.Header().Set("Mcp-Session-Id", "bench")
			answer = hello
		case strings.Contains(text, `"tools/list"`):
			answer = list(strings.Contains(text, `"fresh"`))
		case strings.Contains(text, `"large"`):
			answer = large
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer)
	})
}

// start runs the upstream and every target that this machine has.
func start() ([]*target, func(), error) {
	var running []*exec.Cmd
	dir, err := os.MkdirTemp("", "mb")
	stop := func() {
		for _, c := range running {
			_ = c.Process.Signal(syscall.SIGTERM)
			_ = c.Process.Signal(syscall.SIGCONT) // one that sleeps ends only when it wakes
			_ = c.Wait()
		}
		_ = os.RemoveAll(dir)
	}
	if err != nil {
		return nil, stop, err
	}
	run := func(t *target, command string, args ...string) error {
		cmd := exec.Command(command, args...) //nolint:gosec,noctx // parts of this bench, ended by stop
		cmd.Env, cmd.Stderr = append(os.Environ(), "MANTLET_STATE="+t.state), os.Stderr
		begin := time.Now()
		if err := cmd.Start(); err != nil {
			return err
		}
		running = append(running, cmd)
		t.pids = append(t.pids, cmd.Process.Pid)
		err := await(t.addr)
		t.startup = time.Since(begin)
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, stop, err
	}
	direct := &target{name: "direct", addr: free(), path: "/mcp"}
	proxy := &target{name: "reverseproxy", addr: free(), path: "/mcp"}
	err = errors.Join(run(direct, self, "role", "upstream", direct.addr), run(proxy, self, "role", "reverseproxy", proxy.addr, "http://"+direct.addr))
	if err != nil {
		return nil, stop, err
	}
	targets := []*target{direct, proxy}
	nginx, mantlet := &target{name: "nginx", addr: free(), path: "/mcp"}, &target{name: "mantlet", addr: free(), path: "/mcp/bench"}
	if err := startNginx(nginx, dir, direct.addr, run); err != nil {
		fmt.Println("nginx is left out:", err)
	} else {
		targets = append(targets, nginx)
	}
	if *disk {
		durable := &target{name: "mantlet, disk", addr: free(), path: "/mcp/bench"}
		if err := startMantlet(durable, filepath.Join(dir, "d"), direct.addr, run); err != nil {
			return nil, stop, err
		}
		targets = append(targets, durable)
	}
	if err := startMantlet(mantlet, dir, direct.addr, run); err != nil {
		return nil, stop, err
	}
	targets = append(targets, mantlet)
	for range runtime.NumCPU() {
		spinner := exec.Command(self, "role", "spin") //nolint:noctx // ended by stop
		spinner.Stderr = os.Stderr
		if err := spinner.Start(); err != nil {
			return nil, stop, err
		}
		awake = append(awake, spinner)
		running = append(running, spinner)
	}
	awake.signal(unix.SIGSTOP)
	for _, t := range targets {
		if t.idle = t.rss(); err == nil {
			err = t.open()
		}
	}
	return targets, stop, err
}

type runner func(t *target, command string, args ...string) error

func startNginx(t *target, dir, upstream string, run runner) error {
	path, err := exec.LookPath("nginx")
	if err != nil {
		return errors.New("it is not installed (apt-get install nginx-light)")
	}
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf("daemon off; master_process off; worker_processes 1; pid %s/pid; error_log /dev/null;\nevents { worker_connections 1024; }\nhttp { access_log off; client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s; uwsgi_temp_path %s; scgi_temp_path %s;\n upstream u { server %s; keepalive 128; keepalive_requests 1000000; }\n server { listen %s; keepalive_requests 1000000; location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffers 64 64k; } } }\n",
		dir, dir, dir, dir, dir, dir, upstream, t.addr)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return err
	}
	return run(t, path, "-c", conf)
}

func startMantlet(t *target, dir, upstream string, run runner) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	t.state, t.ops = dir, free()
	durability := "process"
	if t.name != "mantlet" {
		durability = "disk"
	}
	conf := filepath.Join(dir, "m.yaml")
	text := fmt.Sprintf("listen: {address: %q}\nops: {listen: %q}\naudit: {durability: %s}\nservers: {bench: {url: \"http://%s/mcp\", protocol: legacy, calls: 256}}\nclients: [{name: bench, servers: [bench]}]\ninsecure: {policyAllowAll: true, trustUnpinned: true, quotaUnlimited: true}\nlog: {level: error}\n", t.addr, t.ops, durability, upstream)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return err
	}
	bin := filepath.Join("bin", "mantlet")
	if err := run(t, bin, "serve", "-f", conf); err != nil {
		return err
	}
	cmd := exec.Command(bin, "token", "bench", "-f", conf) //nolint:gosec,noctx // Mantlet itself
	cmd.Env = append(os.Environ(), "MANTLET_STATE="+dir)
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	_, token, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
	t.head = "Authorization: Bearer " + token + "\r\n"
	return nil
}

func free() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close() //nolint:errcheck // only its address is wanted
	return l.Addr().String()
}

func await(addr string) error {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(500 * time.Microsecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			return c.Close()
		}
	}
	return fmt.Errorf("nothing listens at %s", addr)
}

// spinners keep the cores awake while they are let.
type spinners []*exec.Cmd

var awake spinners

func (s spinners) signal(sig unix.Signal) {
	for _, p := range s {
		_ = p.Process.Signal(sig) // one that is gone has said so
	}
}

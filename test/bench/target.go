package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A target is one thing to measure: where it listens and which processes it is.
type target struct {
	name    string
	addr    string
	path    string
	head    string // extra header lines
	pids    []int
	idle    float64
	startup time.Duration
	state   string // Mantlet's state directory
	ops     string // Mantlet's metrics
	call    []byte
	large   []byte
	list    []byte
	fresh   []byte
	figures []figure
}

// A conn is a load generator's connection: it writes one prepared request and reads
// one response, at the least cost.
type conn struct {
	net.Conn
	in *bufio.Reader
}

func dial(addr string) (*conn, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

func (t *target) request(session, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Protocol-Version: 2025-11-25\r\n%s%sContent-Length: %d\r\n\r\n%s",
		t.path, t.addr, t.head, session, len(body), body)
}

// do sends a request and returns the headers and how long the body was.
func (c *conn) do(request []byte) (head string, err error) {
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return "", err
	}
	if _, err := c.Write(request); err != nil {
		return "", err
	}
	var b strings.Builder
	length, chunked := 0, false
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		b.Write(line)
		if len(line) <= 2 {
			break
		}
		if v, ok := bytes.CutPrefix(bytes.ToLower(line), []byte("content-length:")); ok {
			length, _ = strconv.Atoi(strings.TrimSpace(string(v)))
		}
		chunked = chunked || bytes.HasPrefix(bytes.ToLower(line), []byte("transfer-encoding: chunked"))
	}
	head = b.String()
	if !strings.Contains(head[:16], " 20") {
		rest := make([]byte, min(length, 300))
		_, _ = io.ReadFull(c.in, rest)
		return "", fmt.Errorf("answered %s %s", strings.TrimSpace(head[:30]), rest)
	}
	if !chunked {
		_, err = c.in.Discard(length)
		return head, err
	}
	return head, c.chunks()
}

func (c *conn) chunks() error {
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
		if err != nil {
			return err
		}
		if _, err := c.in.Discard(int(n) + 2); err != nil || n == 0 {
			return err
		}
	}
}

const kilobyte = 1000

// open does the handshake and prepares the requests of the session.
func (t *target) open() error {
	c, err := dial(t.addr)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // measured by others
	head, err := c.do(t.request("", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`))
	if err != nil {
		return err
	}
	session := ""
	for line := range strings.Lines(head) {
		if strings.HasPrefix(strings.ToLower(line), "mcp-session-id:") {
			session = line
		}
	}
	t.call = t.request(session, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":%q}}}`, strings.Repeat("x", kilobyte)))
	t.large = t.request(session, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"large","arguments":{}}}`)
	t.list = t.request(session, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	t.fresh = t.request(session, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"fresh"}}`)
	return nil
}

func (t *target) serial(n int, request []byte) ([]time.Duration, error) {
	c, err := dial(t.addr)
	if err != nil {
		return nil, err
	}
	defer c.Close() //nolint:errcheck // measured
	all := make([]time.Duration, n)
	for i := range all {
		start := time.Now()
		if _, err := c.do(request); err != nil {
			return nil, err
		}
		all[i] = time.Since(start)
	}
	slices.Sort(all)
	return all, nil
}

// steady calls at a fixed rate and returns the 99th percentile of the time from when
// each call was due, however late the ones before it were.
func (t *target) steady(rate int, span time.Duration) (time.Duration, error) {
	const clients = 16
	n := int(span.Seconds() * float64(rate))
	all := make([]time.Duration, n)
	failed := make(chan error, clients)
	var wg sync.WaitGroup
	begin := time.Now().Add(10 * time.Millisecond)
	for w := range clients {
		wg.Go(func() {
			c, err := dial(t.addr)
			if err != nil {
				failed <- err
				return
			}
			defer c.Close() //nolint:errcheck // measured
			for i := w; i < n; i += clients {
				due := begin.Add(time.Duration(i) * time.Second / time.Duration(rate))
				time.Sleep(time.Until(due))
				if _, err := c.do(t.call); err != nil {
					failed <- err
					return
				}
				all[i] = time.Since(due)
			}
		})
	}
	wg.Wait()
	close(failed)
	slices.Sort(all)
	return all[n*99/100], errors.Join(<-failed)
}

func (t *target) parallel(clients int, span time.Duration, request []byte) (int64, time.Duration, error) {
	var n atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, clients)
	begin := time.Now()
	for range clients {
		wg.Go(func() {
			c, err := dial(t.addr)
			if err != nil {
				failed <- err
				return
			}
			defer c.Close() //nolint:errcheck // measured
			for time.Since(begin) < span {
				if _, err := c.do(request); err != nil {
					failed <- err
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(begin)
	close(failed)
	return n.Load(), took, errors.Join(<-failed)
}

// cpu is the time that the target's processes have had.
func (t *target) cpu() (sum time.Duration) {
	for _, pid := range t.pids {
		sum += processTime(pid)
	}
	return sum
}

// processTime is from /proc, in steps of 10 ms.
func processTime(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// rss is the memory of the target's processes in MB.
func (t *target) rss() (sum float64) {
	for _, pid := range t.pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if err != nil {
			continue
		}
		pages, _ := strconv.Atoi(strings.Fields(string(b))[1])
		sum += float64(pages*os.Getpagesize()) / 1e6
	}
	return sum
}

package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary plays every part: supervisor, server, grandchild and the Mantlet
// that is killed. The part is an argument, which also marks the processes.
func TestMain(m *testing.M) {
	Supervise()
	if len(os.Args) > 2 && os.Args[1] == "role" {
		play(os.Args[2], os.Args[3:])
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func play(role string, args []string) {
	switch role {
	case "echo":
		in := bufio.NewReader(os.Stdin)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			fmt.Print(line)
		}
	case "exit":
		code, _ := strconv.Atoi(args[0])
		os.Exit(code)
	case "long":
		fmt.Print(strings.Repeat("x", 1<<20))
		time.Sleep(time.Hour)
	case "deaf":
		time.Sleep(time.Hour) // a bare select would be a deadlock, and an end
	case "stubborn": // ends only by SIGKILL
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		fmt.Println("ready")
		for {
			time.Sleep(time.Hour)
		}
	case "polite": // ignores its stdin, ends by SIGTERM
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		fmt.Println("ready")
		<-c
		os.Exit(7)
	case "parent": // a server whose grandchild leaves its session and ignores signals
		grand := exec.Command(os.Args[0], append([]string{"role", "stubborn"}, args...)...)
		grand.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := grand.Start(); err != nil {
			panic(err)
		}
		play("stubborn", nil)
	case "try":
		try(args)
	case "try-below": // the same by a descendant
		below := exec.Command(os.Args[0], append([]string{"role", "try"}, args...)...)
		below.Stdout = os.Stdout
		_ = below.Run()
	case "env":
		for _, v := range os.Environ() {
			fmt.Println(v)
		}
	case "fds":
		fds, _ := os.ReadDir("/proc/self/fd")
		for _, f := range fds {
			to, err := os.Readlink("/proc/self/fd/" + f.Name())
			if err == nil && !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, "/proc/") && !strings.HasPrefix(to, "/sys/fs/cgroup") { // the runtime's own
				fmt.Println(f.Name(), to)
			}
		}
	case "chatty":
		for i := range 500 {
			fmt.Fprintln(os.Stderr, i, strings.Repeat("y", 10_000))
		}
	case "mantlet": // starts servers and is killed
		for range 20 {
			p, err := Start(Spec{Command: os.Args[0], Args: append([]string{"role", "parent"}, args...), MaxLine: 100})
			if err != nil {
				panic(err)
			}
			if _, err := p.Next(); err != nil {
				panic(err)
			}
		}
		fmt.Println("ready")
		select {}
	}
}

// quickExit keeps the race detector from sleeping a second at the end of each program.
var quickExit = map[string]string{"GORACE": "atexit_sleep_ms=0"}

func run(t testing.TB, role string, args ...string) *Process {
	t.Helper()
	p, err := Start(Spec{Command: os.Args[0], Args: append([]string{"role", role}, args...), MaxLine: 1000, Grace: 500 * time.Millisecond, Env: quickExit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, p) })
	return p
}

func stop(t testing.TB, p *Process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func rest(t testing.TB, p *Process) (all []string) {
	t.Helper()
	for {
		line, err := p.Next()
		if err != nil {
			return all
		}
		all = append(all, string(line))
	}
}

func TestLinesGoThereAndBack(t *testing.T) {
	p := run(t, "echo")
	for i := range 100 {
		want := fmt.Sprintf(`{"n":%d,"s":"%s"}`, i, strings.Repeat("é", i))
		if err := p.Send(t.Context(), []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := p.Next(); err != nil || string(got) != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
}

func TestExitStatus(t *testing.T) {
	for _, code := range []int{0, 3} {
		p := run(t, "exit", strconv.Itoa(code))
		<-p.Done()
		e, failed := errors.AsType[*exec.ExitError](p.Err())
		if failed != (code != 0) || (failed && e.ExitCode() != code) {
			t.Errorf("status %d: %v", code, p.Err())
		}
		if err := p.Send(t.Context(), []byte("x")); err == nil {
			t.Error("a program that is gone took a line")
		}
	}
	if _, err := Start(Spec{Command: "/nonexistent/program", MaxLine: 1}); err == nil || !strings.Contains(err.Error(), "cannot be started") {
		t.Errorf("%v", err)
	}
}

func TestALineWithoutEndStopsTheProgram(t *testing.T) {
	p := run(t, "long")
	if _, err := p.Next(); !errors.Is(err, ErrLineTooLong) {
		t.Errorf("%v", err)
	}
	<-p.Done()
	if err := p.Err(); !errors.Is(err, ErrLineTooLong) {
		t.Errorf("nobody can tell why it ended: %v", err)
	}
}

func TestAProgramThatDoesNotReadIsStopped(t *testing.T) {
	p := run(t, "deaf")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := p.Send(ctx, make([]byte, 1<<20)); !errors.Is(err, ErrNotReading) {
		t.Errorf("%v", err)
	}
	<-p.Done()
}

// Stop closes stdin, then sends SIGTERM, then SIGKILL, and none sooner than needed.
func TestStopIsAsGentleAsItCanBe(t *testing.T) {
	for role, want := range map[string]int{"echo": 0, "polite": 7, "stubborn": 137} {
		p := run(t, role)
		if role == "echo" {
			_ = p.Send(t.Context(), []byte("ready"))
		}
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
		stop(t, p)
		got := 0
		if e, ok := errors.AsType[*exec.ExitError](p.Err()); ok {
			got = e.ExitCode()
		}
		if got != want {
			t.Errorf("%s ended with %d (%v), want %d", role, got, p.Err(), want)
		}
	}
}

func TestTheEnvironmentIsBuiltFromEmpty(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	t.Setenv("MANTLET_STATE", "x")
	p, err := Start(Spec{Command: os.Args[0], Args: []string{"role", "env"}, MaxLine: 10_000, Env: map[string]string{"OWN": "1", "HOME": "/elsewhere"}})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, p)
	got := strings.Join(rest(t, p), "\n")
	for _, bad := range []string{"hunter2", "MANTLET", "GOCOVERDIR"} {
		if strings.Contains(got, bad) {
			t.Errorf("it sees %s:\n%s", bad, got)
		}
	}
	if !strings.Contains(got, "OWN=1") || !strings.Contains(got, "HOME=/elsewhere") || !strings.Contains(got, "PATH=") {
		t.Errorf("it lacks something:\n%s", got)
	}
	for _, name := range []string{"LD_PRELOAD", "ld_preload", "NODE_OPTIONS", "BASH_ENV", "DYLD_INSERT_LIBRARIES", "PYTHONSTARTUP", "GIT_SSH_COMMAND", "BASH_FUNC_x%%", "", "A=B", "A\x00"} {
		if _, err := Start(Spec{Command: os.Args[0], MaxLine: 1, Env: map[string]string{name: "x"}}); err == nil {
			t.Errorf("%q was set", name)
		}
	}
}

func TestOnlyTheThreeStreamsAreInherited(t *testing.T) {
	f, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	p := run(t, "fds")
	for _, line := range rest(t, p) {
		if n, _, _ := strings.Cut(line, " "); n > "2" || len(n) > 1 {
			t.Errorf("it has descriptor %s", line)
		}
	}
}

func TestStderrIsCutAndLimited(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	p, err := Start(Spec{Command: os.Args[0], Args: []string{"role", "chatty"}, MaxLine: 1, Stderr: func(s string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, s)
	}})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	stop(t, p)
	mu.Lock()
	defer mu.Unlock()
	if len(lines) < 2 || len(lines) > 3*maxStderrRate || !strings.Contains(lines[len(lines)-1], "dropped") || len(lines[0]) > maxStderrLine {
		t.Errorf("%d lines, the first of %d bytes, the last %q", len(lines), len(lines[0]), lines[len(lines)-1])
	}
}

func TestNothingLeaks(t *testing.T) {
	count := func() int {
		fds, _ := os.ReadDir("/proc/self/fd")
		return len(fds)
	}
	stop(t, run(t, "echo"))
	before := count()
	for range 20 {
		p := run(t, "echo")
		if err := p.Send(t.Context(), []byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
		stop(t, p)
	}
	if after := count(); after > before {
		t.Errorf("%d descriptors became %d", before, after)
	}
	if left := descendants(os.Getpid()); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
}

// Mantlet is killed with 20 servers, each with a grandchild that left its session
// and ignores every signal that can be ignored: nothing is left.
func TestKillOfMantletLeavesNothing(t *testing.T) {
	mark := fmt.Sprintf("mark-%d-%d", os.Getpid(), time.Now().UnixNano())
	cmd := exec.Command(os.Args[0], "role", "mantlet", mark) //nolint:gosec,noctx // this test itself, killed below
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if n := marked(mark); n < 61 {
		t.Errorf("%d processes run; want mantlet, 20 supervisors, 20 servers, 20 grandchildren", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait()
	for deadline := time.Now().Add(30 * time.Second); marked(mark) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d processes are left", marked(mark))
		}
	}
}

// marked counts the processes, not zombies, that have mark among their arguments.
func marked(mark string) (n int) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range all {
		if b, err := os.ReadFile(path); err == nil && strings.Contains(string(b), mark) {
			n++
		}
	}
	return n
}

func BenchmarkStartStop(b *testing.B) {
	for b.Loop() {
		stop(b, run(b, "echo"))
	}
}

package process

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// supervisorName is argv[0] of a supervisor. With it must come the control pipe as
// descriptor 3: neither the environment nor a name alone makes one.
const supervisorName = "mantlet-supervisor"

const controlFD = 3

// What Mantlet writes to the control pipe. Its end means kill, too.
const (
	askTerm = 't'
	askKill = 'k'
)

// supervised is the supervisor as Mantlet sees it.
type supervised struct {
	cmd     *exec.Cmd
	control *os.File // the writing end; only Mantlet has it
}

func launch(s Spec, env []string, p *pipes) (child, error) {
	command, err := lookPath(s)
	if err != nil {
		return nil, err
	}
	confinement, err := s.Confine.encode()
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // the supervisor has its own
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: append([]string{supervisorName, strconv.FormatInt(s.grace().Milliseconds(), 10), confinement, command}, s.Args...),
		Env: env, Dir: s.Dir, Stdin: p.in[0], Stdout: p.out[1], Stderr: p.err[1], ExtraFiles: []*os.File{r},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = begun(func() (int, error) {
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		return cmd.Process.Pid, nil
	})
	if err != nil {
		closeAll(w)
		return nil, err
	}
	return &supervised{cmd: cmd, control: w}, nil
}

// lookPath finds the command as the program's own PATH would, in its directory.
func lookPath(s Spec) (string, error) {
	if path, ok := s.Env["PATH"]; ok && !strings.Contains(s.Command, "/") {
		return lookIn(path, s.Command)
	}
	return exec.LookPath(s.Command)
}

func lookIn(path, command string) (string, error) {
	for _, dir := range splitList(path) {
		if found, err := exec.LookPath(dir + "/" + command); err == nil {
			return found, nil
		}
	}
	return "", exec.ErrNotFound
}

func (s *supervised) wait() error {
	err := s.cmd.Wait()
	closeAll(s.control)
	over(s.pid())
	if ws, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		sweepOrphans()
	}
	return err
}

func (s *supervised) pid() int   { return s.cmd.Process.Pid }
func (s *supervised) terminate() { s.ask(askTerm) }
func (s *supervised) kill()      { s.ask(askKill) }

func (s *supervised) ask(what byte) {
	_, _ = s.control.Write([]byte{what}) // a supervisor that is gone needs no asking
}

// Supervise is called first in main. If this process was started as a supervisor
// it never returns.
func Supervise() {
	if os.Args[0] == confinedName && len(os.Args) > 2 {
		os.Exit(fail("cannot confine the server: " + becomeServer(os.Args[1:]).Error()))
	}
	if os.Args[0] != supervisorName || len(os.Args) < 4 {
		return
	}
	var st unix.Stat_t
	if unix.Fstat(controlFD, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return
	}
	runtime.LockOSThread() // the server's Pdeathsig follows this thread
	os.Exit(supervise())
}

func supervise() int {
	// The server gets the three streams, whatever whoever started Mantlet left open.
	if err := unix.CloseRange(controlFD, 1<<31-1, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fail("cannot close what was inherited: " + err.Error())
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE)
	millis, _ := strconv.Atoi(os.Args[1])
	grace := time.Duration(millis) * time.Millisecond
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fail("cannot become a subreaper: " + err.Error())
	}
	path, argv, sys, err := program(os.Args[2], os.Args[3:])
	if err != nil {
		return fail("cannot confine the server: " + err.Error())
	}
	server, err := os.StartProcess(path, argv, &os.ProcAttr{ //nolint:gosec // the command that Mantlet gave its own supervisor
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys:   sys,
	})
	if err != nil {
		return fail("cannot start the server: " + err.Error())
	}
	closeAll(os.Stdin, os.Stdout, os.Stderr) // the server's alone: its end must show
	go obey(os.NewFile(controlFD, "control"), server.Pid, grace)
	status := reap(server.Pid)
	sweep(grace)
	return status
}

func fail(why string) int {
	_, _ = os.Stderr.WriteString("mantlet: " + why + "\n")
	return 127
}

// obey does what Mantlet asks. When the pipe ends, Mantlet is gone.
func obey(control *os.File, server int, grace time.Duration) {
	var b [1]byte
	for {
		n, err := control.Read(b[:])
		switch {
		case err != nil || n == 0:
			_ = unix.Kill(-server, unix.SIGTERM)
			time.Sleep(min(grace, time.Second))
			sweep(0)
			return
		case b[0] == askTerm:
			_ = unix.Kill(-server, unix.SIGTERM)
		case b[0] == askKill:
			sweep(0)
		}
	}
}

// reap waits for every child, those of others that came to us included, until the
// server is gone, and returns its status.
func reap(server int) int {
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 128 + int(unix.SIGKILL) // the sweep killed the server and was first to collect it
		case pid == server && ws.Signaled():
			return 128 + int(ws.Signal())
		case pid == server:
			return ws.ExitStatus()
		}
	}
}

// sweep ends every descendant: SIGTERM and a grace where there is one, then
// SIGKILL until none is left. A process that is killed hands its children to us,
// so that each round finds what the last one orphaned.
func sweep(grace time.Duration) {
	if grace > 0 && signalAll(unix.SIGTERM) > 0 {
		for end := time.Now().Add(min(grace, time.Second)); time.Now().Before(end) && reaped() > 0; {
			time.Sleep(5 * time.Millisecond)
		}
	}
	for signalAll(unix.SIGKILL) > 0 {
		reaped()
		time.Sleep(time.Millisecond)
	}
}

// reaped collects what has ended and returns how many descendants are left.
func reaped() int {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		if pid <= 0 || err != nil {
			return len(descendants(os.Getpid()))
		}
	}
}

func signalAll(sig syscall.Signal) int {
	all := descendants(os.Getpid())
	for _, pid := range all {
		_ = unix.Kill(pid, sig)
	}
	return len(all)
}

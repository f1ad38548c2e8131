package process

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

// A supervisor that somebody kills takes its server along, and the server's own
// processes, though they left its session and ignore signals; its neighbours stay.
func TestASupervisorThatIsKilled(t *testing.T) {
	mark := fmt.Sprintf("mark-%d-%d", os.Getpid(), time.Now().UnixNano())
	neighbour := run(t, "echo")
	p := run(t, "parent", mark)
	if _, err := p.Next(); err != nil {
		t.Fatal(err)
	}
	if n := marked(mark); n < 3 {
		t.Fatalf("%d processes run; want a supervisor, its server and a grandchild", n)
	}
	if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the end is not noticed")
	}
	if n := marked(mark); n != 0 || p.Err() == nil {
		t.Errorf("%d processes are left, %v", n, p.Err())
	}
	if err := neighbour.Send(t.Context(), []byte("still here")); err != nil {
		t.Fatal(err)
	}
	if line, err := neighbour.Next(); err != nil || string(line) != "still here" {
		t.Errorf("the neighbour says %q, %v", line, err)
	}
}

package process

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// supervisors are those that run. A supervisor is killed by nobody but the kernel, short
// of memory, or by somebody with this user's rights; then its server dies with it, by
// Pdeathsig, and what the server had started is handed to us, who are a subreaper too.
var supervisors struct {
	sync.Mutex
	reaper bool
	live   map[int]bool
}

// begun notes the supervisor that start makes. No sweep looks meanwhile.
func begun(start func() (pid int, err error)) error {
	supervisors.Lock()
	defer supervisors.Unlock()
	if !supervisors.reaper {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return err
		}
		supervisors.reaper, supervisors.live = true, make(map[int]bool)
	}
	pid, err := start()
	if err == nil {
		supervisors.live[pid] = true
	}
	return err
}

// over forgets a supervisor that has ended.
func over(pid int) {
	supervisors.Lock()
	defer supervisors.Unlock()
	delete(supervisors.live, pid)
}

// sweepOrphans ends what a supervisor left that was killed. Whoever is handed to us has
// a session of its own, as every server has; other children of ours share ours.
func sweepOrphans() {
	for orphaned() > 0 {
		time.Sleep(time.Millisecond)
	}
}

func orphaned() (n int) {
	supervisors.Lock()
	defer supervisors.Unlock()
	own, err := unix.Getsid(0)
	if err != nil {
		return 0
	}
	for _, pid := range childrenOf(os.Getpid()) {
		if sid, err := unix.Getsid(pid); err != nil || sid == own || supervisors.live[pid] {
			continue
		}
		n++
		_ = unix.Kill(pid, unix.SIGKILL)
		_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
	}
	return n
}

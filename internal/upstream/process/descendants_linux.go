package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

func splitList(path string) []string { return filepath.SplitList(path) }

// descendants are the processes below root that are not zombies, as /proc shows
// them (proc_pid_stat(5)). What is forked while it reads shows in the next reading.
func descendants(root int) []int {
	children := make(map[int][]int)
	everyProcess(func(pid, parent int, zombie bool) {
		if !zombie {
			children[parent] = append(children[parent], pid)
		}
	})
	var all []int
	for todo := children[root]; len(todo) > 0; {
		pid := todo[0]
		todo = append(todo[1:], children[pid]...)
		all = append(all, pid)
	}
	return all
}

// childrenOf are the processes whose parent is root, zombies among them.
func childrenOf(root int) (all []int) {
	everyProcess(func(pid, parent int, _ bool) {
		if parent == root {
			all = append(all, pid)
		}
	})
	return all
}

func everyProcess(yield func(pid, parent int, zombie bool)) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if parent, zombie, ok := parentOf(pid); ok {
			yield(pid, parent, zombie)
		}
	}
}

// parentOf reads the state and the parent, which follow the name's last ")".
func parentOf(pid int) (parent int, zombie, ok bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false, false
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 2 {
		return 0, false, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return parent, fields[0][0] == 'Z', err == nil
}

package process

import (
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// endGroup can only end the process itself here, and only at once.
func endGroup(p *os.Process, now bool) {
	if now {
		_ = p.Kill() // one that is gone needs no end
	}
}

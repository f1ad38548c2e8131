package main

import "syscall"

// detached lets a daemon live on when the client that started it ends.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

//go:build unix

package main

import "syscall"

// detached lets a daemon live on when the client that started it ends.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

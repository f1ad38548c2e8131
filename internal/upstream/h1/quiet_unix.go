//go:build unix

package h1

import "golang.org/x/sys/unix"

// poll asks the kernel, without waiting, whether there is anything to read: bytes,
// an end or an error. ok is false where it cannot be asked.
func (c *conn) poll() (silent, ok bool) {
	if c.raw == nil {
		return false, false
	}
	err := c.raw.Control(func(fd uintptr) {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0) //nolint:gosec // a descriptor is an int
		silent = n == 0 && err == nil
	})
	return silent && err == nil, true
}

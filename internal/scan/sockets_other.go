//go:build !linux

package scan

import "errors"

// Sockets are not known on this system.
func Sockets() ([]Socket, error) {
	return nil, errors.New("who listens is read from /proc, which this system does not have; scan the addresses that you know")
}

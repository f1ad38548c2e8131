package process

import "errors"

// A Confinement is what a program may touch, of which everything else is refused by the
// kernel (Landlock, and a network namespace without any interface). The program and all of
// its descendants are held to it. It is for looking at a stranger's server: it bounds
// files, network, and signals to others, not memory, processor time or system calls.
type Confinement struct {
	Read    []string `json:"read"`    // files and directories that are read and executed
	Write   []string `json:"write"`   // directories that are written, too
	Network bool     `json:"network"` // the network as it is; false is none, not even loopback
}

// ErrUnconfined says that this system cannot confine a program.
var ErrUnconfined = errors.New("process: this system cannot confine what it starts")

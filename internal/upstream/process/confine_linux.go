package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What is handled is refused where no rule allows it (landlock(7)). Each kernel knows the
// rights of its ABI.
const (
	reads     = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	onFiles   = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	firstABI  = unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1 // ABI 1
	tcp       = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	otherwise = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
)

// CanConfine says why this system cannot confine a program; nil where it can. A network
// namespace may still be refused when it is asked for.
func CanConfine() error {
	if abi := landlockABI(); abi < 2 { // the first cannot allow a rename between directories
		return fmt.Errorf("%w: its kernel has no Landlock, or one without renames", ErrUnconfined)
	}
	return nil
}

func landlockABI() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi) //nolint:gosec // a small number
}

// handled are the rights on files that the kernel knows.
func handled(abi int) uint64 {
	fs := uint64(firstABI)
	for at, right := range map[int]uint64{2: unix.LANDLOCK_ACCESS_FS_REFER, 3: unix.LANDLOCK_ACCESS_FS_TRUNCATE, 5: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV} {
		if abi >= at {
			fs |= right
		}
	}
	return fs
}

// restrict holds the calling thread, and whatever it starts, to c for good.
func (c *Confinement) restrict() error {
	if err := CanConfine(); err != nil {
		return err
	}
	abi := landlockABI()
	attr := unix.LandlockRulesetAttr{Handled_access_fs: handled(abi)}
	if abi >= 4 && !c.Network {
		attr.Handled_access_net = tcp
	}
	if abi >= 6 {
		attr.Scoped = otherwise
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0) //nolint:gosec // a system call takes an address
	if errno != 0 {
		return errno
	}
	rules := int(fd)
	defer unix.Close(rules) //nolint:errcheck // it is held to by now
	for _, path := range append(c.Read, "/proc") {
		if err := allow(rules, path, reads); err != nil {
			return err
		}
	}
	for _, path := range c.Write {
		if err := allow(rules, path, attr.Handled_access_fs); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// allow adds a rule for what is below path. What is not there needs none.
func allow(rules int, path string, rights uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer unix.Close(fd) //nolint:errcheck // it names the file, no more
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= onFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}                                                                                  //nolint:gosec // a descriptor
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 { //nolint:gosec // as above
		return fmt.Errorf("%s: %w", path, errno)
	}
	return nil
}

// encode is c as the supervisor's command line has it; "" for none.
func (c *Confinement) encode() (string, error) {
	if c == nil {
		return "", nil
	}
	b, err := json.Marshal(c)
	return string(b), err
}

// confinedName is argv[0] of a program that holds itself to a confinement and then becomes
// the server. It does nothing that whoever starts it could not do.
const confinedName = "mantlet-confined"

// program is what the supervisor starts, and in which namespaces, for the confinement that
// its own command line has.
func program(confinement string, server []string) (path string, argv []string, sys *syscall.SysProcAttr, err error) {
	sys = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if confinement == "" {
		return server[0], server, sys, nil
	}
	var c Confinement
	if err := json.Unmarshal([]byte(confinement), &c); err != nil {
		return "", nil, nil, err
	}
	if !c.Network {
		sys.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC
		sys.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		sys.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	return "/proc/self/exe", append([]string{confinedName, confinement}, server...), sys, nil
}

// becomeServer is a confined program's whole life: the thread that is restricted is the
// one that is left when the server takes its place. It returns only why it could not.
func becomeServer(args []string) error {
	runtime.LockOSThread()
	var c Confinement
	if err := json.Unmarshal([]byte(args[0]), &c); err != nil {
		return err
	}
	if err := c.restrict(); err != nil {
		return err
	}
	return syscall.Exec(args[1], args[1:], os.Environ()) //nolint:gosec // the command that Mantlet gave its own supervisor
}

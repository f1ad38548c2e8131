package scan

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Sockets are the TCP sockets of this machine, or of this network namespace, that take
// connections (proc_net_tcp(5)), each once and in order.
func Sockets() ([]Socket, error) {
	var out []Socket
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		some, err := socketsOf(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a machine without IPv6 has one of them
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortFunc(out, func(a, b Socket) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(out, func(a, b Socket) bool { return a.At == b.At }), nil
}

func socketsOf(file string) (out []Socket, err error) {
	f, err := os.Open(file) //nolint:gosec // one of two
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	in := bufio.NewScanner(f)
	in.Scan() // the heading
	for in.Scan() {
		fields := strings.Fields(in.Text())
		const listens = "0A"
		if len(fields) < 8 || fields[3] != listens {
			continue
		}
		at, err := address(fields[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, Socket{at, fields[7]})
	}
	return out, in.Err()
}

// address reads "0100007F:1F90": words of four bytes in the machine's order, which is
// little-endian on what Mantlet is built for.
func address(text string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(host)
	n, errPort := strconv.ParseUint(port, 16, 16)
	if err := errors.Join(err, errPort); err != nil {
		return netip.AddrPort{}, err
	}
	for i := 0; i+4 <= len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("%q is no address", text)
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), nil
}

// Command bench measures Mantlet beside a direct connection, nginx as a plain
// reverse proxy and Go's ReverseProxy, in one run, interleaved round by round, and
// prints ratios. Machines are shared and noisy: the ratios carry, the absolutes
// move. Everything listens on loopback, and every run is bounded in count and time.
//
// Upstream, load and target share the machine's cores, so CPU per call, read from
// /proc, is the figure that carries most. The call is a tools/call whose argument
// and result are 1 KB; sessions are those of 2025-11-25. A tool of the list has 560
// bytes, the mean of 24,000 real definitions, and the server marshals the list each
// time, as servers do. The one client is measured twice: with a process of the idle
// class that keeps each core awake, and without, where half of the time is the cores'
// waking up.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

var (
	rounds = flag.Int("rounds", 3, "interleaved rounds")
	calls  = flag.Int("calls", 3000, "calls of one client in a round")
	span   = flag.Duration("span", 2*time.Second, "how long 64 clients run in a round, and how long the fixed rate is kept")
	rate   = flag.Int("rate", 2000, "calls a second of the fixed-rate run")
	disk   = flag.Bool("disk", true, "measure durability: disk beside the default")
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "role" {
		play(os.Args[2], os.Args[3:])
		return
	}
	flag.Parse()
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure() error {
	targets, stop, err := start()
	defer stop()
	if err != nil {
		return err
	}
	load := begin(targets)
	for range *rounds {
		for _, t := range targets {
			if err := t.round(); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
	}
	report(targets)
	fmt.Printf("\nmeanwhile other programs of this machine had %.0f %% of one core\n", load.others(targets))
	return stages(targets[len(targets)-1])
}

// A figure is one round's.
type figure struct {
	p50        time.Duration // one client, cores awake
	asleep     time.Duration // the same, cores asleep in between
	p99        time.Duration // at the fixed rate, from when each call was due
	list       time.Duration // p50 of a list of 1,000 tools that did not change
	fresh      time.Duration // the same of one that differs from the last
	throughput float64       // calls a second at 64 clients
	large      float64       // the same of results of 100 KB
	cpu        time.Duration // of the target, for one call, at 64 clients
}

func (t *target) round() (err error) {
	var f figure
	awake.signal(unix.SIGCONT)
	f.p50, err = t.median(*calls, t.call)
	awake.signal(unix.SIGSTOP)
	if err != nil {
		return err
	}
	if f.asleep, err = t.median(*calls, t.call); err != nil {
		return err
	}
	if f.list, err = t.median(*calls/30, t.list); err != nil {
		return err
	}
	if f.fresh, err = t.median(*calls/30, t.fresh); err != nil {
		return err
	}
	if f.p99, err = t.steady(*rate, *span); err != nil {
		return err
	}
	before := t.cpu()
	n, took, err := t.parallel(64, *span, t.call)
	if err != nil {
		return err
	}
	f.throughput, f.cpu = float64(n)/took.Seconds(), (t.cpu()-before)/time.Duration(n)
	if n, took, err = t.parallel(64, *span/2, t.large); err != nil {
		return err
	}
	f.large = float64(n) / took.Seconds()
	t.figures = append(t.figures, f)
	return nil
}

func (t *target) median(n int, request []byte) (time.Duration, error) {
	all, err := t.serial(n, request)
	if err != nil {
		return 0, err
	}
	return all[len(all)/2], nil
}

// best is the best round for times and throughput; CPU is the median.
func (t *target) best() figure {
	b := t.figures[0]
	var cpus []time.Duration
	for _, f := range t.figures {
		b.p50, b.asleep = min(b.p50, f.p50), min(b.asleep, f.asleep)
		b.p99, b.list, b.fresh = min(b.p99, f.p99), min(b.list, f.list), min(b.fresh, f.fresh)
		b.throughput, b.large = max(b.throughput, f.throughput), max(b.large, f.large)
		cpus = append(cpus, f.cpu)
	}
	slices.Sort(cpus)
	b.cpu = cpus[len(cpus)/2]
	return b
}

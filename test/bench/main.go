// Command bench measures Mantlet beside a direct connection, nginx as a plain
// reverse proxy and Go's ReverseProxy, in one run, interleaved round by round, and
// prints ratios. Machines are shared and noisy: the ratios carry, the absolutes
// move. Everything listens on loopback, and every run is bounded in count and time.
//
// Upstream, load and target share the machine's cores, so CPU per call, read from
// /proc, is the figure that carries most. The call is a tools/call whose argument
// and result are 1 KB; sessions are those of 2025-11-25.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

var (
	rounds = flag.Int("rounds", 3, "interleaved rounds")
	calls  = flag.Int("calls", 3000, "calls of one client in a round")
	span   = flag.Duration("span", 2*time.Second, "how long 64 clients run in a round")
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
	for range *rounds {
		for _, t := range targets {
			if err := t.round(); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
	}
	report(targets)
	return nil
}

// A figure is one round's.
type figure struct {
	p50, p99   time.Duration // one client
	list       time.Duration // p50 of a list of 1,000 tools
	throughput float64       // calls a second at 64 clients
	cpu        time.Duration // of the target, for one call, at 64 clients
}

func (t *target) round() error {
	one, err := t.serial(*calls, t.call)
	if err != nil {
		return err
	}
	lists, err := t.serial(*calls/30, t.list)
	if err != nil {
		return err
	}
	before := t.cpu()
	n, took, err := t.parallel(64, *span)
	if err != nil {
		return err
	}
	f := figure{p50: one[len(one)/2], p99: one[len(one)*99/100], list: lists[len(lists)/2], throughput: float64(n) / took.Seconds()}
	f.cpu = (t.cpu() - before) / time.Duration(n)
	t.figures = append(t.figures, f)
	return nil
}

// best is the best round for times and throughput; CPU is the median.
func (t *target) best() figure {
	b := t.figures[0]
	var cpus []time.Duration
	for _, f := range t.figures {
		b.p50, b.p99, b.list = min(b.p50, f.p50), min(b.p99, f.p99), min(b.list, f.list)
		b.throughput = max(b.throughput, f.throughput)
		cpus = append(cpus, f.cpu)
	}
	slices.Sort(cpus)
	b.cpu = cpus[len(cpus)/2]
	return b
}

func report(targets []*target) {
	direct, proxy := targets[0].best(), targets[0].best()
	for _, t := range targets {
		if t.name == "reverseproxy" {
			proxy = t.best()
		}
	}
	fmt.Println("| target | 1 client p50 us | p99 us | 64 clients calls/s | CPU us/call | list of 1,000 us | RSS idle MB | loaded MB | start ms |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, t := range targets {
		f := t.best()
		fmt.Printf("| %s | %d | %d | %.0f | %.0f | %d | %.1f | %.1f | %d |\n", t.name, f.p50.Microseconds(), f.p99.Microseconds(), f.throughput,
			float64(f.cpu.Nanoseconds())/1000, f.list.Microseconds(), t.idle, t.rss(), t.startup.Milliseconds())
	}
	fmt.Println("\nratios of this run:")
	for _, t := range targets[1:] {
		f := t.best()
		fmt.Printf("  %-13s p50 %.2fx ReverseProxy; throughput %.2fx ReverseProxy; list %.2fx direct\n", t.name,
			ratio(f.p50, proxy.p50), f.throughput/proxy.throughput, ratio(f.list, direct.list))
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

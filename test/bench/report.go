package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func report(targets []*target) {
	direct, proxy := targets[0].best(), targets[0].best()
	for _, t := range targets {
		if t.name == "reverseproxy" {
			proxy = t.best()
		}
	}
	fmt.Printf("| target | 1 client p50 us, cores awake | asleep | p99 us at %d/s | 64 clients calls/s | 100 KB results/s | CPU us/call | list unchanged us | list at first sight us | RSS idle MB | loaded MB | start ms |\n", *rate)
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, t := range targets {
		f := t.best()
		fmt.Printf("| %s | %d | %d | %d | %.0f | %.0f | %.0f | %d | %d | %.1f | %.1f | %d |\n", t.name, f.p50.Microseconds(), f.asleep.Microseconds(), f.p99.Microseconds(), f.throughput, f.large,
			float64(f.cpu.Nanoseconds())/1000, f.list.Microseconds(), f.fresh.Microseconds(), t.idle, t.rss(), t.startup.Milliseconds())
	}
	fmt.Println("\nratios of this run:")
	for _, t := range targets[1:] {
		f := t.best()
		fmt.Printf("  %-13s p50 %.2fx, cores asleep %.2fx, throughput %.2fx, CPU %.2fx, 100 KB %.2fx ReverseProxy; list unchanged %.2fx, at first sight %.2fx direct\n", t.name,
			ratio(f.p50, proxy.p50), ratio(f.asleep, proxy.asleep), f.throughput/proxy.throughput, ratio(f.cpu, proxy.cpu), f.large/proxy.large, ratio(f.list, direct.list), ratio(f.fresh, direct.fresh))
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// stages prints what each stage of the corridor cost, as Mantlet itself has counted.
func stages(t *target) error {
	resp, err := http.Get("http://" + t.ops + "/metrics") //nolint:noctx // loopback, at the end
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	sums, counts := make(map[string]float64), make(map[string]float64)
	var order []string
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		name, value, _ := strings.Cut(s.Text(), " ")
		kind, label, ok := strings.Cut(name, `{stage="`)
		n, err := strconv.ParseFloat(value, 64)
		if label = strings.TrimSuffix(label, `"}`); !ok || err != nil {
			continue
		}
		switch kind {
		case "mantlet_stage_seconds_sum":
			sums[label] = n
			order = append(order, label)
		case "mantlet_stage_seconds_count":
			counts[label] = n
		}
	}
	fmt.Printf("\nstages of %s, ns a message:", t.name)
	total := 0.0
	for _, name := range order {
		if counts[name] > 0 {
			each := 1e9 * sums[name] / counts[name]
			total += each
			fmt.Printf(" %s %.0f", name, each)
		}
	}
	fmt.Printf("; together %.0f\n", total)
	return nil
}

// A usage is the machine's and the bench's own time at one moment, in ticks.
type usage struct {
	at          time.Time
	busy, mine  float64
	targetsOwn  time.Duration
	ticksSecond float64
}

func begin(targets []*target) usage {
	u := usage{at: time.Now(), ticksSecond: 100}
	u.busy, u.mine = busyTicks(), ownTicks()
	for _, t := range targets {
		u.targetsOwn += t.cpu()
	}
	return u
}

// others is the share of one core that neither the bench nor its targets nor the
// processes of the idle class have had since u.
func (u usage) others(targets []*target) float64 {
	now := begin(targets)
	ours := now.mine - u.mine + u.ticksSecond*(now.targetsOwn-u.targetsOwn).Seconds()
	return 100 * max(now.busy-u.busy-ours, 0) / (u.ticksSecond * now.at.Sub(u.at).Seconds())
}

// busyTicks are user and system time of all cores. That of low priority, as the idle
// class has it, stands apart.
func busyTicks() float64 {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	user, _ := strconv.ParseFloat(f[1], 64)
	system, _ := strconv.ParseFloat(f[3], 64)
	return user + system
}

func ownTicks() float64 { return 100 * processTime(os.Getpid()).Seconds() }

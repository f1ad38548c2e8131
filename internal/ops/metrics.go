// Package ops is what operators see: health, readiness, metrics and, where it is
// switched on, profiles, on a listener of its own that only this machine reaches.
//
// The question: is Mantlet well, and how much goes through it? The threats (I01): a
// metric or a profile that shows other people's data; a label that a caller chooses, of
// which there are then without end (B06). The control: C060. It trusts whoever reaches
// its socket with counts and names of servers, never with content. When it breaks,
// calls go on.
package ops

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// Metrics counts and times. It implements gateway.Meter. Labels come from the
// configuration and from the tables in the code, never from a message.
type Metrics struct {
	Registry  *prometheus.Registry
	stages    map[string]prometheus.Observer
	refusals  *prometheus.CounterVec
	exchanges *prometheus.HistogramVec
	sent      prometheus.Counter
	lost      prometheus.Counter
}

// stageNames are the rows of gateway/order.go.
var stageNames = []string{"quota", "known", "trust", "policy", "inspect", "asked", "shape"}

// NewMetrics returns metrics with a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{Registry: prometheus.NewRegistry(), stages: make(map[string]prometheus.Observer)}
	stages := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "mantlet_stage_seconds", Help: "Time that one stage took for one message.", Buckets: prometheus.ExponentialBuckets(1e-7, 4, 12),
	}, []string{"stage"})
	m.refusals = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mantlet_refusals_total", Help: "Messages refused, by stage and kind.",
	}, []string{"stage", "kind"})
	m.exchanges = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "mantlet_exchange_seconds", Help: "Time of one exchange in all.", Buckets: prometheus.ExponentialBuckets(5e-5, 4, 12),
	}, []string{"server", "method", "outcome"})
	m.sent = prometheus.NewCounter(prometheus.CounterOpts{Name: "mantlet_trace_spans_sent_total", Help: "Spans that the trace collector took."})
	m.lost = prometheus.NewCounter(prometheus.CounterOpts{Name: "mantlet_trace_spans_lost_total", Help: "Spans lost: the queue was full, or the collector did not take them."})
	m.Registry.MustRegister(m.sent, m.lost, stages, m.refusals, m.exchanges, prometheus.NewGoCollector(), prometheus.NewProcessCollector(prometheus.ProcessCollectorOpts{})) //nolint:staticcheck // the collectors' short names
	for _, name := range stageNames {
		m.stages[name] = stages.WithLabelValues(name)
	}
	return m
}

// Watch adds what others count: requests that never became an exchange, and exchanges
// under way.
func (m *Metrics) Watch(refused func() uint64, inFlight func() int) {
	m.Registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "mantlet_refused_at_the_door_total", Help: "Requests that never became an exchange.",
		}, func() float64 { return float64(refused()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "mantlet_exchanges_in_flight", Help: "Exchanges under way, streams among them.",
		}, func() float64 { return float64(inFlight()) }))
}

// Stage times one stage.
func (m *Metrics) Stage(name string, _ gateway.Pass, took time.Duration, err error) {
	if s := m.stages[name]; s != nil {
		s.Observe(took.Seconds())
	}
	if err != nil {
		m.refusals.WithLabelValues(name, mantlet.AsFault(name, err).Kind.String()).Inc()
	}
}

// Exchange times one exchange.
func (m *Metrics) Exchange(x *gateway.Exchange, took time.Duration, err error) {
	outcome := "allowed"
	if f, ok := errors.AsType[*mantlet.Fault](err); ok {
		outcome = f.Kind.String()
	}
	m.exchanges.WithLabelValues(string(x.Server), method(x), outcome).Observe(took.Seconds())
}

// Spans counts the spans that a collector took, and those that were lost.
func (m *Metrics) Spans(sent, lost int) {
	m.sent.Add(float64(sent))
	m.lost.Add(float64(lost))
}

// method is a label that only the table of methods can make.
func method(x *gateway.Exchange) string {
	if x.Request == nil {
		return "session"
	}
	if _, ok := wire.Lookup(x.Request.Method); ok {
		return string(x.Request.Method)
	}
	return "other"
}

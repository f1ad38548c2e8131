package trace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// What a collector that is slow or away may cost: memory for this many spans, and
// none of anybody's time.
const (
	queued   = 2048
	batched  = 512
	tries    = 3
	postTime = 10 * time.Second // for one attempt
	maxPause = 30 * time.Second // between two, whatever Retry-After says
)

// Options are where spans go. Endpoint is required, and is used as it stands.
type Options struct {
	Endpoint string // the whole URL, such as https://collector.example/v1/traces
	Headers  map[string]string
	Version  string               // Mantlet's
	Log      *slog.Logger         // told when the collector fails, and when it is back
	Count    func(sent, lost int) // called with every batch and every span that found no place
	Every    time.Duration        // how long a span waits for others; 0 is 2 s
	Pause    time.Duration        // before the second try; doubled before the third; 0 is 1 s
}

// An Exporter sends spans to a collector, in batches, from one goroutine. What
// finds no place in its queue is lost and counted: no call ever waits for it.
type Exporter struct {
	Options
	queue  chan *span
	client *http.Client
	quit   chan struct{}
	once   sync.Once
	done   chan struct{}
	ctx    context.Context //nolint:containedctx // ends the last attempts when Close has waited enough
	cancel context.CancelFunc
	broken bool // the last batch was lost; the goroutine's own
}

// Start returns an Exporter that runs until it is closed. The environment is not
// asked: not for a proxy, not for OTEL_ variables.
func Start(o Options) *Exporter {
	if o.Every <= 0 {
		o.Every = 2 * time.Second
	}
	if o.Pause <= 0 {
		o.Pause = time.Second
	}
	e := &Exporter{Options: o, queue: make(chan *span, queued), quit: make(chan struct{}), done: make(chan struct{})}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	e.client = &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConns: 1, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       postTime,
	}
	go e.run()
	return e
}

// put takes s, or loses it.
func (e *Exporter) put(s *span) {
	select {
	case <-e.quit:
	default:
		select {
		case e.queue <- s:
			return
		default:
		}
	}
	e.Count(0, 1)
}

// Close sends what is queued, and returns when it is sent or ctx has ended; then
// what is left is lost.
func (e *Exporter) Close(ctx context.Context) {
	e.once.Do(func() { close(e.quit) })
	select {
	case <-e.done:
	case <-ctx.Done():
	}
	e.cancel()
	<-e.done
	for left := e.rest(nil); len(left) > 0; left = e.rest(nil) { // put while the goroutine ended
		e.Count(0, len(left))
	}
}

func (e *Exporter) run() {
	defer close(e.done)
	defer e.client.CloseIdleConnections()
	for {
		batch := e.gather()
		if len(batch) == 0 {
			return
		}
		e.send(batch)
	}
}

// gather waits for a span and a little for more; none means that it is over.
func (e *Exporter) gather() []*span {
	var batch []*span
	select {
	case s := <-e.queue:
		batch = append(batch, s)
	case <-e.quit:
		return e.rest(nil)
	}
	late := time.NewTimer(e.Every)
	defer late.Stop()
	for len(batch) < batched {
		select {
		case s := <-e.queue:
			batch = append(batch, s)
		case <-late.C:
			return batch
		case <-e.quit:
			return e.rest(batch)
		}
	}
	return batch
}

// rest adds what is queued now.
func (e *Exporter) rest(batch []*span) []*span {
	for len(batch) < batched {
		select {
		case s := <-e.queue:
			batch = append(batch, s)
		default:
			return batch
		}
	}
	return batch
}

// send tries a batch a few times. Once Mantlet is ending, it tries once.
func (e *Exporter) send(batch []*span) {
	body := encode(e.Version, batch)
	pause := e.Pause
	var err error
	for range tries {
		var lost int
		var after time.Duration
		if lost, after, err = e.post(body); err == nil {
			lost = min(lost, len(batch))
			e.Count(len(batch)-lost, lost)
			e.tell(nil)
			return
		}
		if after < 0 || !e.sleep(max(pause, after)) {
			break
		}
		pause *= 2
	}
	e.Count(0, len(batch))
	e.tell(err)
}

func (e *Exporter) sleep(d time.Duration) bool {
	t := time.NewTimer(min(d, maxPause))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-e.quit:
		return false
	}
}

// tell logs the first failure and the first success after one.
func (e *Exporter) tell(err error) {
	switch {
	case err != nil && !e.broken:
		e.Log.Warn("the trace collector does not take spans; they are lost, calls go on", "error", err)
	case err == nil && e.broken:
		e.Log.Info("the trace collector takes spans again")
	}
	e.broken = err != nil
}

// post makes one attempt. lost is what a collector that answered did not take;
// after is how long it asks to be left alone, negative where trying again is of no use.
func (e *Exporter) post(body []byte) (lost int, after time.Duration, err error) {
	req, err := http.NewRequestWithContext(e.ctx, http.MethodPost, e.Endpoint, bytes.NewReader(body))
	if err != nil {
		return 0, -1, errors.New("the endpoint is not a url")
	}
	for name, value := range e.Headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("User-Agent", "mantlet/"+e.Version)
	resp, err := e.client.Do(req)
	if u, ok := errors.AsType[*url.Error](err); ok {
		return 0, 0, u.Err // without the URL, which may hold a key
	}
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()                                    //nolint:errcheck // what was needed of it was read
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // its absence says that nothing was rejected
	switch resp.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return rejected(answer), 0, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // 0 for what is no number
		return 0, time.Duration(min(max(seconds, 0), 30)) * time.Second, fmt.Errorf("HTTP status %d", resp.StatusCode)
	default:
		return 0, -1, fmt.Errorf("HTTP status %d", resp.StatusCode)
	}
}

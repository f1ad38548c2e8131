// Package fetch asks a registry over HTTP and is never made to hang, to swallow, or to
// wander by what it answers.
//
// The question: what does this registry say? The threats: a registry, or whoever answers
// in its place, that sends without end, sends nothing, or leads elsewhere (F09, SSRF by
// redirect). The control: C046. It trusts the HTTP client that it is given to check
// certificates. When it breaks the answer is an error, which its callers take as unknown,
// never as good: ErrAbsent where the registry says that there is no such thing.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Limits of one question.
const (
	MaxBody   = 8 << 20 // bytes
	MaxTime   = 20 * time.Second
	redirects = 5
)

// ErrAbsent says that the registry answered and has no such thing.
var ErrAbsent = errors.New("the registry has no such thing")

// A Client asks with HTTP, which nil makes refuse. Max and Time are MaxBody and MaxTime
// where they are zero.
type Client struct {
	HTTP *http.Client
	Max  int64
	Time time.Duration
}

// Get is the body behind address. It follows redirects to the same host, and else to https
// alone.
func (c Client) Get(ctx context.Context, address, accept string) (body []byte, kind string, err error) {
	if c.HTTP == nil {
		return nil, "", errors.New("there is no client to ask with")
	}
	ctx, cancel := context.WithTimeout(ctx, c.limit())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", errors.New("the registry's address cannot be read")
	}
	if err := Plain(req.URL); err != nil {
		return nil, "", err
	}
	req.Header.Set("Accept", accept)
	asking := *c.HTTP
	asking.CheckRedirect = func(next *http.Request, via []*http.Request) error { return stay(next.URL, via[0].URL, len(via)) }
	res, err := asking.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("%s cannot be reached: %w", req.URL.Host, bare(err))
	}
	defer res.Body.Close() //nolint:errcheck // read only
	if err := status(res.StatusCode, req.URL.Host); err != nil {
		return nil, "", err
	}
	body, err = c.read(res.Body)
	return body, res.Header.Get("Content-Type"), err
}

func (c Client) limit() time.Duration {
	if c.Time > 0 {
		return c.Time
	}
	return MaxTime
}

func (c Client) max() int64 {
	if c.Max > 0 {
		return c.Max
	}
	return MaxBody
}

func (c Client) read(from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, c.max()+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer broke off: %w", bare(err))
	case int64(len(body)) > c.max():
		return nil, fmt.Errorf("the answer is longer than %d bytes", c.max())
	}
	return body, nil
}

func status(code int, host string) error {
	switch code {
	case http.StatusOK:
		return nil
	case http.StatusNotFound, http.StatusGone:
		return fmt.Errorf("%s: %w", host, ErrAbsent)
	}
	return fmt.Errorf("%s answers with status %d", host, code)
}

func stay(next, first *url.URL, seen int) error {
	switch {
	case seen >= redirects:
		return errors.New("it leads on and on")
	case next.Scheme != "https" && next.Host != first.Host:
		return errors.New("it leads to another host, and not over https")
	case next.Scheme != "https" && first.Scheme == "https":
		return errors.New("it leads away from https")
	}
	return nil
}

// Plain refuses what is not https, except on this machine.
func Plain(u *url.URL) error {
	ip := net.ParseIP(u.Hostname())
	switch {
	case u.Host == "":
		return errors.New("the registry's address names no host")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()):
		return nil
	}
	return fmt.Errorf("%s is not asked without https: whoever stands between could answer", u.Host)
}

// bare is an error of net/http without the address, whose query may hold a secret.
func bare(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

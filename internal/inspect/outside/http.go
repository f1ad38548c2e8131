package outside

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// An HTTP peer is a detector behind a URL.
type HTTP struct {
	URL    string
	Token  string // a bearer token; "" sends none
	Client *http.Client
}

// NewHTTP returns the peer at u: https, or http on loopback. It follows no redirect.
func NewHTTP(u, token string, t http.RoundTripper) (*HTTP, error) {
	if err := Reachable(u); err != nil {
		return nil, err
	}
	return &HTTP{URL: u, Token: token, Client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Reachable says why texts may not be sent to u: it is no URL, or others could read them on
// the way.
func Reachable(u string) error {
	p, err := url.Parse(u)
	if err != nil || p.Host == "" || p.User != nil {
		return errors.New("it is no URL of a host; write https://host/path, and a credential into a file")
	}
	ip := net.ParseIP(p.Hostname())
	if p.Scheme == "https" || p.Scheme == "http" && ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("what is sent to %s could be read on the way; use https", p.Redacted())
}

// Ask posts the question.
func (h *HTTP) Ask(ctx context.Context, question []byte) ([]byte, error) {
	return h.post(ctx, question)
}

func (h *HTTP) post(ctx context.Context, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if h.Token != "" {
		r.Header.Set("Authorization", "Bearer "+h.Token)
	}
	res, err := h.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end, or given up
	b, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("it answered %d", res.StatusCode)
	case !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json"):
		return nil, errors.New("it answered in another form than JSON")
	}
	return b, nil
}

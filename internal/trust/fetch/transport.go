package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// Transport is a RoundTripper of c under the same limits, for libraries that bring their
// own client (go-containerregistry). They follow redirects themselves: what is asked
// elsewhere than at host must be https. Time is the context's matter.
func (c Client) Transport(host string) http.RoundTripper {
	if c.HTTP == nil {
		return refusing{}
	}
	inner := c.HTTP.Transport
	if inner == nil {
		inner = http.DefaultTransport
	}
	return &guarded{inner, host, c}
}

// Timed is ctx with c's limit.
func (c Client) Timed(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.limit())
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("there is no client to ask with")
}

type guarded struct {
	inner http.RoundTripper
	host  string
	c     Client
}

func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		if err := stay(r.URL, &url.URL{Scheme: r.URL.Scheme, Host: g.host}, 0); err != nil {
			return nil, err
		}
		if err := Plain(r.URL); err != nil {
			return nil, err
		}
	}
	res, err := g.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if res.ContentLength > g.c.max() {
		_ = res.Body.Close()
		return nil, errors.New("the answer is too long")
	}
	res.Body = &bounded{res.Body, g.c.max()}
	return res, nil
}

// bounded ends in an error where a limited reader would end as if all were read.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errors.New("the answer is too long")
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, errors.New("the answer is too long")
	}
	return n, err
}

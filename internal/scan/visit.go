package scan

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// ErrCredentials is in the chain where a server answers nobody without credentials.
var ErrCredentials = errors.New("it asks for credentials, so nothing of it was listed; scan a file with its tools/list")

// Visit asks the MCP server at an address (http or https, Streamable HTTP) for all that it
// offers. It sends no credentials, follows no redirects, uses no proxy, and stops after
// 16 MiB, 100 pages of a list, or 10 s without an answer. The address is as the user named
// it: loopback and private ones are allowed.
func Visit(ctx context.Context, address string, progress func(string)) (Input, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Input{}, errors.New("the address is not of the form http://HOST/PATH or https://HOST/PATH")
	}
	if u.User != nil {
		return Input{}, errors.New("the address holds a name or password; scan sends no credentials, take them out")
	}
	name := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String() // the query may hold a key
	t := &http.Transport{
		DialContext: (&net.Dialer{Timeout: answerTime}).DialContext, TLSHandshakeTimeout: answerTime, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
	}
	defer t.CloseIdleConnections()
	v := &visitor{to: u.String(), client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	l := &lister{peer: v, progress: progress}
	items, err := l.list(ctx)
	v.leave(ctx, l.version)
	if err != nil {
		return Input{}, fmt.Errorf("%s: %w", mantlet.Escape(name), err)
	}
	s := Server{ID: u.Host, Items: items, Open: u.RawQuery == "", Entry: &Entry{URL: name, Auth: true}}
	return Input{Name: name, Servers: []Server{s}}, nil
}

// A visitor speaks Streamable HTTP.
type visitor struct {
	client  *http.Client
	to      string
	session string
}

func (v *visitor) post(ctx context.Context, r request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.to, bytes.NewReader(r.line()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("User-Agent", "mantlet-scan")
	if r.version != "" {
		req.Header.Set("Mcp-Protocol-Version", r.version)
	}
	if r.version == modern {
		req.Header.Set("Mcp-Method", r.method)
	}
	if v.session != "" {
		req.Header.Set("Mcp-Session-Id", v.session)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok { // repeats the address, whose query may hold a key
			err = wrapped.Err
		}
		return nil, fmt.Errorf("it does not answer: %w", err)
	}
	return resp, nil
}

func (v *visitor) ask(ctx context.Context, r request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	resp, err := v.post(ctx, r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is left to learn
	body := io.LimitReader(resp.Body, maxAnswers+1)
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) //nolint:errcheck // "" is neither
	switch {
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return nil, errors.Join(ErrCredentials, &refusal{status: resp.StatusCode})
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, fmt.Errorf("it sends the caller elsewhere (HTTP status %d); scan the address that it means", resp.StatusCode)
	case kind == "text/event-stream":
		v.remember(r, resp)
		return events(body, r.id)
	case resp.StatusCode >= 400 && kind != "application/json":
		return nil, &refusal{status: resp.StatusCode}
	}
	raw, err := io.ReadAll(body)
	if err != nil || len(raw) > maxAnswers {
		return nil, errors.New("its answer is too long, or ends too soon")
	}
	result, ours, err := answer(raw, r.id)
	switch {
	case resp.StatusCode >= 400 && (err != nil || !ours):
		return nil, errors.Join(err, &refusal{status: resp.StatusCode})
	case err == nil && !ours:
		err = errors.New("its answer is to another question")
	}
	v.remember(r, resp)
	return result, err
}

// remember takes the session that initialize begins.
func (v *visitor) remember(r request, resp *http.Response) {
	if id := resp.Header.Get("Mcp-Session-Id"); r.method == "initialize" && len(id) <= 1024 {
		v.session = id
	}
}

// events finds the answer to id among server-sent events. Fields but data are no matter.
func events(body io.Reader, id int) ([]byte, error) {
	in := bufio.NewScanner(body)
	in.Buffer(nil, maxAnswers)
	var data []byte
	for in.Scan() {
		line := in.Bytes()
		if rest, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			data = append(append(data, bytes.TrimPrefix(rest, []byte(" "))...), '\n')
		}
		if len(line) > 0 || len(data) == 0 {
			continue
		}
		if len(bytes.TrimSpace(data)) > 0 {
			if result, ours, err := answer(data, id); ours || err != nil {
				return result, err
			}
		}
		data = data[:0]
	}
	return nil, errors.New("its stream ends, or grows too long, before the answer")
}

func (v *visitor) tell(ctx context.Context, r request) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	resp, err := v.post(ctx, r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// leave ends the session, where there is one. Whether the server cares is its own matter.
func (v *visitor) leave(ctx context.Context, version string) {
	if v.session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, v.to, http.NoBody)
	if err != nil {
		return
	}
	req.Header.Set("Mcp-Session-Id", v.session)
	req.Header.Set("Mcp-Protocol-Version", version)
	if resp, err := v.client.Do(req); err == nil {
		_ = resp.Body.Close() // nothing is asked of it
	}
}

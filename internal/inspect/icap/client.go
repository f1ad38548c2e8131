package icap

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/outside"
)

// A Client asks one service of one server. It is safe for use by many goroutines at once: each
// question has a connection of its own.
type Client struct {
	url     *url.URL
	preview int
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
}

// Preview is how many bytes a scanner sees before it says whether it wants the rest.
const Preview = 1024

// maxHead bounds the lines of an answer before its body.
const maxHead = 64 << 10

// New returns the client of the service at u: icaps://host:port/service, or icap:// on loopback.
func New(u string, t *tls.Config) (*Client, error) {
	p, err := url.Parse(u)
	if err != nil || p.Host == "" || strings.Trim(p.Path, "/") == "" || p.User != nil {
		return nil, errors.New("it is no address of a service; write icaps://host:port/service")
	}
	ip := net.ParseIP(p.Hostname())
	c := &Client{url: p, preview: Preview, dial: (&net.Dialer{}).DialContext}
	switch {
	case p.Scheme == "icaps":
		c.dial = (&tls.Dialer{Config: t}).DialContext
	case p.Scheme != "icap" || ip == nil || !ip.IsLoopback():
		return nil, errors.New("what is sent there could be read on the way; use icaps")
	}
	if p.Port() == "" {
		p.Host = net.JoinHostPort(p.Hostname(), map[string]string{"icap": "1344", "icaps": "11344"}[p.Scheme])
	}
	return c, nil
}

// Ask shows the texts of a question (package outside) to the scanner and makes an opinion of
// what it says.
func (c *Client) Ask(ctx context.Context, question []byte) ([]byte, error) {
	var q outside.Question
	if err := json.Unmarshal(question, &q); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	for _, t := range q.Texts {
		body.WriteString(t.Text)
		body.WriteString("\r\n\r\n")
	}
	v, err := c.Scan(ctx, q.Phase == "response", "/"+url.PathEscape(q.Server)+"/"+url.PathEscape(q.Name), body.Bytes())
	if err != nil {
		return nil, err
	}
	o := outside.Opinion{Version: outside.Version}
	if v.Objects {
		o.Findings = []outside.Finding{{Rule: "objected", Severity: "high", Words: strings.TrimSpace("the company's scanner objects " + v.Why)}}
	}
	return json.Marshal(o)
}

// A Verdict is what a scanner says. The zero Verdict has nothing against the body.
type Verdict struct {
	Objects bool   // it answered with something else
	Why     string // as its headers have it; "" where they do not
}

// Scan shows body to the scanner: as that of a response if back is set, else of a request.
func (c *Client) Scan(ctx context.Context, back bool, path string, body []byte) (v Verdict, err error) {
	conn, err := c.dial(ctx, "tcp", c.url.Host)
	if err != nil {
		return v, err
	}
	defer conn.Close() //nolint:errcheck // the verdict is read, or there is none
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	x := exchange{c: c, conn: conn, in: bufio.NewReader(io.LimitReader(conn, maxHead+outside.MaxAnswer)), body: body}
	if v, err = x.run(back, path); err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return v, err
}

// An exchange is one question under way.
type exchange struct {
	c    *Client
	conn net.Conn
	in   *bufio.Reader
	body []byte
}

func (x *exchange) run(back bool, path string) (Verdict, error) {
	first := min(len(x.body), x.c.preview)
	if _, err := x.conn.Write(x.head(back, path, first)); err != nil {
		return Verdict{}, err
	}
	status, h, err := x.answer()
	if err == nil && status == 100 && first < len(x.body) {
		if _, err = x.conn.Write(append(chunk(x.body[first:]), "0\r\n\r\n"...)); err == nil {
			status, h, err = x.answer()
		}
	}
	if err != nil {
		return Verdict{}, err
	}
	switch status {
	case 204:
		return Verdict{}, nil
	case 200:
		return x.given(h)
	}
	return Verdict{}, fmt.Errorf("the scanner answered %d", status)
}

// head is the whole of the question up to the end of its preview (RFC 3507, 4.4 to 4.9).
func (x *exchange) head(back bool, path string, first int) []byte {
	request := "POST " + path + " HTTP/1.1\r\nHost: mantlet\r\n"
	entity := "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " + strconv.Itoa(len(x.body)) + "\r\n\r\n"
	method, parts, encapsulated := "REQMOD", request+entity, fmt.Sprintf("req-hdr=0, req-body=%d", len(request+entity))
	if back {
		request += "\r\n"
		response := "HTTP/1.1 200 OK\r\n" + entity
		method, parts, encapsulated = "RESPMOD", request+response, fmt.Sprintf("req-hdr=0, res-hdr=%d, res-body=%d", len(request), len(request+response))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s icap://%s%s ICAP/1.0\r\nHost: %s\r\nUser-Agent: mantlet\r\nAllow: 204\r\nConnection: close\r\nPreview: %d\r\nEncapsulated: %s\r\n\r\n",
		method, x.c.url.Host, x.c.url.EscapedPath(), x.c.url.Host, first, encapsulated)
	b.WriteString(parts)
	b.Write(chunk(x.body[:first]))
	if first == len(x.body) {
		b.WriteString("0; ieof\r\n\r\n")
	} else {
		b.WriteString("0\r\n\r\n")
	}
	return b.Bytes()
}

func chunk(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	out := strconv.AppendInt(nil, int64(len(b)), 16)
	return append(append(append(out, "\r\n"...), b...), "\r\n"...)
}

func (x *exchange) answer() (status int, h textproto.MIMEHeader, err error) {
	r := textproto.NewReader(x.in)
	line, err := r.ReadLine()
	if err != nil {
		return 0, nil, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	if status, err = strconv.Atoi(code); err != nil || version != "ICAP/1.0" {
		return 0, nil, errors.New("the answer is none of ICAP/1.0")
	}
	h, err = r.ReadMIMEHeader()
	return status, h, err
}

// given reads what the scanner gave in place of the message: the same body, whole, is no
// objection, and everything else is.
func (x *exchange) given(h textproto.MIMEHeader) (Verdict, error) {
	var why strings.Builder
	for _, name := range []string{"X-Infection-Found", "X-Violations-Found", "X-Response-Info", "X-Attribute"} {
		if v := h.Get(name); v != "" {
			why.WriteString(name + ": " + v + " ")
		}
	}
	objects := Verdict{Objects: true, Why: strings.TrimSpace(why.String())}
	at := strings.LastIndexByte(h.Get("Encapsulated"), '=')
	skip, err := strconv.Atoi(strings.TrimSpace(h.Get("Encapsulated")[at+1:]))
	if err != nil || skip < 0 || skip > maxHead {
		return Verdict{}, errors.New("the answer does not say what it encapsulates")
	}
	if why.Len() > 0 || !strings.Contains(h.Get("Encapsulated"), "-body") {
		return objects, nil
	}
	if _, err := x.in.Discard(skip); err != nil {
		return Verdict{}, err
	}
	same, err := x.same()
	if err != nil || same {
		return Verdict{}, err
	}
	return objects, nil
}

// same reads a chunked body to its end (RFC 3507, 4.2) and compares it with what was sent.
func (x *exchange) same() (bool, error) {
	var got bytes.Buffer
	for {
		line, err := textproto.NewReader(x.in).ReadLine()
		if err != nil {
			return false, fmt.Errorf("the body ended early: %w", err)
		}
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 31)
		if err != nil || n > outside.MaxAnswer {
			return false, errors.New("the body is not in chunks")
		}
		if n == 0 {
			return bytes.Equal(got.Bytes(), x.body), nil
		}
		if _, err := io.CopyN(&got, x.in, int64(n)); err != nil {
			return false, fmt.Errorf("the body ended early: %w", err)
		}
		if _, err := textproto.NewReader(x.in).ReadLine(); err != nil {
			return false, fmt.Errorf("the body ended early: %w", err)
		}
	}
}

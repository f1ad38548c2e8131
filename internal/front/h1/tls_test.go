package h1

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// secret is a TLS server's configuration with a key of its own.
func secret(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"h"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
}

// startTLS is startAt over TLS and loopback.
func startTLS(t *testing.T, o Options) *fake {
	t.Helper()
	return startAt(t, tls.NewListener(loopback(t), secret(t)), o)
}

// dialTLS offers protocols by ALPN.
func (f *fake) dialTLS(protos ...string) *line {
	f.Helper()
	c, err := tls.Dial("tcp", f.l.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: protos, MinVersion: tls.VersionTLS12}) //nolint:gosec // what is tested is the other side
	if err != nil {
		f.Fatal(err)
	}
	return over(f, c)
}

// HTTP/1.1 is spoken with who chose it, and with who chose nothing.
func TestTLS(t *testing.T) {
	for name, protos := range map[string][]string{"chosen": {"http/1.1"}, "nothing chosen": nil} {
		t.Run(name, func(t *testing.T) {
			type key struct{}
			f := startTLS(t, Options{
				ConnContext: func(ctx context.Context, nc net.Conn) context.Context { return context.WithValue(ctx, key{}, nc) },
				Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, plain := r.Context().Value(key{}).(*net.TCPConn); !plain || r.TLS == nil || !r.TLS.HandshakeComplete {
						t.Errorf("%T, %+v", r.Context().Value(key{}), r.TLS)
					}
					echo(w, r)
				}),
			})
			l := f.dialTLS(protos...)
			for _, body := range []string{"hello", strings.Repeat("x", 1<<20)} {
				l.say(post(body))
				l.answer().is(t, http.StatusOK, body)
			}
			l.say(post("one") + post("two"))
			l.answer().is(t, http.StatusOK, "one")
			l.answer().is(t, http.StatusOK, "two")
			l.say("nonsense\r\n")
			l.answer().is(t, http.StatusBadRequest, errRequestLine.Error())
			l.closed()
		})
	}
}

// Another protocol is somebody else's, from its first byte.
func TestOtherProtocols(t *testing.T) {
	f := startTLS(t, Options{
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }),
		Other: func(nc net.Conn) {
			defer func() { _ = nc.Close() }()
			c, ok := nc.(*tls.Conn)
			if !ok || c.ConnectionState().NegotiatedProtocol != "h2" {
				t.Errorf("%T", nc)
			}
			b := make([]byte, 3)
			if _, err := io.ReadFull(nc, b); err != nil || string(b) != "PRI" {
				t.Errorf("%q, %v", b, err)
			}
			_, _ = io.WriteString(nc, "other")
		},
	})
	l := f.dialTLS("h2", "http/1.1")
	l.say("PRI")
	if b, err := io.ReadAll(l.in); string(b) != "other" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	startTLS(t, Options{Handler: http.HandlerFunc(echo)}).dialTLS("h2").closed() // and nobody's where nobody takes it
}

// Who speaks plain HTTP where TLS is spoken is told so; others are not.
func TestPlainToTLS(t *testing.T) {
	f := startTLS(t, Options{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })})
	for _, method := range []string{"GET", "POST", "DELETE", "HEAD", "OPTIONS"} {
		l := f.dial()
		l.say(method + " / HTTP/1.1\r\nHost: h\r\n\r\n")
		a, err := http.ReadResponse(l.in, nil)
		if err != nil || a.StatusCode != http.StatusBadRequest {
			t.Fatalf("%s: %+v, %v", method, a, err)
		}
		b := make([]byte, 64) // what the end brings is not TLS's to say
		if n, _ := a.Body.Read(b); !strings.Contains(string(b[:n]), "use https") {
			t.Errorf("%s: %q", method, b[:n])
		}
	}
	l := f.dial()
	l.say("\x00\x01\x02\x03\x04\x05\x06\x07")
	if b, _ := io.ReadAll(l.in); strings.Contains(string(b), "HTTP") {
		t.Errorf("%q", b)
	}
	if !strings.Contains(f.log.String(), "a TLS handshake failed") {
		t.Errorf("nobody was told: %s", f.log)
	}
}

// A caller that leaves while its request is served is not worked for any longer.
func TestCallersThatLeave(t *testing.T) {
	entered, causes := make(chan bool), make(chan error)
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		entered <- true
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
		causes <- context.Cause(r.Context())
	})
	plain, secure := startAt(t, loopback(t), Options{Handler: h}), startTLS(t, Options{Handler: h})
	for name, dial := range map[string]func() *line{"plain": plain.dial, "TLS": func() *line { return secure.dialTLS() }} {
		for kind, text := range map[string]string{"a length": post("hello"), "chunks": posting("Transfer-Encoding: chunked", five), "no body": get("/")} {
			t.Run(name+", "+kind, func(t *testing.T) {
				l := dial()
				l.say(text)
				<-entered
				_ = l.Close()
				if err := <-causes; !errors.Is(err, errGone) {
					t.Errorf("the context's cause is %v", err)
				}
			})
		}
	}
}

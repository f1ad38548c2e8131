package config

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts files below a new directory. A name that ends in "/" is a directory, a
// "!" before a name makes the file one that others can read.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		bare := filepath.Join(dir, strings.TrimPrefix(name, "!"))
		mode := os.FileMode(0o600)
		if strings.HasPrefix(name, "!") {
			mode = 0o644
		}
		err := os.MkdirAll(filepath.Dir(bare), 0o700)
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(bare, 0o700)
		} else if err == nil {
			err = os.WriteFile(bare, []byte(text), mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func certificate(t *testing.T) string {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{}, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b}))
}

func TestCheckFiles(t *testing.T) {
	cert := certificate(t)
	broken := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))
	for name, c := range map[string]struct {
		files map[string]string
		text  string
		want  []string // DIR is where the files are
	}{
		"nothing is there yet": {nil, "clients: [{name: a}]\n", nil},
		"all is well": {
			map[string]string{"ca.pem": key + cert + cert, "!cert.pem": cert, "key.pem": key, "a.key": "k", "ring": "k", "audit.key": "k", "bodies.key": "k", "work/": "", "token": "hunter2\n"},
			"listen: {tls: {certFile: cert.pem, keyFile: key.pem}}\nclients: [{name: a, keyFile: a.key}]\nseal: {ringFile: ring, replicas: 2}\naudit: {digestKeyFile: audit.key, bodies: {keep: true, keyFile: bodies.key}}\nservers:\n  a: {command: sh, cwd: work}\n  b: {url: \"https://h/\", tls: {caFile: ca.pem}, headers: {Authorization: \"file:token\"}}\n",
			nil,
		},
		"certificates": {
			map[string]string{"none.pem": key, "broken.pem": cert + broken, "key.pem": key},
			"listen:\n  tls: {certFile: gone.pem, keyFile: key.pem}\nservers:\n  a: {url: \"https://h/\", tls: {caFile: none.pem}}\n  b: {url: \"https://h/\", tls: {caFile: broken.pem}}\n  c: {url: \"https://h/\", tls: {caFile: gone.pem}, enabled: false}\n",
			[]string{
				"listen.tls.certFile (line 2): open DIR/gone.pem: no such file or directory",
				"servers.a.tls.caFile (line 4): DIR/none.pem holds no certificate in PEM; name a file that does",
				"servers.b.tls.caFile (line 5): DIR/broken.pem holds a certificate that cannot be read; make it anew",
			},
		},
		"keys that others can read": {
			map[string]string{"!a.key": "", "!ring": "", "!audit.key": "", "!bodies.key": "", "!key.pem": "", "cert.pem": cert, "b.key/": ""},
			"listen: {tls: {certFile: cert.pem, keyFile: key.pem}}\nclients:\n  - {name: a, keyFile: a.key}\n  - {name: b, keyFile: b.key}\nseal: {ringFile: ring}\naudit:\n  digestKeyFile: audit.key\n  bodies: {keep: true, keyFile: bodies.key}\n",
			[]string{
				"listen.tls.keyFile (line 1): DIR/key.pem can be read by others (mode 0644); run chmod 600 on it",
				"clients[0].keyFile (line 3): DIR/a.key can be read by others (mode 0644); run chmod 600 on it",
				"clients[1].keyFile (line 4): DIR/b.key is not a file; name one",
				"seal.ringFile (line 5): DIR/ring can be read by others (mode 0644); run chmod 600 on it",
				"audit.digestKeyFile (line 7): DIR/audit.key can be read by others (mode 0644); run chmod 600 on it",
				"audit.bodies.keyFile (line 8): DIR/bodies.key can be read by others (mode 0644); run chmod 600 on it",
			},
		},
		"a ring that nobody makes": {
			nil, "seal: {ringFile: ring, replicas: 2}\n",
			[]string{"seal.ringFile (line 1): stat DIR/ring: no such file or directory"},
		},
		"commands": {
			map[string]string{"work/plain": "", "file": ""},
			"servers:\n  a: {command: no-such-command}\n  b: {command: ./plain, cwd: work}\n  c: {command: sh, cwd: file}\n  d: {command: sh, cwd: gone}\n  e: {command: sh, env: {PATH: /gone}}\n  f: {command: no-such-command, enabled: false}\n",
			[]string{
				`servers.a.command (line 2): "no-such-command" was not found, or may not be run; install it, or write its whole path`,
				`servers.b.command (line 3): "./plain" was not found, or may not be run; install it, or write its whole path`,
				"servers.c.cwd (line 4): DIR/file is not a directory; name one",
				"servers.d.cwd (line 5): stat DIR/gone: no such file or directory",
				`servers.e.command (line 6): "sh" was not found, or may not be run; install it, or write its whole path`,
			},
		},
		"secrets": {
			map[string]string{"two": "hunter2\nX: hunter2\n", "nul": "hunter2\x00", "!open": "hunter2", "large": strings.Repeat("hunter2", maxSecret), "fine": "hunter2\r\n"},
			"servers:\n  a:\n    url: https://h/\n    headers:\n      A: file:two\n      B: file:nul\n      C: file:open\n      D: file:gone\n      E: file:large\n      F: file:fine\n  b: {command: sh, env: {A: \"file:two\", B: \"file:nul\"}}\ntelemetry: {traces: {endpoint: \"https://c/v1\", headers: {A: \"file:gone\"}}}\n",
			[]string{
				"servers.a.headers.A (line 5): DIR/two holds a line break, a NUL or another control character; a header's value is one line",
				"servers.a.headers.B (line 6): DIR/nul holds a NUL; name a file of text",
				"servers.a.headers.C (line 7): DIR/open can be read by others (mode 0644); run chmod 600 on it",
				"servers.a.headers.D (line 8): stat DIR/gone: no such file or directory",
				"servers.a.headers.E (line 9): DIR/large is larger than 65536 bytes; name the file of one credential",
				"servers.b.env.B (line 11): DIR/nul holds a NUL; name a file of text",
				"telemetry.traces.headers.A (line 12): stat DIR/gone: no such file or directory",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("MANTLET_STATE", t.TempDir())
			dir := write(t, c.files)
			cfg, err := Parse(dir, []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.ReplaceAll(cfg.CheckFiles().Error(), dir, "DIR")
			if want := strings.Join(c.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if strings.Contains(got, "hunter2") {
				t.Error("a secret is repeated")
			}
		})
	}
}

func TestRedacted(t *testing.T) {
	t.Setenv("MANTLET_STATE", "/state")
	c, err := Parse("/etc/mantlet", []byte(`
telemetry: {traces: {endpoint: "https://c/v1?key=hunter2", headers: {X-Two: hunter2, Authorization: "file:token2"}}}
servers:
  a: {url: "https://h/mcp?key=hunter2", headers: {X-One: hunter2, Authorization: "file:token"}}
  b: {command: npx, args: [-y, "--api-key=hunter2", --token, hunter2, --token, -hunter2, --header, "Authorization: Bearer hunter2", "postgres://u:hunter2@db/x", plain], env: {A: hunter2, B: "file:b", C: ""}}
`))
	if err != nil {
		t.Fatal(err)
	}
	c.AddServer("c", &Server{URL: "https://u:hunter2@h/", Proxy: "http://u:hunter2@p:1"})
	c.AddServer("d", &Server{URL: "https://u:hunter2@h/%zz"})
	b, err := c.Redacted()
	if err != nil {
		t.Fatal(err)
	}
	got := string(b)
	if strings.Contains(got, "hunter2") {
		t.Errorf("a secret is shown:\n%s", got)
	}
	for _, want := range []string{
		`Authorization: "file:/etc/mantlet/token"`, `B: "file:/etc/mantlet/b"`, `X-One: "[redacted]"`, `X-Two: "[redacted]"`, `Authorization: "file:/etc/mantlet/token2"`, `C: "[redacted]"`, "- plain", `- "--token"`,
		"https://redacted@h/", "http://redacted@p:1", "ringFile: /state/seal.ring",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
	if c.Servers["a"].Headers["X-One"] != "hunter2" || c.Servers["b"].Args[1] != "--api-key=hunter2" {
		t.Error("the configuration itself was changed")
	}
}

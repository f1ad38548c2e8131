package config

import (
	"net"
	"net/netip"
	"path/filepath"
)

// Listen is where callers come in.
type Listen struct {
	// Address is host:port. Anything but a loopback address needs TLS or
	// TrustedProxies. Default: 127.0.0.1:7332.
	Address string `yaml:"address"`
	// Socket is the unix socket for `mantlet wrap`, whose callers the kernel names.
	// Default: mantlet.sock below state.
	Socket string `yaml:"socket"`
	// Commands lets programs of the user who runs Mantlet bring a server of their own
	// over the socket: `mantlet wrap -- CMD`. Default: true for `mantlet up`, else false.
	Commands *bool `yaml:"commands"`
	// BodyTimeout is how long the body of a request may take to arrive. Default: 30s.
	BodyTimeout Duration `yaml:"bodyTimeout"`
	// WriteTimeout is how long a caller may take to accept one message. Default: 30s.
	WriteTimeout Duration `yaml:"writeTimeout"`
	// TLS serves HTTPS: 1.3, and 1.2 with authenticated encryption. The files are
	// read again when they change.
	TLS ListenTLS `yaml:"tls"`
	// AllowedHosts are Host names served beside the address's own, as host or
	// host:port, each by its name. Default: none.
	AllowedHosts []string `yaml:"allowedHosts"`
	// AllowedOrigins are web origins whose pages may call, such as
	// "https://app.example". Default: none.
	AllowedOrigins []string `yaml:"allowedOrigins"`
	// TrustedProxies are the networks of the proxies in front, whose
	// X-Forwarded-For is believed: networks of at least /8 for IPv4 and /16 for IPv6.
	// Default: none.
	TrustedProxies []string `yaml:"trustedProxies"`
}

// ListenTLS are the files of the listener's certificate.
type ListenTLS struct {
	// CertFile is PEM: the certificate and what is between it and its authority.
	CertFile string `yaml:"certFile"`
	// KeyFile is PEM, mode 0600.
	KeyFile string `yaml:"keyFile"`
}

func (l *Listen) fill(state string) {
	or(&l.Address, "127.0.0.1:7332")
	or(&l.Socket, filepath.Join(state, "mantlet.sock"))
	or(&l.BodyTimeout, Duration(30*second))
	or(&l.WriteTimeout, Duration(30*second))
}

// loopback reports whether an address is one that only this machine reaches.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Proxies are the trusted networks, checked before.
func (l Listen) Proxies() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range l.TrustedProxies {
		if prefix, err := netip.ParsePrefix(p); err == nil {
			out = append(out, prefix)
		}
	}
	return out
}

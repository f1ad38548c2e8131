package config

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Telemetry is what leaves Mantlet for operators' own systems.
type Telemetry struct {
	// Traces are OpenTelemetry spans. Default: none.
	Traces Traces `yaml:"traces"`
}

// Traces says where spans go.
type Traces struct {
	// Endpoint is the whole URL of a collector that takes OTLP over HTTP, such as
	// https://collector.example/v1/traces. Default: none; nothing is traced.
	Endpoint string `yaml:"endpoint"`
	// Headers are sent with every batch. A value "file:PATH" is the content of a file
	// of mode 0600; the name of a credential needs one.
	Headers map[string]string `yaml:"headers"`
	// Sample is the part of the calls that is traced, 0 to 1, by dice of Mantlet's
	// own: what a caller's traceparent says of sampling is not asked. Default: 1.
	Sample *Ratio `yaml:"sample"`
	// InsecurePlainHTTP lets spans go to another machine in the clear. Default: false.
	InsecurePlainHTTP bool `yaml:"insecurePlainHTTP"`
}

// A Ratio is a part of a whole, 0 to 1.
type Ratio float64

// UnmarshalYAML reads a ratio.
func (r *Ratio) UnmarshalYAML(b []byte) error {
	text := strings.TrimSpace(string(b))
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0 && v <= 1) || strings.ContainsAny(text, "_xXpP") { // not v < 0: NaN is neither
		return fmt.Errorf("%q is not a part of a whole; write it like 0.25, at most 1", text)
	}
	*r = Ratio(v)
	return nil
}

// MarshalYAML writes the ratio as Go does.
func (r Ratio) MarshalYAML() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(r), 'f', -1, 64), nil
}

func (t *Telemetry) fill(c *Config) {
	if t.Traces.Sample == nil {
		all := Ratio(1)
		t.Traces.Sample = &all
	}
	for name, value := range t.Traces.Headers {
		if path, ok := strings.CutPrefix(value, "file:"); ok {
			t.Traces.Headers[name] = "file:" + c.abs(path)
		}
	}
}

func (c *checker) telemetry(t Traces) {
	const at = "telemetry.traces"
	c.headers(at+".headers", t.Headers)
	if t.Endpoint == "" {
		if (len(t.Headers) > 0 || t.InsecurePlainHTTP || *t.Sample != 1) && c.sure(at+".endpoint") {
			c.add(at+".endpoint", "is missing; name the collector, or take the rest out")
		}
		return
	}
	u, err := url.Parse(t.Endpoint) // not repeated: it may hold a password
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.Fragment != "":
		c.add(at+".endpoint", "is not an http or https URL; write it like https://collector.example/v1/traces")
	case u.User != nil:
		c.add(at+".endpoint", "holds a user or password; put the credential into headers, as file:PATH")
	case strings.Trim(u.Path, "/") == "":
		c.add(at+".endpoint", "has no path and is used as it stands; most collectors take traces at /v1/traces")
	case u.Scheme == "http" && !loopback(u.Hostname()+":80") && !loopback("["+u.Hostname()+"]:80") && !t.InsecurePlainHTTP && c.sure(at+".insecurePlainHTTP"):
		c.add(at+".endpoint", "goes to another machine in the clear; use https, or set insecurePlainHTTP")
	}
}

// String says where spans go, for people: without what may be a secret.
func (t Traces) String() string {
	if t.Endpoint == "" {
		return "traces: none"
	}
	return fmt.Sprintf("traces: %g%% of calls to %s", float64(*t.Sample)*100, redactURL(t.Endpoint))
}

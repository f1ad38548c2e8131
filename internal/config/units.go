package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const second = time.Second

// A Size is a number of bytes, written as 4MiB, 512KiB or 1000.
type Size int

var units = []struct {
	name string
	size int
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

// UnmarshalYAML reads a size. It must be positive.
func (s *Size) UnmarshalYAML(b []byte) error {
	text := strings.Trim(strings.TrimSpace(string(b)), `"'`)
	for _, u := range units {
		if digits, ok := strings.CutSuffix(text, u.name); ok {
			n, err := strconv.Atoi(strings.TrimSpace(digits))
			if err != nil || n <= 0 || n > (1<<40)/u.size {
				break
			}
			*s = Size(n * u.size)
			return nil
		}
	}
	return fmt.Errorf("%q is not a size; write it like 4MiB or 512KiB", text)
}

// MarshalYAML writes the size in bytes.
func (s Size) MarshalYAML() ([]byte, error) { return fmt.Appendf(nil, "%d", int(s)), nil }

// A Duration is a time span, written as 30s, 5m or 24h.
type Duration time.Duration

// UnmarshalYAML reads a duration. It must be positive.
func (d *Duration) UnmarshalYAML(b []byte) error {
	text := strings.Trim(strings.TrimSpace(string(b)), `"'`)
	v, err := time.ParseDuration(text)
	if err != nil || v <= 0 {
		return fmt.Errorf("%q is not a time span; write it like 30s, 5m or 24h", text)
	}
	*d = Duration(v)
	return nil
}

// MarshalYAML writes the duration as Go does.
func (d Duration) MarshalYAML() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

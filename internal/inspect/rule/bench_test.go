package rule

import (
	"fmt"
	"strings"
	"testing"
)

// kilobyte is an honest description of 1 KB.
var kilobyte = strings.Repeat("Searches the index for documents that match the query, and returns their titles, links and dates. Use `limit` to have fewer. ", 9)[:1024]

func BenchmarkScan1KB(b *testing.B) {
	e := New()
	d := describe(kilobyte)
	b.SetBytes(1024)
	b.ReportAllocs()
	for b.Loop() {
		e.Scan(d)
	}
}

// The cost of a text a thousand times as long: it should be a thousand times as much.
func BenchmarkScan1MB(b *testing.B) {
	e := New()
	for name, text := range map[string]string{
		"prose": strings.Repeat(kilobyte, 1024), "angles": strings.Repeat("<", 1<<20), "orders": strings.Repeat(order+" ", 1<<15),
		"letters": strings.Repeat("a ", 1<<19), "signals": strings.Repeat("whenever must set to 'a' ", 1<<16),
		"sentences": strings.Repeat("a. ", 1<<18), "marks": strings.Repeat("\u0301", 1<<19), "base64": strings.Repeat("QUJD", 1<<18),
	} {
		d := describe(text)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				e.Scan(d)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New()
	}
}

// A hundred definitions as a scan meets them, from the compiling of the rules on.
func BenchmarkHundredWithStart(b *testing.B) {
	raw := fmt.Appendf(nil, `{"name":"search","description":%q,"inputSchema":{"type":"object","properties":{"query":{"type":"string","description":"what to look for"},"limit":{"type":"integer","default":"10"}}}}`, kilobyte)
	for b.Loop() {
		e := New()
		for range 100 {
			d, err := Read("s", "tool", raw)
			if err != nil {
				b.Fatal(err)
			}
			e.Scan(d)
		}
	}
}

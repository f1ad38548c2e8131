package protocol_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/protocol"
)

// FuzzCheck holds that no document ends the process, and that few faults are told.
func FuzzCheck(f *testing.F) {
	for _, s := range samples {
		f.Add(uint8(s.part), s.method, s.value)
	}
	for _, s := range []string{"", "{", `{"content":[`, `{"content":[{"type`, `[`, `"`, `{"a"`, `{"content":[{"type":"text"`} {
		f.Add(uint8(protocol.Result), "tools/call", s)
	}
	f.Fuzz(func(t *testing.T, part uint8, method, value string) {
		if n := len(protocol.Check(protocol.Part(part), method, part%2 == 0, []byte(value))); n > 5 {
			t.Fatal(n)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	for _, kb := range []int{1, 10, 100} {
		value := []byte(`{"content":[` + strings.TrimSuffix(strings.Repeat(`{"type":"text","text":"`+strings.Repeat("x", 256)+`"},`, kb*4), ",") + `]}`)
		b.Run(strconv.Itoa(kb)+"KB", func(b *testing.B) {
			b.SetBytes(int64(len(value)))
			b.ReportAllocs()
			for b.Loop() {
				protocol.Check(protocol.Result, "tools/call", true, value)
			}
		})
	}
}

package model_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/internal/inspect/model/feature"
)

// hostile are texts of n bytes that aim at each part of the reading.
func hostile(n int) map[string]string {
	out := map[string]string{"clean": fill("Searches the index for documents that match the query, and returns their titles. ", n)}
	for name, unit := range map[string]string{
		"orders": order + " ", "letters": "a ", "spaces": " ", "zero width": "\u200b", "marks": "e\u0301", "angles": "<|", "slashes": "/a",
		"percent": "%69", "entities": "&#105;", "ampersands": "&", "backslashes": "\\u0069", "ideographs": "忽略", "capitals": "AbCd", "paths": "(/a", "links": "x://",
		"rot13": "vtaber ", "backwards": "erongi ", "digits": "1gn0r3 ", "base64": base64.StdEncoding.EncodeToString([]byte(order[:len(order)/3*3])) + " ",
		"one run": "QUJD", "hex": "69676e6f726520616c6c2070726576696f7573 ", "kinds": "ignore previous instructions system user password send tool ", "no UTF-8": "\xff\xfe", "lines": "\n", "stops": ". ",
	} {
		out[name] = fill(unit, n)
	}
	return out
}

func fill(unit string, n int) string { return strings.Repeat(unit, n/len(unit)+1)[:n] }

// work counts what a scanner gives for a text: its features and its blocks.
type work struct{ blocks, features int }

// Block implements feature.Sink.
func (w *work) Block(b *feature.Block) {
	w.blocks++
	w.features += len(b.Words) + len(b.Chars) + len(b.Shapes)
}

// The work is in proportion to the text, whatever stands in it: the features of a text of n
// bytes are at most so many for each byte, and twice the text gives about twice the work.
func TestWorkIsLinear(t *testing.T) {
	const perByte = 60 // of all views: six readings at most, each with ten features a byte at most
	for _, n := range []int{1 << 10, 1 << 14, 1 << 17} {
		for name, text := range hostile(n) {
			var one, two work
			var s feature.Scanner
			s.Scan([]byte(text), &one)
			s.Scan([]byte(text+text), &two)
			if one.features > perByte*n+1000 {
				t.Errorf("%s: %d features in %d bytes", name, one.features, n)
			}
			if two.features > 3*one.features+2000 || two.blocks > 3*one.blocks+20 {
				t.Errorf("%s: twice %d bytes take %d features, once %d", name, n, two.features, one.features)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, text := range hostile(512) {
		f.Add([]byte(text))
	}
	m := load(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, d := range []model.Detector{m.Definitions(), m.Data()} {
			for _, h := range d.Find(nil, text) {
				if h.Start < 0 || h.End > len(text) || h.Start > h.End || h.Severity > finding.High {
					t.Fatalf("%+v in %d bytes", h, len(text))
				}
			}
		}
		var w work
		var s feature.Scanner
		s.Scan(text, &w)
		if w.features > 60*len(text)+1000 {
			t.Fatalf("%d features in %d bytes", w.features, len(text))
		}
	})
}

func BenchmarkFind(b *testing.B) {
	m := load(b)
	d := m.Data()
	for size, n := range map[string]int{"1KB": 1 << 10, "10KB": 10 << 10, "100KB": 100 << 10, "1MB": 1 << 20} {
		texts := hostile(n)
		for _, name := range []string{"clean", "orders", "rot13", "base64", "entities", "kinds", "marks", "ideographs", "digits"} {
			b.Run(name+"/"+size, func(b *testing.B) {
				text := []byte(texts[name])
				dst := make([]finding.Hit, 0, 4)
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					dst = d.Find(dst[:0], text)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(text)), "ns/byte")
			})
		}
	}
}

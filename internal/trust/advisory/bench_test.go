package advisory_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
)

// many is n records as they come: 2 KiB of details, 40 versions listed, most in a range.
func many(b *testing.B, n int) string {
	b.Helper()
	files := make(map[string]string, n)
	details := strings.Repeat("A text that nobody keeps. ", 80)
	ecosystems := []string{"npm", "PyPI", "Maven", "Go"}
	for i := range n {
		versions := make([]string, 40)
		for j := range versions {
			versions[j] = fmt.Sprintf(`"1.%d.%d"`, j/5, j%5)
		}
		id := fmt.Sprintf("GHSA-%05d", i)
		text := record(id, ecosystems[i%4], fmt.Sprintf("package-%d", i/2), ranges("ECOSYSTEM", `{"introduced":"0"},{"fixed":"1.6.0"}`)+`,"versions":[`+strings.Join(versions, ",")+`]`)
		files[id+".json"] = strings.Replace(text, `"long"`, fmt.Sprintf("%q", details), 1)
	}
	return zipped(b, files)
}

func BenchmarkOpen30000(b *testing.B) {
	path := many(b, 30_000)
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := advisory.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-kept")
		b.ReportMetric(float64(after.Sys)/(1<<20), "MiB-of-OS")
		runtime.KeepAlive(d)
	}
}

func BenchmarkJudge200(b *testing.B) {
	d, err := advisory.Open(many(b, 30_000))
	if err != nil {
		b.Fatal(err)
	}
	components := make([]advisory.Component, 200)
	for i := range components {
		components[i] = advisory.Component{Ecosystem: "npm", Name: fmt.Sprintf("package-%d", i*2), Version: "1.9.0"}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if v := (advisory.Gate{}).Judge(d, components, now); v.Outcome != advisory.Satisfied {
			b.Fatal(v.Reasons)
		}
	}
}

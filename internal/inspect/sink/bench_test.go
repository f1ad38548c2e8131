package sink_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

const toolOfFive = `{"name":"create_issue","description":"Creates an issue in a repository.","inputSchema":{"type":"object","properties":{
 "owner":{"type":"string"},"repo":{"type":"string"},"title":{"type":"string"},"body":{"type":"string"},"url":{"type":"string","format":"uri"},"path":{"type":"string"},"limit":{"type":"integer"}}}}`

const callOfFive = `{"owner":"mantlet-mcp","repo":"mantlet","title":"It's slow (again), see #42","body":"When I run it; it is slow.\nSee <b>this</b> & that.","url":"https://example.com/a?b=c&d=e","path":"src/main/a.go","limit":10}`

// The small call of every day, and texts of 1, 10 and 100 KB in each class.
func BenchmarkCheck(b *testing.B) {
	p, err := sink.New("create_issue", []byte(toolOfFive), sink.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("small", func(b *testing.B) {
		b.ReportAllocs()
		call := []byte(callOfFive)
		for b.Loop() {
			if hits := p.Check(call); hits != nil {
				b.Fatal(hits)
			}
		}
	})
	for _, c := range []struct {
		name, line string
		kind       sink.Kind
	}{
		{"text", "a line of plain text, as most are; ", sink.Text},
		{"unknown", "a line of plain text, as most are; ", 0},
		{"identifier-hostile", "a';{{7*7}}%2e%2e/$(id)", sink.Identifier},
		{"path", "some/directory/", sink.Path},
		{"path-hostile", "..%252f%c0%ae.\\", sink.Path},
		{"url-hostile", "http://a@127.1/?a=http%3a//[::1]&", sink.URL},
		{"sql", "SELECT a, b FROM t WHERE c = 'it' AND d > 3 -- x\nUNION ", sink.SQLRead},
		{"sql-hostile", "/*/*'$a$[\"`;-- ", sink.SQLRead},
		{"shell", "echo a | grep 'b' && ls -l; ", sink.Shell},
		{"shell-hostile", "$((${`", sink.Shell},
		{"regex-hostile", "((a+[b", sink.Regex},
		{"code", "def f(x):\n    return x + 1\n", sink.Code},
		{"mail-hostile", "a@b,<c@d ", sink.Mail},
	} {
		p := planOf(b, "x", "", sink.Options{Kinds: map[string]sink.Kind{"v": c.kind}}, "v")
		for _, kb := range []int{1, 10, 100} {
			call := arguments(b, "v", strings.Repeat(c.line, kb*1024/len(c.line)))
			b.Run(c.name+"/"+strconv.Itoa(kb)+"KB", func(b *testing.B) {
				b.SetBytes(int64(len(call)))
				b.ReportAllocs()
				for b.Loop() {
					p.Check(call)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(call)), "ns/byte")
			})
		}
	}
}

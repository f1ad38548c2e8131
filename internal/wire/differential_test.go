package wire

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each parser prints, for one document, its structure, member names and strings:
// o{ name value ... } a[ value ... ] s"string as base64" n number as text, t f z.
const pyDump = `
import sys,json,base64
class N(str): pass
def q(s): return base64.b64encode(s.encode('utf-16-le','surrogatepass')).decode()
def d(v):
    if isinstance(v,dict): return 'o{'+''.join(q(k)+' '+d(x)+' ' for k,x in sorted(v.items(),key=lambda i:q(i[0])))+'}'
    if isinstance(v,list): return 'a['+''.join(d(x)+' ' for x in v)+']'
    if isinstance(v,N): return 'n'+v
    if isinstance(v,str): return 's'+q(v)
    return 'z' if v is None else 't' if v else 'f'
sys.setrecursionlimit(100000)
for line in sys.stdin:
    try: out=d(json.loads(base64.b64decode(line).decode('utf-8'),parse_int=N,parse_float=N,parse_constant=None))
    except Exception as e: out='error '+type(e).__name__
    print(out,flush=True)
`

const jsDump = `
const q=s=>Buffer.from(s,'utf16le').toString('base64');
const N=class{constructor(t){this.t=t}};
const d=v=>v===null?'z':v===true?'t':v===false?'f':v instanceof N?'n'+v.t:typeof v==='string'?'s'+q(v):
 Array.isArray(v)?'a['+v.map(x=>d(x)+' ').join('')+']':
 'o{'+Object.keys(v).map(k=>[q(k),v[k]]).sort((a,b)=>a[0]<b[0]?-1:1).map(([k,x])=>k+' '+d(x)+' ').join('')+'}';
require('readline').createInterface({input:process.stdin}).on('line',l=>{
 let out;try{out=d(JSON.parse(Buffer.from(l,'base64').toString('utf8'),(k,v,c)=>typeof v==='number'?new N(c.source):v))}catch(e){out='error '+e.name}
 console.log(out)});
`

// A parser is another language's, in a process of its own.
type parser struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func spawn(t *testing.T, command string, args ...string) *parser {
	t.Helper()
	path, err := exec.LookPath(command)
	if err != nil {
		t.Skipf("%s is not here, so its parser cannot be compared", command)
	}
	cmd := exec.Command(path, args...) //nolint:gosec,noctx // a test's own peer, ended by its stdin
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	return &parser{in, bufio.NewReaderSize(out, 1<<20)}
}

func (p *parser) dump(t *testing.T, b []byte) string {
	t.Helper()
	if _, err := io.WriteString(p.in, base64.StdEncoding.EncodeToString(b)+"\n"); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// goDump is the same of Go's own parser.
func goDump(b []byte) string {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "error"
	}
	return dumpValue(v)
}

func utf16le(s string) string {
	var out []byte
	for _, r := range s {
		if r > 0xffff {
			r -= 0x10000
			hi, lo := 0xd800+(r>>10), 0xdc00+(r&0x3ff)
			out = append(out, byte(hi), byte(hi>>8), byte(lo), byte(lo>>8))
			continue
		}
		out = append(out, byte(r), byte(r>>8))
	}
	return base64.StdEncoding.EncodeToString(out)
}

func dumpValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "z"
	case bool:
		return map[bool]string{true: "t", false: "f"}[v]
	case json.Number:
		return "n" + v.String()
	case string:
		return "s" + utf16le(v)
	case []any:
		out := "a["
		for _, x := range v {
			out += dumpValue(x) + " "
		}
		return out + "]"
	case map[string]any:
		var members []string
		for k, x := range v {
			members = append(members, utf16le(k)+" "+dumpValue(x)+" ")
		}
		slices.Sort(members)
		return "o{" + strings.Join(members, "") + "}"
	}
	return "?"
}

// ownDump is what Mantlet itself saw: the walk over the message.
func ownDump(m *Message, s Span) string {
	switch c := m.raw[s.Start]; c {
	case '{':
		var all []string
		for name, v := range m.Members(s) {
			all = append(all, utf16le(name)+" "+ownDump(m, v)+" ")
		}
		slices.Sort(all)
		return "o{" + strings.Join(all, "") + "}"
	case '[':
		out := "a["
		for v := range m.Elements(s) {
			out += ownDump(m, v) + " "
		}
		return out + "]"
	case '"':
		text, _ := m.String(s)
		return "s" + utf16le(text)
	case 't', 'f':
		return string(c)
	case 'n':
		return "z"
	}
	return "n" + string(m.At(s))
}

// What is accepted has one meaning: Go's, Node's and Python's parsers see the same
// structure, names, strings and numbers as Mantlet, so that nothing downstream can
// be told another story.
func TestParsersAgree(t *testing.T) {
	node := os.Getenv("MANTLET_NODE")
	if _, err := os.Stat(node); err != nil {
		node = "node"
	}
	py, js := spawn(t, "python3", "-c", pyDump), spawn(t, node, "-e", jsDump)
	if js.dump(t, []byte(`1`)) != "n1" {
		t.Skip("this Node's JSON.parse does not show the text of numbers; Node 22 does")
	}
	accepted := 0
	for name, doc := range documents(t) {
		text := []byte(`{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"v":` + doc + `}}`)
		m, err := Decode(bytes.Clone(text), limits)
		if err != nil {
			if strings.HasPrefix(name, "y_") && !strings.Contains(name, "duplicated") && !strings.Contains(name, "nested") {
				t.Errorf("%s is refused: %v", name, err)
			}
			continue
		}
		if strings.HasPrefix(name, "n_") {
			t.Errorf("%s is accepted", name)
		}
		accepted++
		want := ownDump(m, m.top)
		for lang, got := range map[string]string{"Go": goDump(text), "Node": js.dump(t, text), "Python": py.dump(t, text)} {
			if got != want {
				t.Errorf("%s: %s reads %s, Mantlet %s", name, lang, got, want)
			}
		}
	}
	t.Logf("%d accepted documents read alike by Go, Node and Python", accepted)
	if accepted < 20 {
		t.Errorf("only %d documents were compared", accepted)
	}
}

func documents(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{
		"y_escapes": `"\u0041\n\/\"\\\ud83d\ude00"`, "y_big": `12345678901234567890`, "y_exp": `[1E+2,1.0,-0,-0.0,1e-7,0.1]`,
		"y_keys": `{"":1,"a":{"__proto__":2},"constructor":3,"\u0000":4,"é":5,"` + "\u2028" + `":6}`, "y_order": `{"b":1,"a":2,"10":3,"9":4}`,
		"y_unicode": `"` + "\U0001f600\u00e9\ufeff\u202e" + `"`, "y_space": " [ 1 , \t2\r\n] ", "n_nan": `NaN`, "n_inf": `Infinity`, "n_hex": `0x1`,
		"n_comment": `1/*c*/`, "n_single": `'a'`, "n_trailing": `[1,]`, "n_leading": `01`, "n_plus": `+1`, "n_dot": `.5`, "n_control": "\"\x01\"", "n_dup": `{"a":1,"a":2}`,
		"y_deep": strings.Repeat("[", 60) + strings.Repeat("]", 60), "y_empty": `{}`, "y_literals": `[true,false,null]`,
	}
	for i := range 30 {
		docs[fmt.Sprintf("y_string_%d", i)] = string(Quote(strings.Repeat(string(rune(0x20+i*977)), 3)))
	}
	root := os.Getenv("MANTLET_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	files, _ := filepath.Glob(filepath.Join(root, "protocol", "json-test-suite", "*.json"))
	more, _ := filepath.Glob(filepath.Join(root, "protocol", "json-test-suite", "*", "*.json"))
	if files = append(files, more...); len(files) == 0 {
		t.Logf("JSONTestSuite is not below %s; only the documents of this file are compared", root)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		docs[filepath.Base(f)] = string(b)
	}
	return docs
}

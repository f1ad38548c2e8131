package sink

import (
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

var callSet = literal.New([]string{"os.system(", "os.popen(", "subprocess.", "child_process", "execsync(", "spawnsync(", "eval(", "exec(", "__import__(", "getruntime(", "processbuilder", "pty.spawn", "socket.socket(", "ctypes.", "shell_exec(", "passthru(", "proc_open(", "system(", "marshal.loads(", "pickle.loads(", "shutil.rmtree(", "fs.unlink", "os.remove(", "process.env", "os.environ"}, true)

// calls notes code that leaves the language that it is written in.
func (k *look) calls(text []byte) {
	var buf [8]literal.Match
	k.steps += len(text)
	if !callSet.Any(text) {
		return
	}
	for _, m := range callSet.Scan(buf[:0], text[:min(len(text), 64<<10)]) {
		k.say(codeCall, finding.Low, m.End-callSet.Len(m.Word), m.End)
		return
	}
}

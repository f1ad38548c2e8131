// The eval command measures every detector: recall, false alarms, precision, latency, by
// source, and what is left after the text was disguised. It writes docs/detection.md and
// fails where a figure is below its floor.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/test/fit"
)

func main() {
	write := flag.String("write", filepath.Join("docs", "detection.md"), "the file that the tables are written to")
	floors := flag.String("floors", filepath.Join("test", "eval", "floors.json"), "the file of floors and limits")
	reset := flag.Bool("reset", false, "write the floors anew, a little below what is measured")
	flag.Parse()
	if err := run(*write, *floors, *reset); err != nil {
		fmt.Fprintln(os.Stderr, "eval:", err)
		os.Exit(1)
	}
}

func run(write, floors string, reset bool) error {
	s, err := fit.ReadSets()
	if err != nil {
		return err
	}
	m, err := model.Load()
	if err != nil {
		return err
	}
	r := measure(s, m)
	r.leave(s)
	text := heading + r.summary() + r.text.String()
	fmt.Print(text)
	if err := os.WriteFile(write, []byte(text), 0o644); err != nil {
		return err
	}
	if reset {
		return resetFloors(floors, r.figures)
	}
	return checkFloors(floors, r.figures, true)
}

const heading = `# What detection finds, and what it does not

Written by ` + "`make eval`" + `; not edited by hand. Detection is a layer. It does not stop prompt injection: pins, policy, flow
and the sandbox carry what is promised. What stands here was measured on texts that training did not see, as each row says;
attacks that are made from templates were written by the same people as those of training, so that figures on other
people's attacks (left-out sources, mcpproxy-go) say more. docs/model-card.md says what the model is.

"Shown" is a score at which a hit is reported and becomes a fact for policy; "stopped" is high or above. "At 1 %" is recall
where that share of honest documents is flagged; for definitions in the registry where it is highest. Precision is what an
operator would meet if one document in 1,000 were an attack.
`

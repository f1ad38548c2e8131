// The model command trains the weights that internal/inspect/model compiles in; see
// docs/model-card.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/test/fit"
)

func main() {
	out := flag.String("out", filepath.Join("internal", "inspect", "model"), "the directory for weights.bin and weights.json")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "model:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	start := time.Now()
	sets, err := fit.ReadSets()
	if err != nil {
		return err
	}
	weights, scales := sets.Both(fit.Whole())
	bin, text, err := model.Write(weights, scales)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "weights.bin"), bin, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "weights.json"), text, 0o644); err != nil {
		return err
	}
	fmt.Printf("model: %d bytes of weights in %s, %s\n", len(bin), out, time.Since(start).Round(time.Second))
	return nil
}

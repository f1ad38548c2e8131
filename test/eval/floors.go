package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// A floor is what a figure may not fall below, or not rise above; percent.
type floor struct {
	Least *float64 `json:"least,omitempty"`
	Most  *float64 `json:"most,omitempty"`
}

// checkFloors holds figures against the file. Figures of left-out sources are there only
// after a full run.
func checkFloors(file string, figures map[string]float64, full bool) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var floors map[string]floor
	if err := json.Unmarshal(raw, &floors); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var bad []string
	for _, name := range slices.Sorted(maps.Keys(floors)) {
		if strings.HasPrefix(name, "leave ") && !full {
			continue
		}
		f := floors[name]
		x, ok := figures[name]
		switch {
		case !ok:
			bad = append(bad, name+" was not measured")
		case f.Least != nil && x < *f.Least:
			bad = append(bad, fmt.Sprintf("%s is %.2f, the floor is %.2f", name, x, *f.Least))
		case f.Most != nil && x > *f.Most:
			bad = append(bad, fmt.Sprintf("%s is %.2f, the limit is %.2f", name, x, *f.Most))
		}
	}
	if bad != nil {
		return fmt.Errorf("%d figures have fallen:\n  %s", len(bad), strings.Join(bad, "\n  "))
	}
	return nil
}

// resetFloors writes floors that hold what was measured, with a margin for another machine's
// rounding and for small changes that are no loss: 3 points and a tenth of what is missed.
func resetFloors(file string, figures map[string]float64) error {
	floors := make(map[string]floor)
	for name, x := range figures {
		if honest(name) {
			most := x + max(0.3, x/4)
			floors[name] = floor{Most: round(most)}
		} else if x > 5 {
			floors[name] = floor{Least: round(x - 3 - (100-x)/10)}
		}
	}
	raw, err := json.MarshalIndent(floors, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}

func round(x float64) *float64 {
	x = float64(int(max(0, x)*100)) / 100
	return &x
}

// honest reports whether a figure counts false alarms.
func honest(name string) bool {
	for _, s := range []string{
		"| tools_", "| honest |", "| over-defence", "| security documentation", "| honest prompts", "| piarena |", "| bipia |", "| docs_repo_chunks",
		"| args_benign |", "| pii_presidio_synth |",
	} {
		if strings.Contains(name, s) && !strings.Contains(name, "| attack |") {
			return true
		}
	}
	return false
}

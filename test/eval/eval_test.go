package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/test/corpus"
	"github.com/mantlet-mcp/mantlet/test/fit"
)

// The weights that are compiled in reach their floors. Trainings without a source are left to
// make eval.
func TestFiguresHold(t *testing.T) {
	s, err := fit.ReadSets()
	if errors.Is(err, corpus.ErrAbsent) {
		t.Skipf("SKIPPED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := measure(s, m)
	t.Log(r.summary() + r.text.String())
	for _, x := range targets {
		if _, ok := r.figures[x.of]; !ok {
			t.Errorf("the target %q names no figure", x.what)
		}
	}
	if err := checkFloors("floors.json", r.figures, false); err != nil {
		t.Error(err)
	}
}

// A figure below its floor, over its limit or missing is an error.
func TestFloorsAreFelt(t *testing.T) {
	figures := map[string]float64{"m | data | attack | 1%": 80, "m | data | over-defence | 1%": 4}
	file := t.TempDir() + "/floors.json"
	if err := resetFloors(file, figures); err != nil {
		t.Fatal(err)
	}
	if err := checkFloors(file, figures, true); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]float64{"m | data | attack | 1%": 70, "m | data | over-defence | 1%": 6} {
		kept := figures[name]
		figures[name] = x
		if err := checkFloors(file, figures, true); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s = %v: %v", name, x, err)
		}
		figures[name] = kept
	}
	if err := checkFloors(file, nil, true); err == nil {
		t.Error("figures that are missing pass")
	}
}

func TestFigures(t *testing.T) {
	honest, attack := []float64{0, 1, 2, 3}, []float64{2.5, 4}
	if got := auc(honest, attack); got != 0.875 {
		t.Errorf("auc is %v", got)
	}
	if got := above(attack, threshold(honest, 0.25)); got != 0.5+0.5 {
		t.Errorf("recall where one of four honest ones is flagged is %v", got)
	}
	if got := above(honest, threshold(honest, 0)); got != 0 {
		t.Errorf("no false alarm allowed, %v flagged", got)
	}
	if got := precision(1, 0.001); got < 0.49 || got > 0.51 {
		t.Errorf("precision is %v", got)
	}
}

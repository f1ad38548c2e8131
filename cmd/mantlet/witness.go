package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/app"
)

// An askedOf is whose signatures an export must have.
type askedOf struct {
	keys     []string
	operator string
	k        int
}

func (w *askedOf) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&w.keys, "witness", nil, "a witness, OPERATOR=KEY, or its KEY alone; may be repeated")
	c.Flags().StringVar(&w.operator, "operator", "", "who runs the log: their own witnesses do not count")
	c.Flags().IntVar(&w.k, "k", 0, "how many operators it takes (default: all that are named)")
}

// verify verifies an export and how it is witnessed. Too few witnesses is an error.
func (w *askedOf) verify(o *options, c *cobra.Command, dir, key string) error {
	if key == "" {
		cfg, _, err := o.load()
		if err != nil {
			return err
		}
		if key, err = app.LogKey(cfg); err != nil {
			return &exitError{exitConfig, err}
		}
	}
	v, err := app.VerifyWitnessed(dir, key, w.operator, w.keys, w.k)
	if err != nil {
		return &exitError{exitBroken, err}
	}
	if o.json() {
		err = printJSON(c.OutOrStdout(), map[string]any{"entries": v.Entries, "log": v.Log, "witnessed": v.Enough, "operators": v.Operators, "of": v.Of})
	} else {
		_, err = fmt.Fprintf(c.OutOrStdout(), "%d entries of %s, as its checkpoint says; %s\n", v.Entries, v.Log, v)
	}
	if !v.Enough {
		err = errors.Join(err, &exitError{exitBroken, errors.New("too few witnesses have signed it")})
	}
	return err
}

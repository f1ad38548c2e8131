package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/exact"
)

func dlpCommand(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "dlp",
		Short: "Prepare what may not leave",
	}
	c.AddCommand(fingerprintCommand(o))
	return c
}

// A printing is what is made of a table, as the command line says it.
type printing struct {
	key, out       string
	columns, alone []string
}

func fingerprintCommand(o *options) *cobra.Command {
	var p printing
	c := &cobra.Command{
		Use:   "fingerprint TABLE.CSV",
		Short: "Make fingerprints of a table, by which its records are found",
		Long: "Fingerprint reads a table (RFC 4180, its first row names the columns), and writes keyed hashes of its\n" +
			"cells for inspect.fingerprints. A cell of --columns is found beside another one of its row, one of\n" +
			"--alone wherever it stands: use that for numbers of accounts, not for names. Cells of more than eight\n" +
			"words or 64 letters, and of fewer than four, are left out and counted. The key has 32 bytes at least,\n" +
			"in a file of mode 0600: openssl rand -hex 32 makes one.",
		Example: "  mantlet dlp fingerprint --key people.key --alone account --columns name,street --out people.prints people.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(p.columns)+len(p.alone) == 0 {
				return &exitError{exitUsage, errors.New("no column is named; give --columns or --alone")}
			}
			n, err := p.make(args[0])
			if err != nil {
				return &exitError{exitRefused, err}
			}
			if o.json() {
				return printJSON(c.OutOrStdout(), map[string]int{"cells": n.Cells, "rows": n.Rows, "left": n.Left})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%d cells of %d rows; %d were too short or too long\n", n.Cells, n.Rows, n.Left)
			return err
		},
	}
	c.Flags().StringVar(&p.key, "key", "", "the key's file, mode 0600")
	c.Flags().StringSliceVar(&p.columns, "columns", nil, "columns whose cells are found beside another one of their row")
	c.Flags().StringSliceVar(&p.alone, "alone", nil, "columns whose cells are found wherever they stand")
	c.Flags().StringVarP(&p.out, "out", "o", "", "where the fingerprints go; the file may not be there yet")
	for _, name := range []string{"key", "out"} {
		_ = c.MarkFlagRequired(name)
	}
	return c
}

// make reads the table, and writes its fingerprints once all of it was read.
func (p *printing) make(table string) (n exact.Counts, err error) {
	key, err := config.Secret(p.key)
	if err != nil {
		return n, err
	}
	in, err := os.Open(table)
	if err != nil {
		return n, err
	}
	defer in.Close() //nolint:errcheck // read only
	r := csv.NewReader(in)
	r.ReuseRecord = true
	columns, err := p.header(r)
	if err != nil {
		return n, fmt.Errorf("%s: %w", table, err)
	}
	out, err := os.OpenFile(p.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return n, err
	}
	n, err = fingerprint(out, []byte(key), columns, r)
	if err = errors.Join(err, out.Close()); err != nil {
		return n, fmt.Errorf("%s: %w", table, errors.Join(err, os.Remove(p.out)))
	}
	return n, nil
}

func fingerprint(w io.Writer, key []byte, columns []exact.Column, r *csv.Reader) (exact.Counts, error) {
	var broken error
	n, err := exact.Fingerprint(w, key, columns, func(yield func([]string) bool) {
		for {
			row, err := r.Read()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					broken = quiet(err)
				}
				return
			}
			if !yield(row) {
				return
			}
		}
	})
	return n, errors.Join(broken, err)
}

// quiet is a CSV error by its place: it never quotes the table.
func quiet(err error) error {
	if at, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("line %d: %w", at.Line, at.Err)
	}
	return err
}

// header says what each column is for; a column that is named and is not there is an error.
func (p *printing) header(r *csv.Reader) ([]exact.Column, error) {
	names, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the table is empty; its first row names the columns")
	} else if err != nil {
		return nil, quiet(err)
	}
	for _, name := range append(slices.Clone(p.columns), p.alone...) {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("the first row names no column %q", name)
		}
	}
	out := make([]exact.Column, len(names))
	for i, name := range names {
		alone := slices.Contains(p.alone, name)
		out[i] = exact.Column{Alone: alone, Skip: !alone && !slices.Contains(p.columns, name)}
	}
	return out, nil
}

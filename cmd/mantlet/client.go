package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

func serverID(name string) (mantlet.ServerID, error) {
	if name == "" {
		return mantlet.Joined, nil
	}
	return mantlet.ParseServerID(name)
}

func toolsCommand(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:     "tools [SERVER]",
		Short:   "List the tools that the running Mantlet offers, or decide on them",
		Example: "  mantlet tools\n  mantlet tools files --output json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client(strings.Join(args, ""))
			if err != nil {
				return err
			}
			cursor := ""
			for {
				reply, err := d.Ask(c.Context(), "tools/list", cursor)
				if err != nil {
					return err
				}
				more, next, err := printTools(c.OutOrStdout(), reply, o.json())
				if err != nil || !more {
					return err
				}
				cursor = fmt.Sprintf(`"cursor":%s,`, wire.Quote(next))
			}
		},
	}
	c.AddCommand(catalogueCommands(o)...)
	return c
}

// client finds the running Mantlet.
func (o *options) client(server string) (*daemon.Client, error) {
	cfg, _, err := o.load()
	if err != nil {
		return nil, err
	}
	id, err := serverID(server)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return daemon.New(cfg.Listen.Socket, "cli", id), nil
}

func printTools(w io.Writer, reply *wire.Message, raw bool) (more bool, next string, err error) {
	if err := refusal(reply); err != nil {
		return false, "", err
	}
	list, err := reply.Items("tools/list", wire.DefaultLimits())
	if err != nil {
		return false, "", err
	}
	for _, it := range list.Items {
		if raw {
			_, err = fmt.Fprintf(w, "%s\n", mantlet.EscapeJSON(reply.At(it.Span)))
		} else {
			_, err = fmt.Fprintf(w, "%-40s %s\n", mantlet.Escape(it.Name), describe(reply, it.Span))
		}
		if err != nil {
			return false, "", err
		}
	}
	if at, ok := reply.Find("result", "_meta", "io.mantlet/leftOut"); ok && !raw {
		fmt.Fprintf(w, "left out: %s\n", mantlet.Escape(string(reply.At(at))))
	}
	return list.HasCursor, list.NextCursor, nil
}

// describe is the first line of an item's description, escaped and cut.
func describe(m *wire.Message, s wire.Span) string {
	for name, at := range m.Members(s) {
		if name != "description" {
			continue
		}
		text, _ := m.String(at)
		line, _, _ := strings.Cut(text, "\n")
		if r := []rune(line); len(r) > 80 {
			line = string(r[:79]) + "…"
		}
		return mantlet.Escape(line)
	}
	return ""
}

func refusal(reply *wire.Message) error {
	if _, text, failed := reply.RPCError(); failed {
		return &exitError{exitRefused, errors.New(mantlet.Escape(text))}
	}
	return nil
}

func callCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "call SERVER TOOL [JSON|-]",
		Short:   "Call a tool through the running Mantlet",
		Long:    "Call calls a tool with arguments from the command line, or from stdin where they\nare \"-\". The exit code is 4 where the call was refused or the tool failed.",
		Example: "  mantlet call sample echo '{\"text\":\"hello\"}'",
		Args:    cobra.RangeArgs(2, 3),
		RunE: func(c *cobra.Command, args []string) error {
			arguments, err := callArguments(c.InOrStdin(), args)
			if err != nil {
				return err
			}
			d, err := o.client(args[0])
			if err != nil {
				return err
			}
			reply, err := d.Ask(c.Context(), "tools/call", fmt.Sprintf(`"name":%s,"arguments":%s,`, wire.Quote(args[1]), arguments))
			if err != nil {
				return err
			}
			if err := refusal(reply); err != nil {
				return err
			}
			return printResult(c.OutOrStdout(), reply, o.json())
		},
	}
}

// callArguments are the tool's arguments, as they were given.
func callArguments(in io.Reader, args []string) (string, error) {
	if len(args) < 3 {
		return "{}", nil
	}
	text := args[2]
	if text == "-" {
		b, err := io.ReadAll(io.LimitReader(in, 4<<20))
		if err != nil {
			return "", err
		}
		text = string(b)
	}
	if !json.Valid([]byte(text)) || !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return "", &exitError{exitUsage, errors.New(`the arguments are not a JSON object; write them like '{"text":"hello"}'`)}
	}
	return text, nil
}

func printResult(w io.Writer, reply *wire.Message, raw bool) error {
	if raw {
		if _, err := fmt.Fprintf(w, "%s\n", mantlet.EscapeJSON(reply.At(reply.Result))); err != nil {
			return err
		}
	} else if content, ok := reply.Find("result", "content"); ok {
		for one := range reply.Elements(content) {
			fmt.Fprintln(w, item(reply, one))
		}
	}
	if at, ok := reply.Find("result", "isError"); ok && string(reply.At(at)) == "true" {
		return &exitError{exitRefused, errors.New("the tool reports an error")}
	}
	return nil
}

// item is one content block as text: its text, line by line escaped, or what it is.
func item(m *wire.Message, s wire.Span) string {
	kind := ""
	for name, at := range m.Members(s) {
		switch name {
		case "text":
			text, _ := m.String(at)
			lines := strings.Split(text, "\n")
			for i := range lines {
				lines[i] = mantlet.Escape(lines[i])
			}
			return strings.Join(lines, "\n")
		case "type":
			kind, _ = m.String(at)
		}
	}
	return "[" + mantlet.Escape(kind) + "]"
}

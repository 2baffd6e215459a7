package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// usage lists the commands.
func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: gateway COMMAND [flags]")
	fmt.Fprintln(w)
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n  %-8s exit %s\n", cmd.name, cmd.summary, "", cmd.exitText())
	}
	fmt.Fprintln(w, "\ngateway help COMMAND lists the flags of a command.")
}

// usage prints how the command is used. fs has its flags.
func (cmd *command) usage(w io.Writer, fs *flag.FlagSet) {
	for i, form := range cmd.synopsis {
		before := "usage:"
		if i > 0 {
			before = "      "
		}
		fmt.Fprintln(w, strings.TrimRight(before+" gateway "+cmd.name+" "+form, " "))
	}
	fmt.Fprintln(w)
	if cmd.note != "" {
		fmt.Fprintf(w, "%s\n\n", cmd.note)
	}
	fmt.Fprintf(w, "%s; exit %s\n\n", cmd.summary, cmd.exitText())
	for _, a := range cmd.actions {
		fmt.Fprintf(w, "  %-9s %s\n", a.name, a.summary)
	}
	if cmd.actions != nil {
		fmt.Fprintln(w)
	}
	fs.SetOutput(w)
	fs.PrintDefaults()
}

// flagsOf returns the flags of a command.
func (c *cli) flagsOf(cmd *command) *flag.FlagSet {
	fs := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	of := *c
	of.command = *cmd
	cmd.start(&of, fs)
	return fs
}

// runHelp returns the runner of gateway help, which prints a usage.
func runHelp(c *cli, _ *flag.FlagSet) runner {
	return func(words []string) int {
		switch {
		case len(words) == 0:
			usage(c.stdout)
			return exitOK
		case len(words) > 1:
			return c.invalid(fmt.Errorf("give one command; %d were given", len(words)))
		}
		cmd := findCommand(words[0])
		if cmd == nil {
			return c.invalid(fmt.Errorf("there is no command %q; gateway help lists the commands", words[0]))
		}
		cmd.usage(c.stdout, c.flagsOf(cmd))
		return exitOK
	}
}

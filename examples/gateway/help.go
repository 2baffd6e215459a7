package main

import (
	"errors"
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
		if !cmd.hidden {
			fmt.Fprintf(w, "  %-10s %s\n  %-10s exit %s\n", cmd.name, cmd.summary, "", cmd.exitText())
		}
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

// runHelp registers the flags of gateway help and returns its runner.
func runHelp(c *cli, fs *flag.FlagSet) runner {
	man := fs.String("man", "", "write the manual pages gateway(1) and gateway-COMMAND(1) to `DIR`")
	return func(words []string) int { return c.help(*man, words) }
}

// help prints a usage, or writes the manual pages to the directory man.
func (c *cli) help(man string, words []string) int {
	switch {
	case man != "" && len(words) > 0 || len(words) > 1:
		return c.invalid(errors.New("give one command, or -man DIR"))
	case man != "":
		if err := c.writeManual(man); err != nil {
			return c.invalid(err)
		}
	case len(words) == 0:
		usage(c.stdout)
	default:
		cmd := findCommand(words[0])
		if cmd == nil {
			return c.invalid(fmt.Errorf("there is no command %q; gateway help lists the commands", words[0]))
		}
		cmd.usage(c.stdout, c.flagsOf(cmd))
	}
	return exitOK
}

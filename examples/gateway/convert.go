package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// convert prints the policy in another form. Passwords are left out unless asked
// for by name.
func convert(c *cli, args []string) int {
	fs := c.flags("[-config FILE]... -to shell|json")
	var p policyFlags
	p.register(fs)
	to := fs.String("to", "", "`FORM`: shell (Exchange commands) or json")
	passwords := fs.Bool("with-passwords", false, "write passwords out; only JSON has them")
	if code, done := c.parse(fs, args); done {
		return code
	}
	if *to != "shell" && *to != "json" {
		return c.invalid(fmt.Errorf("-to: give shell or json, not %q", *to))
	}
	l, ok := c.policy(&p)
	if !ok {
		return exitInvalid
	}
	for _, n := range l.notes {
		fmt.Fprintln(c.stderr, n)
	}
	var out bytes.Buffer
	if err := l.writeAs(&out, *to, *passwords); err != nil {
		return c.invalid(err)
	}
	if _, err := out.WriteTo(c.stdout); err != nil {
		return c.invalid(err)
	}
	return exitOK
}

// writeAs writes the configuration in a form.
func (l *loaded) writeAs(w io.Writer, form string, passwords bool) error {
	write := jsonconfig.Marshal
	switch {
	case form == "shell":
		write = shell.Print
	case passwords:
		write = jsonconfig.MarshalWithSecrets
	}
	data, err := write(l.Config())
	if err != nil {
		return err
	}
	_, err = w.Write(append(bytes.TrimRight(data, "\n"), '\n'))
	return err
}

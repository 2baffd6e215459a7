package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/foreign"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
)

// convert registers the flags of gateway convert and returns its runner.
func convert(c *cli, fs *flag.FlagSet) runner {
	var p policyFlags
	p.register(fs)
	to := fs.String("to", "", "`FORM`: shell (Exchange commands) or json")
	passwords := fs.Bool("with-passwords", false, "include passwords, in JSON only")
	strict := fs.Bool("strict", false, "fail if a setting of another mail server's files isn't possible here")
	return func(words []string) int {
		p.files = append(p.files, words...)
		return c.convert(&p, *to, *passwords, *strict)
	}
}

// convert prints the policy in another form. Passwords are left out unless -with-passwords
// is given. What became of each setting of another mail server's files goes to standard error.
func (c *cli) convert(p *policyFlags, to string, passwords, strict bool) int {
	if to != "shell" && to != "json" {
		return c.invalid(fmt.Errorf("-to: give shell or json, not %q", to))
	}
	d, err := c.convertible(p, passwords)
	if err != nil {
		return c.badPolicy(p, err)
	}
	var out bytes.Buffer
	if err := writeAs(&out, d.Config, to, passwords); err != nil {
		return c.invalid(err)
	}
	lost := c.report(p, d)
	if _, err := out.WriteTo(c.stdout); err != nil {
		return c.invalid(err)
	}
	if strict && lost {
		return exitNo
	}
	return exitOK
}

// convertible reads the policy. Passwords that a file can't contain may be missing, unless they
// are to be printed.
func (c *cli) convertible(p *policyFlags, passwords bool) (*load.Draft, error) {
	d, err := p.read(c)
	if err != nil {
		return nil, err
	}
	if passwords {
		if err := d.AskPasswords(); err != nil {
			return nil, err
		}
		_, err = d.Compile()
		return d, err
	}
	_, err = d.Compile(connector.CodeCredentialMissing)
	return d, err
}

// report prints the warnings of the readers, and what became of each setting of another mail
// server's files. It reports whether one of those is lost.
func (c *cli) report(p *policyFlags, d *load.Draft) (lost bool) {
	counts := map[source.Code]int{}
	for _, line := range d.Account {
		counts[line.Code]++
	}
	printed := slices.Clone(d.Account)
	for _, w := range d.Warnings {
		if w.Code != foreign.CodeNotPossible {
			printed = append(printed, w)
		}
	}
	if p.json && len(d.Account) > 0 {
		writeJSON(c.stderr, struct {
			Account source.Diagnostics `json:"account"`
		}{printed})
		return counts[foreign.CodeNotPossible] > 0
	}
	for _, line := range printed {
		fmt.Fprintln(c.stderr, line)
	}
	if len(d.Account) > 0 {
		fmt.Fprintf(c.stderr, "gateway %s: %s: %d taken, %d without meaning here, %d not possible\n", c.name, count(len(d.Account), "line"),
			counts[foreign.CodeTaken], counts[foreign.CodeWithoutMeaning], counts[foreign.CodeNotPossible])
	}
	return counts[foreign.CodeNotPossible] > 0
}

// writeAs writes a configuration in a form.
func writeAs(w io.Writer, cfg connector.Config, form string, passwords bool) error {
	write := jsonconfig.Marshal
	switch {
	case form == "shell":
		write = shell.Print
	case passwords:
		write = jsonconfig.MarshalWithSecrets
	}
	data, err := write(cfg)
	if err != nil {
		return err
	}
	_, err = w.Write(append(bytes.TrimRight(data, "\n"), '\n'))
	return err
}

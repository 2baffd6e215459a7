package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/diagram"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
)

// convert prints the policy in another form. Passwords are left out unless -with-passwords
// is given.
func convert(c *cli, args []string) int {
	fs := c.flags("[FILE]... -to shell|json")
	var p policyFlags
	p.register(fs)
	to := fs.String("to", "", "`FORM`: shell (Exchange commands) or json")
	passwords := fs.Bool("with-passwords", false, "include passwords, in JSON only")
	if code, done := c.parsePolicy(fs, &p, args); done {
		return code
	}
	if *to != "shell" && *to != "json" {
		return c.invalid(fmt.Errorf("-to: give shell or json, not %q", *to))
	}
	c.demonstrates(&p)
	cfg, notes, err := c.convertible(&p, *passwords)
	if err != nil {
		return c.badPolicy(&p, err)
	}
	for _, n := range notes {
		fmt.Fprintln(c.stderr, n)
	}
	var out bytes.Buffer
	if err := writeAs(&out, cfg, *to, *passwords); err != nil {
		return c.invalid(err)
	}
	if _, err := out.WriteTo(c.stdout); err != nil {
		return c.invalid(err)
	}
	return exitOK
}

// convertible reads the policy. Passwords that an export can't contain may be missing,
// unless they are to be printed.
func (c *cli) convertible(p *policyFlags, passwords bool) (connector.Config, source.Diagnostics, error) {
	if passwords {
		l, err := p.load(c)
		if err != nil {
			return connector.Config{}, nil, err
		}
		return l.Config(), l.Warnings, nil
	}
	d, err := p.read(c)
	if err != nil {
		return connector.Config{}, nil, err
	}
	_, err = d.Compile(connector.CodeCredentialMissing)
	return d.Config, d.Warnings, err
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

// drawMap draws the policy.
func drawMap(c *cli, args []string) int {
	fs := c.flags("[FILE]... -to svg|dot|mermaid")
	var p policyFlags
	p.register(fs)
	to := fs.String("to", "", "`FORMAT`: svg, dot or mermaid")
	most := fs.Int("most", 24, "draw up to `N` Receive and Send connectors; join or leave out the others")
	if code, done := c.parsePolicy(fs, &p, args); done {
		return code
	}
	render := map[string]func(*diagram.Drawing) string{
		"svg": (*diagram.Drawing).SVG, "dot": (*diagram.Drawing).DOT, "mermaid": (*diagram.Drawing).Mermaid,
	}[*to]
	switch {
	case render == nil:
		return c.invalid(fmt.Errorf("-to %q: give svg, dot or mermaid", *to))
	case *most < 1:
		return c.invalid(fmt.Errorf("-most %d: give 1 or more", *most))
	}
	l, ok := c.policy(&p)
	if !ok {
		return exitInvalid
	}
	fmt.Fprint(c.stdout, render(diagram.New(l.Policy, diagram.Options{MaxConnectors: *most})))
	return exitOK
}

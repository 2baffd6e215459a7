package main

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector/diagram"
)

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

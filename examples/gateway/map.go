package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/interchange-smtp/interchange/connector/diagram"
	"github.com/interchange-smtp/interchange/connector/load"
)

// mapFlags are the flags of gateway map.
type mapFlags struct {
	policyFlags
	to, before string
	only       list
	most       int
}

// drawMap registers the flags of gateway map and returns its runner.
func drawMap(c *cli, fs *flag.FlagSet) runner {
	var f mapFlags
	f.register(fs)
	fs.StringVar(&f.to, "to", "", "`FORMAT`: svg, dot, mermaid, or text")
	fs.StringVar(&f.before, "before", "", "mark what is new, changed or removed since the policy `OLD`: a file, files separated by commas, or a directory")
	fs.Var(&f.only, "only", "draw only the connector `NAME`, and those that its mail passes; may be repeated")
	fs.IntVar(&f.most, "most", 24, "draw up to `N` Receive and Send connectors; join or leave out the others")
	return func(words []string) int {
		f.files = append(f.files, words...)
		return c.drawMap(&f)
	}
}

// drawMap draws the policy.
func (c *cli) drawMap(f *mapFlags) int {
	render := map[string]func(*diagram.Drawing) string{
		"svg": (*diagram.Drawing).SVG, "dot": (*diagram.Drawing).DOT, "mermaid": (*diagram.Drawing).Mermaid, "text": (*diagram.Drawing).Text,
	}[f.to]
	switch {
	case render == nil:
		return c.invalid(fmt.Errorf("-to %q: give svg, dot, mermaid or text", f.to))
	case f.most < 1:
		return c.invalid(fmt.Errorf("-most %d: give 1 or more", f.most))
	}
	opts := diagram.Options{MaxConnectors: f.most, Only: f.only}
	if f.before != "" {
		old := f.policyFlags
		old.demo = false
		var err error
		if old.files, err = load.Names(f.before); err != nil {
			return c.invalid(fmt.Errorf("-before: %w", err))
		}
		l, ok := c.policy(&old)
		if !ok {
			return exitInvalid
		}
		opts.Before = l.Policy
	}
	l, ok := c.policy(&f.policyFlags)
	if !ok {
		return exitInvalid
	}
	names := receiveNames(l.Policy)
	for out := range l.Policy.Send() {
		names = append(names, out.Name())
	}
	if name, ok := missing(f.only, names); ok {
		return c.invalid(fmt.Errorf("-only: there is no connector %q", name))
	}
	opts.Stamp = "policy " + l.Policy.Fingerprint() + ", " + c.now().UTC().Format(time.DateOnly)
	fmt.Fprint(c.stdout, render(diagram.New(l.Policy, opts)))
	return exitOK
}

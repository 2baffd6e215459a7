package main

import (
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// route shows by which Send connector a recipient leaves.
func route(c *cli, args []string) int {
	fs := c.flags("[FILE]... -to ADDRESS [-size N] [-tls] [-oauth FILE]")
	var p policyFlags
	p.register(fs)
	to := fs.String("to", "", "the recipient's `ADDRESS`")
	tls := fs.Bool("tls", false, "look up now what the recipient's domain requires of TLS: DANE and MTA-STS")
	var names dnsFlags
	names.register(fs)
	var tokens oauthFlags
	tokens.registerFile(fs)
	size := fs.Int64("size", 0, "the message's size in `BYTES`; 0: not known")
	if code, done := c.parsePolicy(fs, &p, args); done {
		return code
	}
	if *to == "" {
		return c.invalid(errors.New("-to: give the recipient's address"))
	}
	rcpt, err := routing.ParseAddress(*to)
	if err != nil {
		return c.invalid(fmt.Errorf("-to: %w", err))
	}
	if *size < 0 {
		return c.invalid(fmt.Errorf("-size %d: give 0 or more bytes", *size))
	}
	settings, err := tokens.load()
	if err != nil {
		return c.mistaken(p.json, oauthFile, err)
	}
	l, ok := c.policy(&p)
	if !ok {
		return exitInvalid
	}

	var published *publishedTLS
	var trace connector.Trace
	way := l.Route(rcpt, *size, &trace)
	if *tls && way.Outcome == routing.Routed {
		if published, err = names.look(way, rcpt.Domain()); err != nil {
			return c.invalid(err)
		}
	}
	if p.json {
		c.printJSON(struct {
			To     string          `json:"to"`
			Route  connector.Route `json:"route"`
			TLS    *publishedTLS   `json:"tls,omitempty"`
			Tokens []tokenSettings `json:"tokens,omitempty"`
			Steps  connector.Trace `json:"steps"`
		}{rcpt.String(), way, published, tokenSettingsOf(settings, way), trace.WithPlaces(l.Places)})
	} else {
		l.printTrace(c.stdout, trace, "")
		fmt.Fprintf(c.stdout, "%s: %s\n", rcpt, routeText(way))
		printTokenSettings(c.stdout, tokenSettingsOf(settings, way))
		published.print(c.stdout)
	}
	if way.Outcome != routing.Routed {
		return exitNo
	}
	return exitOK
}

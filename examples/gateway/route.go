package main

import (
	"errors"
	"flag"
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/routing"
)

// routeFlags are the flags of gateway route.
type routeFlags struct {
	policyFlags
	to       string
	tls      bool
	names    dnsFlags
	oauth    oauthFlags
	dkimKeys string
	authors  list
	size     int64
}

func (f *routeFlags) register(fs *flag.FlagSet) {
	f.policyFlags.register(fs)
	fs.StringVar(&f.to, "to", "", "the recipient's `ADDRESS`")
	fs.BoolVar(&f.tls, "tls", false, "look up now what the recipient's domain requires of TLS: DANE and MTA-STS")
	f.names.register(fs)
	f.oauth.registerFile(fs)
	fs.StringVar(&f.dkimKeys, "dkim-keys", "", "the `DIR` of serve with the keys that sign mail: say which of them sign mail of -author")
	fs.Var(&f.authors, "author", "`ADDRESS` in the header's From, for -dkim-keys; may be repeated")
	fs.Int64Var(&f.size, "size", 0, "the message's size in `BYTES`; 0: not known")
}

// addresses returns the recipient and the domains of the authors.
func (f *routeFlags) addresses() (to routing.Address, authors []routing.Domain, err error) {
	if f.to == "" {
		return to, nil, errors.New("-to: give the recipient's address")
	}
	if to, err = routing.ParseAddress(f.to); err != nil {
		return to, nil, fmt.Errorf("-to: %w", err)
	}
	if f.size < 0 {
		return to, nil, fmt.Errorf("-size %d: give 0 or more bytes", f.size)
	}
	if (f.dkimKeys == "") != (len(f.authors) == 0) {
		return to, nil, errors.New("-dkim-keys and -author: give both or neither")
	}
	var errs mistakes
	authors = domainsOf(errs.addresses("author", f.authors))
	return to, authors, errors.Join(errs...)
}

// route registers the flags of gateway route and returns its runner.
func route(c *cli, fs *flag.FlagSet) runner {
	var f routeFlags
	f.register(fs)
	return func(words []string) int {
		f.files = append(f.files, words...)
		return c.route(&f)
	}
}

// route shows by which Send connector a recipient leaves.
func (c *cli) route(f *routeFlags) int {
	rcpt, authors, err := f.addresses()
	if err != nil {
		return c.invalid(err)
	}
	m, err := sending(f.oauth, f.dkimKeys, c.now())
	if err != nil {
		return c.mistaken(f.json, owner(err, flagFile{"-oauth", f.oauth.file}), err)
	}
	l, ok := c.policy(&f.policyFlags)
	if !ok {
		return exitInvalid
	}

	var published *publishedTLS
	var trace connector.Trace
	way := l.Route(rcpt, f.size, &trace)
	if f.tls && way.Outcome == routing.Routed {
		if published, err = f.names.look(way, rcpt.Domain()); err != nil {
			return c.invalid(err)
		}
	}
	tokens, signatures := tokenSettingsOf(m.oauth, way), m.signaturesOf(authors, way)
	if f.json {
		c.printJSON(struct {
			To         string          `json:"to"`
			Route      connector.Route `json:"route"`
			TLS        *publishedTLS   `json:"tls,omitempty"`
			Tokens     []tokenSettings `json:"tokens,omitempty"`
			Signatures []signature     `json:"signatures,omitempty"`
			Steps      connector.Trace `json:"steps"`
		}{rcpt.String(), way, published, tokens, signatures, trace.WithPlaces(l.Places)})
	} else {
		printSteps(c.stdout, l.source(), trace)
		fmt.Fprintf(c.stdout, "%s: %s\n", rcpt, explain.Route(way))
		printTokenSettings(c.stdout, tokens)
		printSignatures(c.stdout, signatures)
		published.print(c.stdout)
	}
	if way.Outcome != routing.Routed {
		return exitNo
	}
	return exitOK
}

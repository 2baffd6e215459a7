package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

// dkimFlags are the flags of gateway dkim.
type dkimFlags struct {
	keys, selector, algorithm, from string
	dns                             list
	json                            bool
}

// runDKIM registers the flags of gateway dkim and returns its runner.
func runDKIM(c *cli, fs *flag.FlagSet) runner {
	var f dkimFlags
	fs.StringVar(&f.keys, "keys", "", "the `DIR` with the keys, as -dkim-keys of gateway serve: DIR/DOMAIN/SELECTOR.pem; new creates it if it is absent")
	fs.StringVar(&f.selector, "selector", "", "new: the `SELECTOR` under which the keys are published (default: the day); that of the Ed25519 key ends with -ed25519")
	fs.StringVar(&f.algorithm, "algorithm", "", "new: make a key of one `ALGORITHM`, rsa or ed25519 (default: one of each)")
	fs.StringVar(&f.from, "from", "", "new: the `TIME` at which the keys begin to sign, as in 2026-12-06 or 2026-12-06T08:00:00Z (default: now,\nor in two days if the domain has keys already, so that the new records are known by then)")
	fs.Var(&f.dns, "dns", "check: ask the name server at `ADDR`; may be repeated (default: the system's)")
	fs.BoolVar(&f.json, "json", false, "print for machines")
	return func(words []string) int { return c.dkim(&f, words) }
}

// dkim does the action that words begin with.
func (c *cli) dkim(f *dkimFlags, words []string) int {
	if len(words) == 0 || words[0] != "new" && words[0] != "check" {
		return c.invalid(errors.New("give an action: new DOMAIN, or check"))
	}
	if f.keys == "" {
		return c.invalid(errors.New("-keys is missing: give the directory with the keys"))
	}
	var domains []routing.Domain
	for _, word := range words[1:] {
		domain, err := routing.ParseDomain(word)
		if err != nil {
			return c.invalid(err)
		}
		domains = append(domains, domain)
	}
	if words[0] == "check" {
		return c.checkKeys(f, domains)
	}
	if len(domains) != 1 {
		return c.invalid(fmt.Errorf("new takes one domain; %d were given", len(domains)))
	}
	return c.newKeys(f, domains[0])
}

// newSignsAfter is when a new key begins to sign for a domain that has one already: answers of name servers that
// say that there is no record have ended by then.
const newSignsAfter = 48 * time.Hour

// newKeys makes the keys of a domain and prints their records.
func (c *cli) newKeys(f *dkimFlags, domain routing.Domain) int {
	old, err := sign.ReadDirectory(f.keys)
	if err != nil {
		old = new(sign.Directory) // Save says what is wrong with it
	}
	existing, _ := old.Keys(context.Background(), domain) // what can't be used doesn't sign
	algorithms := []string{sign.RSA, sign.Ed25519}
	if f.algorithm != "" {
		algorithms = []string{f.algorithm}
	}
	var made []sign.Key
	for _, algorithm := range algorithms {
		key, err := f.make(domain, algorithm, existing, c.now())
		if err != nil {
			return c.invalid(err)
		}
		made = append(made, key)
	}
	for _, key := range made {
		path, err := key.Save(f.keys)
		if err != nil {
			return c.invalid(err)
		}
		when := "at once"
		if !key.From.IsZero() {
			when = "from " + key.From.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(c.stdout, "; %s signs %s, when the gateway has read it (gateway reload)\n", path, when)
	}
	fmt.Fprintf(c.stdout, "; Publish these records, then see whether they fit: gateway dkim check %s -keys %s\n", domain, f.keys)
	for _, key := range made {
		fmt.Fprintln(c.stdout, key.Zone())
	}
	return exitOK
}

// make makes a key of an algorithm for a domain that has the existing ones.
func (f *dkimFlags) make(domain routing.Domain, algorithm string, existing []sign.Key, now time.Time) (sign.Key, error) {
	selector := cmp.Or(f.selector, now.UTC().Format("20060102"))
	if algorithm == sign.Ed25519 && f.algorithm == "" {
		selector += "-" + sign.Ed25519
	}
	var from time.Time
	switch hasOne := slices.ContainsFunc(existing, func(k sign.Key) bool { return k.Algorithm() == algorithm }); {
	case f.from != "":
		t, err := sign.ParseTime(f.from)
		if err != nil {
			return sign.Key{}, fmt.Errorf("-from: %w", err)
		}
		from = t
	case hasOne:
		from = now.Add(newSignsAfter).Truncate(time.Hour)
	}
	private, err := sign.Generate(algorithm)
	if err != nil {
		return sign.Key{}, fmt.Errorf("-algorithm: %w", err)
	}
	return sign.NewKey(domain, selector, from, private)
}

// checkKeys looks up the records of the keys of some domains, or of all.
func (c *cli) checkKeys(f *dkimFlags, domains []routing.Domain) int {
	d, err := sign.ReadDirectory(f.keys)
	if err != nil {
		return c.invalid(fmt.Errorf("-keys %w", err))
	}
	servers, err := parseNameServers(f.dns)
	if err != nil {
		return c.invalid(fmt.Errorf("-dns: %w", err))
	}
	resolver := (&delivery.Resolvers{Machine: servers}).For(connector.NameServers{})
	if len(domains) == 0 {
		domains = slices.Collect(d.Domains())
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return c.printRecords(f, d.Problems(), checkRecords(ctx, resolver, d, domains, c.now()))
}

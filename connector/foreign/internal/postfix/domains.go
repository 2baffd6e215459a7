package postfix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// domains makes accepted domains of the destinations for which Postfix takes mail of all clients.
func (r *reader) domains(s scope) {
	const mailboxes = "this server has no mailboxes: mail for these domains needs a Send connector with the server that has them, or -lmtp"
	for _, name := range []string{"mydestination", "virtual_alias_domains", "virtual_mailbox_domains"} {
		if n := s.acceptAll(name, false, routing.Authoritative); n > 0 {
			s.taken(name, "authoritative accepted domains; "+mailboxes)
		} else {
			s.taken(name, "no accepted domains")
		}
	}
	below := slices.Contains(s.list("parent_domain_matches_subdomains"), "relay_domains")
	s.acceptAll("relay_domains", below, routing.InternalRelay)
	s.taken("relay_domains", "accepted domains of the type InternalRelay")
	s.taken("parent_domain_matches_subdomains", "MatchSubDomains of the accepted domains of relay_domains")
}

// acceptAll makes accepted domains of a list and returns how many it has made.
func (s scope) acceptAll(name string, below bool, kind routing.DomainType) int {
	list, err := s.elements(name)
	if err != nil {
		s.notPossible(name, err.Error(), "write the domains into "+name)
	}
	var excluded []string
	made := 0
	for _, e := range list {
		domains := []row{{key: e.text, at: e.at}}
		if e.table != nil {
			if e.table.err != nil || e.table.cidr {
				s.NotPossible(e.at, name, fmt.Sprintf("%s: %v", e.text, e.table.problem()), "write the domains into "+name)
				if e.exclude {
					return made // what stands behind it may be excluded
				}
				continue
			}
			domains = e.table.rows
		}
		for _, d := range domains {
			if d.at.File == "" {
				d.at = e.at
			}
			switch domain := strings.ToLower(d.key); {
			case e.exclude && len(excluded) == maxExcluded:
				s.notPossible(name, fmt.Sprintf("more than %d domains are excluded, so those behind them are left out", maxExcluded), "write the domains into "+name)
				return made
			case e.exclude:
				excluded = append(excluded, domain)
			case strings.Contains(domain, "@"): // an address in virtual_alias_maps, no domain
			case s.accept(name, domain, below, kind, excluded, d.at):
				made++
			}
		}
	}
	return made
}

// problem says why a table has no names.
func (t *table) problem() error {
	if t.err == nil {
		return fmt.Errorf("a table of networks has no names")
	}
	return t.err
}

// accept makes an accepted domain, unless an element before it excludes it. A domain below which
// others are excluded is accepted without those below it.
func (s scope) accept(setting, domain string, below bool, kind routing.DomainType, excluded []string, at source.Position) bool {
	inside := func(d, parent string) bool { return d == parent || below && strings.HasSuffix(d, "."+parent) }
	for _, x := range excluded {
		switch {
		case inside(domain, x):
			s.WithoutMeaning(at, setting, fmt.Sprintf("%s is excluded by !%s in front of it", domain, x))
			return false
		case below && strings.HasSuffix(x, "."+domain):
			below = false
			s.NotPossible(at, setting, fmt.Sprintf("%s is accepted without the domains below it, because !%s can't be excluded from them", domain, x), "add the other domains below it")
		}
	}
	d, err := routing.ParseDomain(domain)
	if err != nil {
		s.NotPossible(at, setting, fmt.Sprintf("%q isn't a domain", domain), "write a domain, such as contoso.com")
		return false
	}
	domain = d.String()
	if space, err := routing.ParseAddressSpace(domain); err == nil {
		s.accepted[setting] = append(s.accepted[setting], space)
	}
	if known := s.index[domain]; len(known) > 0 { // the first class decides
		if below && len(known) == 1 && !s.Config.Accepted[known[0]].MatchSubDomains {
			s.addAccepted(routing.AcceptedDomain{Name: "*." + domain, DomainName: "*." + domain, DomainType: kind}, at)
		}
		return true
	}
	s.addAccepted(routing.AcceptedDomain{Name: domain, DomainName: domain, DomainType: kind, MatchSubDomains: below}, at)
	if at != s.find(setting).at {
		s.Taken(at, setting, "an accepted domain")
	}
	return true
}

// addAccepted adds an accepted domain.
func (s scope) addAccepted(a routing.AcceptedDomain, at source.Position) {
	domain := strings.TrimPrefix(a.DomainName, "*.")
	s.index[domain] = append(s.index[domain], len(s.Config.Accepted))
	s.Config.Accepted = append(s.Config.Accepted, a)
	s.Place(source.Named("Accepted", a.Name), at)
}

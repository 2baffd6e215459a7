package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// acceptsAll reports the accepted domain *, by which the anonymous clients of the
// connectors in open relay.
func (c *checker) acceptsAll(open []*servedConnector, to routing.Domain) {
	index := slices.IndexFunc(c.cfg.Accepted, func(a routing.AcceptedDomain) bool { return a.DomainName == "*" })
	if index < 0 {
		return // no other accepted domain covers a domain that the configuration does not name
	}
	c.acceptsOthers(CodeAcceptedAny, index, "the accepted domain * accepts every domain, so %s may relay to any domain without authentication", open, to)
}

// acceptsRegistries reports accepted domains below which anyone can register a
// domain, and that anonymous clients of some connectors may send to.
func (c *checker) acceptsRegistries() {
	for i, a := range c.cfg.Accepted {
		name, wildcard := strings.CutPrefix(a.DomainName, "*.")
		if !wildcard && !a.MatchSubDomains || !isRegistry(name) {
			continue
		}
		cell := slices.IndexFunc(c.domains.Cells, func(d partition.Cell) bool {
			return d.Kind == partition.Below && d.Name.String() == strings.ToLower(name)
		})
		if cell < 0 {
			continue
		}
		to := c.domains.Cells[cell].Witness
		var open []*servedConnector
		for e := range c.reachable {
			if slices.ContainsFunc(c.sessions(e), func(s mailSession) bool {
				return kindOf(e, s.who.Who) == CodeRelayAnonymous && s.Rcpt(connector.Rcpt{To: partition.Mailbox("user", to)}).Allowed()
			}) {
				open = append(open, e)
			}
		}
		if len(open) > 0 {
			c.acceptsOthers(CodeAcceptedRegistry, i,
				"all domains below "+name+" are accepted, and anyone can register one, so %s may relay to strangers without authentication", open, to)
		}
	}
}

// acceptsOthers reports an accepted domain that includes domains of strangers. text
// has %s where the clients are named.
func (c *checker) acceptsOthers(code source.Code, index int, text string, open []*servedConnector, to routing.Domain) {
	accepted := c.cfg.Accepted[index]
	f := Finding{
		Diagnostic: source.Diagnostic{
			Code: code, Severity: source.SeverityWarning, Path: source.Element("Accepted", index, accepted.Name),
			Fix: fmt.Sprintf("list your own domains, and leave %s out", accepted.DomainName),
		},
		edit: func(cfg *connector.Config) bool { return dropLast(&cfg.Accepted, accepted) },
	}
	worst := open[0]
	var pairs []int
	for _, e := range open {
		pairs = append(pairs, e.pair)
		if f.Severity == source.SeverityWarning && len(c.unnamedClients(e, namedBits, privateSpans)) > 0 {
			f.Severity, worst = source.SeverityError, e
		}
	}
	spread, clients := c.clientsOf(pairs...)
	spread.set(&f)
	f.Detail = fmt.Sprintf(text, clients.who) + clients.list
	if f.Severity == source.SeverityError {
		f.Detail = openRelay(f.Detail)
	}
	f.Witness = c.dialog(worst, partition.Who{}, worst.Settings().RequireTLS)
	f.Witness.To = []routing.Address{partition.Mailbox("user", to)}
	if unnamed := c.unnamedClients(worst, namedBits, privateSpans); len(unnamed) > 0 {
		c.moveDialog(&f.Witness, worst, unnamed)
	}
	c.report(f)
}

// localTopLevels are top-level domains that organisations use within their own
// networks: RFC 6761, RFC 6762 appendix G, RFC 8375, RFC 2606 and ICANN's internal.
var localTopLevels = []string{
	"arpa", "corp", "domain", "example", "home", "internal", "intranet", "intra", "invalid", "lan", "local", "localdomain", "localhost", "onion", "private", "test",
}

// registryLabels are the labels under which country registries sell domains.
var registryLabels = []string{
	"ac", "asso", "co", "com", "ed", "edu", "firm", "gen", "go", "gob", "gov", "gouv", "govt", "gv", "id", "in", "info", "k12", "lg", "ltd", "me",
	"mil", "mod", "ne", "net", "nhs", "nic", "nom", "or", "org", "plc", "police", "sch", "school", "web",
}

// isRegistry reports whether strangers own domains below name: it is a top-level
// domain, or one such as com.au or co.uk.
func isRegistry(name string) bool {
	name = strings.ToLower(name)
	label, country, second := strings.Cut(name, ".")
	if !second {
		return name != "*" && !strings.HasPrefix(name, "[") && !slices.Contains(localTopLevels, name)
	}
	return len(country) == 2 && slices.Contains(registryLabels, label)
}

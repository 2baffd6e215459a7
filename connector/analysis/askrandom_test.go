package analysis_test

import (
	"math/rand/v2"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/routing"
)

// askedPolicy draws a policy, with senders restricted and replaced on some connectors, mail
// secured on others, and a binding that begins with TLS.
func askedPolicy(r *rand.Rand) *connector.Policy {
	for {
		cfg := policygen.Config(r)
		for i := range cfg.Receive {
			c := &cfg.Receive[i]
			if r.IntN(4) == 0 {
				for _, text := range []string{"@contoso.com", "@*.contoso.com", "ann@partner.test", "user@contoso.com", "@zz.fabrikam.com"} {
					if r.IntN(2) == 0 {
						c.AllowedSenders = append(c.AllowedSenders, param.MustParseSender(text))
					}
				}
			}
			if r.IntN(8) == 0 {
				c.RewriteSender = "noreply@contoso.com"
			}
			if r.IntN(4) == 0 {
				c.Bindings = append(c.Bindings, param.MustParseBinding("0.0.0.0:465"))
			}
		}
		for i := range cfg.Send {
			cfg.Send[i].DomainSecureEnabled = r.IntN(3) == 0
		}
		if r.IntN(4) == 0 {
			cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: "*.org"}, routing.AcceptedDomain{DomainName: "com", MatchSubDomains: true})
		}
		if r.IntN(4) == 0 {
			cfg.Server, cfg.Servers = "HubA", []routing.Server{{Name: "HubA"}, {Name: "HubB"}}
			for i := range cfg.Send {
				cfg.Send[i].SourceTransportServers = [][]string{nil, {"HubB"}, {"HubA", "HubB"}}[r.IntN(3)]
			}
		}
		if p, err := connector.Compile(cfg); err == nil {
			return p
		}
	}
}

// randomQuestion draws a question with one of the properties.
func randomQuestion(r *rand.Rand, properties []analysis.Property) analysis.Question {
	claims := []analysis.Claim{analysis.ClaimAlways, analysis.ClaimNever, analysis.ClaimSometimes}
	q := analysis.Question{Claim: claims[r.IntN(len(claims))], Property: properties[r.IntN(len(properties))]}
	if len(properties) > 3 && r.IntN(2) == 0 {
		q.Property = []analysis.Property{analysis.PropertyAccepted, analysis.PropertySends, analysis.PropertyRelays}[r.IntN(3)]
	}
	if q.Property == analysis.PropertyOffered {
		q.Argument = []string{"STARTTLS", "AUTH", "AUTH LOGIN", "SIZE"}[r.IntN(4)]
	}
	if q.Property == analysis.PropertyServed && r.IntN(2) == 0 {
		q.Argument = "r0"
	}
	for range r.IntN(3) {
		q.Remote = append(q.Remote, policygen.Range(r))
	}
	for range max(0, r.IntN(6)-3) {
		q.Except = append(q.Except, policygen.Range(r))
	}
	if r.IntN(3) == 0 {
		all := append(slices.Clone(policygen.Locals), param.MustParseBinding("0.0.0.0:25"), param.MustParseBinding("192.0.2.1:465"), param.MustParseBinding("192.0.2.1:26"), param.MustParseBinding("[::]:25"), param.MustParseBinding("0.0.0.0:587"))
		for range 1 + r.IntN(2) {
			q.Local = append(q.Local, all[r.IntN(len(all))])
		}
	}
	q.As = []string{"", "", "anonymous", "certificate", "certificate:partner.test", "certificate:elsewhere.org", "printers", "scanners", "strangers", `NT AUTHORITY\Authenticated Users`, `MS Exchange\Hub Transport Servers`}[r.IntN(11)]
	q.Channel = analysis.Channel(max(0, r.IntN(6)-3))
	q.Sender = analysis.SenderRelation(max(0, r.IntN(6)-3))
	mailboxes := []string{"*", "contoso.com", "*.contoso.com", "*.fabrikam.com", "partner.test", "elsewhere.org", "ann@contoso.com", "single", "[192.0.2.9]", "*.test", "user@partner.test"}
	for range max(0, r.IntN(5)-2) {
		q.From = append(q.From, analysis.MustParseMailboxes(append(mailboxes, "<>")[r.IntN(len(mailboxes)+1)]))
	}
	for range max(0, r.IntN(5)-2) {
		q.To = append(q.To, analysis.MustParseMailboxes(append(mailboxes, "user%example.net@contoso.com")[r.IntN(len(mailboxes)+1)]))
	}
	if r.IntN(2) == 0 {
		q.Size = param.Size(policygen.Sizes[r.IntN(len(policygen.Sizes))])
	}
	return q
}

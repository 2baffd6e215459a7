package analysis

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// acceptedDomains suggests accepting the recipient's domain, or making the sender's
// domain one that others may send as, too.
func (q *refusal) acceptedDomains() []suggestion {
	if q.stage().Name != connector.StageRcpt {
		return q.relayDomain(q.sender().Domain())
	}
	domain := q.recipient().Domain()
	if !domain.IsValid() {
		return nil
	}
	return []suggestion{{
		kind: EditAcceptedDomain, path: "Accepted", text: "accept mail for " + domain.String() + " as an external relay domain",
		edit: func(cfg *connector.Config) {
			cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{
				Name: domain.String(), DomainName: domain.String(), DomainType: routing.ExternalRelay,
			})
		},
	}}
}

// relayDomain suggests making an authoritative domain an internal relay domain: some
// of its mailboxes may then be elsewhere.
func (q *refusal) relayDomain(domain routing.Domain) []suggestion {
	if typ, ok := q.policy.Accepted(domain); !ok || typ != routing.Authoritative {
		return nil
	}
	var all []suggestion
	for i, a := range q.config.Accepted {
		one, err := routing.NewAccepted(a)
		if err != nil {
			continue
		}
		if _, covers := one.Lookup(domain); !covers {
			continue
		}
		path := source.Element("Accepted", i, a.Name)
		all = append(all, suggestion{
			kind: EditAcceptedDomain, path: path + ".DomainType", text: "make " + a.DomainName + " an internal relay domain",
			edit: func(cfg *connector.Config) { cfg.Accepted[i].DomainType = routing.InternalRelay },
		})
	}
	return all
}

// routes suggests routes for a recipient that has none.
func (q *refusal) routes() []suggestion {
	to := q.recipient()
	var trace connector.Trace
	q.policy.Route(to, q.dialog.Size, &trace)
	var all []suggestion
	for step := range trace.All() {
		i := slices.IndexFunc(q.config.Send, func(s connector.Send) bool { return s.Name == step.Candidate() })
		if step.Candidate() == "" || i < 0 {
			continue
		}
		all = append(all, q.useSendConnector(i, to.Domain(), step.Fate())...)
	}
	return append(all, q.relayDomain(to.Domain())...)
}

// useSendConnector suggests the change by which a Send connector serves the
// recipient.
func (q *refusal) useSendConnector(i int, domain routing.Domain, fate connector.Fate) []suggestion {
	name := q.config.Send[i].Name
	path := source.Named("Send", name)
	change := func(kind EditKind, field source.Path, text string, edit func(*connector.Send)) []suggestion {
		return []suggestion{{kind: kind, path: path.Field(field), text: text, edit: func(cfg *connector.Config) { edit(&cfg.Send[i]) }}}
	}
	switch fate {
	case connector.FateDisabled:
		return change(EditEnable, "Enabled", "enable Send connector "+name, func(s *connector.Send) { s.Enabled = param.Value(true) })
	case connector.FateOutOfScope:
		return change(EditScope, "IsScopedConnector", "let all sites use Send connector "+name, func(s *connector.Send) { s.IsScopedConnector = false })
	case connector.FateTooSmall:
		size := param.Size(q.dialog.Size)
		all := change(EditLimit, "MaxMessageSize", fmt.Sprintf("raise MaxMessageSize of %s to %v", name, size), func(s *connector.Send) { s.MaxMessageSize = size })
		all = append(all, q.links()...)
		return append(all, suggestion{
			kind: EditLimit, path: "Transport.MaxSendSize", text: fmt.Sprintf("raise MaxSendSize to %v", size),
			edit: func(cfg *connector.Config) { cfg.Transport.MaxSendSize = size },
		})
	case connector.FateOtherSpace, connector.FateNotAuthoritative:
		space, err := routing.ParseAddressSpace(domain.String())
		if err != nil {
			return nil
		}
		return change(EditAddressSpace, "AddressSpaces", "add "+domain.String()+" to the AddressSpaces of "+name, func(s *connector.Send) {
			s.AddressSpaces = append(s.AddressSpaces, space)
		})
	}
	return nil
}

// links suggests raising the limit of each site link that is too small for the
// message.
func (q *refusal) links() []suggestion {
	var all []suggestion
	for i, l := range q.config.Links {
		if l.MaxSize == 0 || l.MaxSize >= q.dialog.Size {
			continue
		}
		all = append(all, suggestion{
			kind: EditLimit, path: source.Named("Links", l.Name) + ".MaxSize", text: fmt.Sprintf("raise MaxSize of site link %s to %v", l.Name, param.Size(q.dialog.Size)),
			edit: func(cfg *connector.Config) { cfg.Links[i].MaxSize = q.dialog.Size },
		})
	}
	return all
}

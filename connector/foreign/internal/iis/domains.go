package iis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

type domainEntry = routing.AcceptedDomain

// The flags of RouteAction.
const (
	actionDrop        = 0x1
	actionSmartHost   = 0x2
	actionTLS         = 0x4
	actionAlias       = 0x10
	actionDeliver     = 0x20
	actionDefault     = 0x40
	actionNTLM        = 0x80
	actionClearText   = 0x100
	actionDomainRelay = 0x1000
	actionHELO        = 0x400000

	actionsLocal = actionDrop | actionAlias | actionDeliver | actionDefault
	actionsKnown = actionsLocal | actionSmartHost | actionTLS | actionNTLM | actionClearText | actionDomainRelay | actionHELO
)

// domain returns the domain of a key.
func (k *key) domain() string {
	return strings.ToLower(k.location[strings.LastIndexByte(k.location, '/')+1:])
}

// actions returns the flags of RouteAction.
func (k *key) actions() uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(k.values["RouteAction"].text), 0, 64)
	if err != nil {
		return 0
	}
	return n
}

// acceptedDomains makes accepted domains of the default domain and the keys of domains. A policy has
// them for all connectors, so a domain counts only if each virtual server has it.
func (r *reader) acceptedDomains() {
	for i := range r.servers {
		s := &server{r, r.servers[i]}
		if name := s.get("DefaultDomain"); name != "" {
			r.accept(name, routing.Authoritative, s.find("DefaultDomain").at, "DefaultDomain")
		}
	}
	for i := range r.domains {
		k := &r.domains[i]
		switch action := k.actions(); {
		case action&actionsLocal != 0:
			r.accept(k.domain(), routing.Authoritative, k.at, "IIsSmtpDomain")
		case action&actionDomainRelay != 0:
			r.accept(k.domain(), routing.InternalRelay, k.at, "IIsSmtpDomain")
		default:
			r.Taken(k.at, "IIsSmtpDomain", "clients need the right to relay to "+k.domain())
		}
	}
}

// accept makes an accepted domain if every virtual server has it.
func (r *reader) accept(name string, kind routing.DomainType, at source.Position, setting string) {
	name = strings.ToLower(name)
	wildcard, below := strings.CutPrefix(name, "*.")
	d, err := routing.ParseDomain(wildcard)
	if err != nil {
		r.NotPossible(at, setting, fmt.Sprintf("%q isn't a domain", name), "add the accepted domain by its name")
		return
	}
	if below {
		name = "*." + d.String()
	} else {
		name = d.String()
	}
	for i := range r.servers {
		if !r.hasDomain(&server{r, r.servers[i]}, name) {
			r.NotPossible(at, setting, name+" isn't a domain of all virtual servers, and accepted domains hold for all connectors", "add the accepted domain if each server may take its mail, or serve the virtual servers with gateways of their own")
			return
		}
	}
	as := "an authoritative accepted domain; mail for it needs a Send connector with the server that has the mailboxes, or -lmtp"
	if kind == routing.InternalRelay {
		as = "an accepted domain of the type InternalRelay"
	}
	r.Taken(at, setting, as)
	if !slices.ContainsFunc(r.Config.Accepted, func(a domainEntry) bool { return a.DomainName == name }) {
		r.Config.Accepted = append(r.Config.Accepted, domainEntry{Name: name, DomainName: name, DomainType: kind})
		r.Place(source.Named("Accepted", name), at)
	}
}

// hasDomain reports whether a virtual server takes the mail of a domain.
func (r *reader) hasDomain(s *server, name string) bool {
	if strings.EqualFold(s.get("DefaultDomain"), name) {
		return true
	}
	return slices.ContainsFunc(r.domains, func(k key) bool {
		return k.domain() == name && strings.HasPrefix(strings.ToLower(k.location), strings.ToLower(s.location)+"/") && k.actions()&(actionsLocal|actionDomainRelay) != 0
	})
}

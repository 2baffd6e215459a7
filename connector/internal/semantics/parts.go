package semantics

import (
	"net/netip"
	"slices"
	"strings"
)

// Receiver is an enabled Receive connector of this server as the policy's text gives it.
type Receiver struct {
	Name           string
	Bindings       []netip.AddrPort
	Ranges         []Range
	Entries        []Entry // of its access list
	AllowedSenders []string

	policy   *Policy
	receiver *receiver
}

// Entry allows or denies one right to one principal.
type Entry struct {
	To, Right string
	Deny      bool
}

// Receivers returns the Receive connectors that serve clients.
func (p *Policy) Receivers() []Receiver {
	var all []Receiver
	for _, c := range p.receivers {
		r := Receiver{c.Name, c.bindings, c.ranges, nil, c.AllowedSenders, p, c}
		for _, e := range c.entries {
			r.Entries = append(r.Entries, Entry{e.to, e.right, e.deny})
		}
		all = append(all, r)
	}
	return all
}

// IsServerGroup reports whether the members of a group are Exchange servers of the
// organisation.
func IsServerGroup(name string) bool { return identity{principals: []string{name}}.isServer() }

// AcceptedType returns the type of the accepted domain that covers a domain; "" if none
// does.
func (p *Policy) AcceptedType(domain string) string { return p.acceptedType(domain) }

// IsSecured reports whether TLSReceiveDomainSecureList has a domain.
func (p *Policy) IsSecured(domain string) bool { return p.isSecured(domain) }

// DomainNames returns the names of domains that the text has, sorted.
func (p *Policy) DomainNames() []string {
	var all []string
	add := func(name string) {
		if name = strings.TrimPrefix(spelling(name), "*."); name != "*" && name != "--" && name != "" {
			all = append(all, name)
		}
	}
	for _, a := range p.Accepted {
		add(a.DomainName)
	}
	for _, s := range p.sendConnectors {
		add(s.TlsDomain)
		for _, space := range s.spaces {
			if space.smtp {
				add(space.name)
			}
		}
	}
	for _, name := range slices.Concat(p.Transport.TLSReceiveDomainSecureList, p.Transport.TLSSendDomainSecureList) {
		add(name)
	}
	for _, d := range p.Remote {
		add(d.DomainName)
	}
	for _, r := range p.Receive {
		for _, by := range r.AllowedSenders {
			add(domainOf(by))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// SizeLimits returns the limits for the size of messages that routes compare with,
// ascending.
func (p *Policy) SizeLimits() []int64 {
	var all []int64
	add := func(n int64) {
		if n > 0 && n != unlimited {
			all = append(all, n)
		}
	}
	for _, s := range p.sendConnectors {
		add(size(s.MaxMessageSize))
	}
	if p.Transport.MaxSendSize != "" {
		add(size(p.Transport.MaxSendSize))
	}
	for _, l := range p.Links {
		add(l.MaxSize)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// NextHop is where this server sends mail, and how.
type NextHop struct {
	Hosts  []string // the smart hosts, sorted; none: the domain's mail exchangers
	Port   int64
	TLS    HopTLS
	Logon  string   // how it logs on to which smart host as which user; "": not at all
	Fields []string // the classes of header fields that the host gets
}

// NextHop returns the next hop of a recipient that is routed from this server.
func (p *Policy) NextHop(r Route) NextHop {
	s := p.sendConnector(r.Connector)
	hosts := slices.Clone(s.SmartHosts)
	slices.Sort(hosts)
	return NextHop{slices.Compact(hosts), s.Port, p.TLS(r), s.logon(), p.sentFields(s, domainOf(r.To))}
}

// Talk is a session in which MAIL is the next command.
type Talk struct{ talk *talk }

// Begin runs a session on the connector as far as MAIL. It returns false and the stage that
// refuses it if it doesn't get there. A nil Receiver serves no session.
func (r *Receiver) Begin(s Session) (t Talk, refused string, ok bool) {
	if r == nil || beginsWithTLS(s.Local) && !s.TLS {
		return Talk{}, "connect", false
	}
	t = Talk{&talk{policy: r.policy, receiver: r.receiver}}
	if stage, reason := t.talk.open(&s); reason != "" {
		return t, stage, false
	}
	return t, "", true
}

// Mail returns the reason why MAIL is refused for a sender; "" if it isn't.
func (t Talk) Mail(from string) string { return t.talk.mail(&Session{From: from}, &Result{}) }

// Rcpt returns the reason why RCPT is refused for a recipient, after so many that were
// accepted; "" if it isn't.
func (t Talk) Rcpt(to string, accepted int64) string { return t.talk.recipient(to, accepted) }

// Takes reports whether a message of n bytes is small enough.
func (t Talk) Takes(n int64) bool { return !t.talk.isTooLarge(n) }

// Keeps reports whether a header field passes the header firewall.
func (t Talk) Keeps(field string) bool { return t.talk.keeps(field) }

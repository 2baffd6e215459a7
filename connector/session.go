package connector

import (
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Session is what one client may do on one connector. It is a small immutable
// value: its methods are pure, safe for concurrent use and, except Login, do not
// allocate, unless the session is traced. The zero Session may do nothing.
//
// A Session knows who speaks and whether TLS is up, but not the dialog: that
// EHLO comes before MAIL is its caller's business. After STARTTLS, open a new
// one.
type Session struct {
	in    *Inbound
	who   *party
	tls   bool
	plain bool   // the server has no certificate for TLS
	trace *Trace // nil: nothing records the decisions
}

// Mail is a MAIL command.
type Mail struct {
	From routing.Address // zero: <>
	Size int64           // 0: not declared
}

// Rcpt is a RCPT command.
type Rcpt struct {
	To       routing.Address
	Accepted int // recipients that this transaction has already
}

// End is a message at its end, as it was received.
type End struct {
	HeaderSize, Size int64 // in bytes
	Hops             int   // Received fields
	LocalHops        int   // those of them that name the local server
}

// Open starts a session on a channel: anonymous, Externally Secured or
// Partner, as the connector has it. A disabled connector opens the zero
// Session. Open allocates for Partners only.
//
// The session is [Session.Tracing] t, which says first why the session is who it
// is; t may be nil.
func (in *Inbound) Open(ch auth.Channel, t *Trace) Session {
	if in == nil || !in.enabled {
		none := Session{trace: t}
		none.noConnector()
		return none
	}
	s := Session{in: in, who: in.anonymous, tls: ch.TLS, plain: ch.NoCertificate, trace: t}
	switch {
	case s.who.kind == externalParty:
		s.check(checkExternallySecured, true, about{})
	case in.settings.DomainSecureEnabled && in.mechanism.Has(auth.TLS):
		// A Partner is known by its certificate: it takes TLS, and a name that
		// was verified and is listed.
		domains := in.policy.secured(ch)
		if s.check(checkDomainSecured, len(domains) > 0, about{subject: joinDomains(domains)}) {
			s.who = in.party(partnerParty, auth.Identity{Principal: permission.Partner(joinDomains(domains))})
			s.who.domains = domains
		}
	}
	s.check(checkSession, true, about{subject: s.who.id.Name})
	return s
}

// secured returns the domains of TLSReceiveDomainSecureList whose names the
// channel's peer proved to own. A wildcard in a certificate proves nothing:
// Exchange allows no wildcards in domain security.
func (p *Policy) secured(ch auth.Channel) []routing.Domain {
	if !ch.TLS {
		return nil
	}
	var domains []routing.Domain
	for _, d := range p.secure {
		for _, name := range ch.PeerNames {
			if equalFold(strings.TrimSuffix(name, "."), d.String()) {
				domains = append(domains, d)
				break
			}
		}
	}
	return domains
}

func joinDomains(domains []routing.Domain) string {
	var b strings.Builder
	for i, d := range domains {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.String())
	}
	return b.String()
}

// Tracing returns s such that its decisions append to t what they looked at. The
// sessions that Login makes of it append to t, too. With nil, as at first, nothing
// is recorded, and that costs nothing.
func (s Session) Tracing(t *Trace) Session {
	s.trace = t
	return s
}

// check records a step, if the session is traced, and returns pass.
func (s Session) check(c Check, pass bool, a about) bool {
	if s.trace != nil {
		s.trace.add(Step{Check: c, Pass: pass, about: a, of: s.subject()})
	}
	return pass
}

// address is check for a step about an address.
func (s Session) address(c Check, pass bool, a routing.Address) bool {
	if s.trace != nil {
		s.check(c, pass, about{subject: a.String()})
	}
	return pass
}

// right records whether s holds r, and returns it.
func (s Session) right(c Check, r permission.Right) bool {
	if s.trace != nil {
		s.trace.add(rightStep(s.subject(), c, s.who.id.Name, s.in.acl.Explain(s.who.id.Principal, r)))
	}
	return s.who.rights.Has(r)
}

// noConnector records that no connector decides, and refuses.
func (s Session) noConnector() Decision {
	s.check(checkConnector, false, about{})
	return Decision{}
}

func (s Session) subject() subject { return subject{policy: s.in.Policy(), in: s.in} }

// Inbound returns the connector; nil for the zero Session.
func (s Session) Inbound() *Inbound { return s.in }

// Identity returns who the session is. The caller must not change its slices.
func (s Session) Identity() auth.Identity {
	if s.who == nil {
		return auth.Identity{}
	}
	return s.who.id
}

// Rights returns what the session holds.
func (s Session) Rights() permission.Set {
	if s.who == nil {
		return 0
	}
	return s.who.rights
}

// Authenticated reports whether the session has proven who it is by AUTH or by
// certificate, or is Externally Secured; such sessions are not delayed by
// TarpitInterval.
func (s Session) Authenticated() bool { return s.who != nil && s.who.kind > anonymousParty }

// MaxSize returns the size limit in bytes that applies to the session; 0 is
// none. ms-Exch-Bypass-Message-Size-Limit waives the connector's limit, but
// not the organisation's.
func (s Session) MaxSize() int64 {
	if s.in == nil {
		return 0
	}
	limit := s.in.maxSize
	if s.who.rights.Has(permission.BypassMessageSizeLimit) || s.skipsSize() {
		limit = 0
	}
	if org := s.in.orgSize; org > 0 && (limit == 0 || org < limit) {
		limit = org
	}
	return limit
}

// skipsSize reports whether the connector's limit is not even looked at:
// between Exchange servers of the organisation, where SIZE is announced
// without a number (Set-ReceiveConnector, SizeEnabled).
func (s Session) skipsSize() bool {
	return s.who.server && s.in.settings.SizeEnabled == param.SizeEnabledWithoutValue
}

// Headers returns what passes of the message's header. Cross-premises fields
// never do: to believe them takes the cloud service's certificate, which no
// parameter of ours accepts.
func (s Session) Headers() HeaderFilter {
	var f HeaderFilter
	if s.in == nil {
		s.noConnector()
		return f
	}
	for _, h := range acceptHeaders {
		if s.right(h.check, h.right) {
			f.keep |= h.class
		}
	}
	return f
}

// OffersTLS reports whether to offer STARTTLS now.
func (s Session) OffersTLS() bool {
	return s.in != nil && s.in.mechanism.Has(auth.TLS) && !s.tls && !s.plain
}

// mustStartTLS reports whether nothing goes before TLS (RFC 3207 section 4).
func (s Session) mustStartTLS() bool { return s.in.settings.RequireTLS && !s.tls }

package connector

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Session decides what one client may do on one connector. It is a small immutable
// value: its methods are pure, safe for concurrent use and, except Login, do not
// allocate, unless the session is traced. The zero Session refuses everything.
//
// A Session knows the client's identity and whether TLS is on, but not which
// commands came before: package order checks that EHLO comes before MAIL. After
// STARTTLS, open a new Session.
type Session struct {
	in            *Inbound
	client        *client
	tls           bool
	noCertificate bool        // the server has no certificate for TLS
	noVerifier    bool        // the server can't check passwords
	further       []auth.SASL // what it can run besides LOGIN and PLAIN
	trace         *Trace      // nil: decisions are not recorded
}

// Mail is a MAIL command.
type Mail struct {
	From routing.Address // zero: <>
	Size int64           // 0: not declared
	UTF8 bool            // SMTPUTF8 was given
}

// Rcpt is a RCPT command.
type Rcpt struct {
	To       routing.Address
	Accepted int  // number of recipients accepted before in this transaction
	UTF8     bool // SMTPUTF8 was given with MAIL
}

// Message is a message that was received completely.
type Message struct {
	HeaderSize, Size int64 // in bytes
	Hops             int   // Received fields
	LocalHops        int   // Received fields that name this server
}

// Open starts a session on a channel: Externally Secured or Partner if the
// connector's parameters say so, else anonymous. A disabled connector opens the
// zero Session. Open allocates for Partners only.
//
// The session records its decisions in t, as after [Session.Tracing]; the first
// steps say how the client was identified. t may be nil.
func (in *Inbound) Open(ch auth.Channel, t *Trace) Session {
	if in == nil || !in.enabled {
		none := Session{trace: t}
		none.noConnector()
		return none
	}
	s := Session{in: in, client: in.anonymous, tls: ch.TLS, noCertificate: ch.NoCertificate, noVerifier: ch.NoVerifier, further: ch.Further, trace: t}
	switch {
	case s.client.kind == externalClient:
		s.check(checkExternallySecured, true, about{})
	case in.settings.DomainSecureEnabled && in.mechanism.Has(auth.TLS):
		// A Partner is identified by its certificate, so TLS must be on, and a
		// verified name must be listed.
		domains := in.policy.secured(ch)
		if s.check(checkDomainSecured, len(domains) > 0, about{subject: joinDomains(domains)}) {
			s.client = in.newClient(partnerClient, auth.Identity{Principal: permission.Partner(joinDomains(domains)), Domains: domains})
		}
	}
	s.check(checkSession, true, about{subject: s.client.id.Name})
	return s
}

// secured returns the domains of TLSReceiveDomainSecureList that the peer's
// certificate names. Wildcards in certificates don't count: Exchange allows none in
// domain security.
func (p *Policy) secured(ch auth.Channel) []auth.SenderDomain {
	if !ch.TLS {
		return nil
	}
	var domains []auth.SenderDomain
	for _, d := range p.secure {
		if slices.ContainsFunc(ch.PeerNames, func(name string) bool { return equalFold(strings.TrimSuffix(name, "."), d.String()) }) {
			domains = append(domains, auth.SenderDomain{Domain: d})
		}
	}
	return domains
}

func joinDomains(domains []auth.SenderDomain) string {
	var b strings.Builder
	for i, d := range domains {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.String())
	}
	return b.String()
}

// Tracing returns a copy of s whose decisions append their steps to t. Sessions
// that Login derives from it append to t, too. With nil, decisions are not recorded
// and don't allocate.
func (s Session) Tracing(t *Trace) Session {
	s.trace = t
	return s
}

// check records a step if the session is traced. It returns pass.
func (s Session) check(c Check, pass bool, a about) bool {
	if s.trace != nil {
		s.record(c, pass, a)
	}
	return pass
}

// record records a step. It isn't inlined, so that decisions need no room for a Step on
// the stack: thousands of idle sessions have made one.
//
//go:noinline
func (s Session) record(c Check, pass bool, a about) {
	s.trace.add(Step{Check: c, Pass: pass, about: a, of: s.subject()})
}

// address is check for a step about an address, formatted only if traced.
func (s Session) address(c Check, pass bool, a routing.Address) bool {
	if s.trace != nil {
		s.check(c, pass, about{subject: a.String()})
	}
	return pass
}

// right reports whether s holds r, and records the step if the session is traced.
func (s Session) right(c Check, r permission.Right) bool {
	if s.trace != nil {
		s.trace.add(rightStep(s.subject(), c, s.client.id.Name, s.in.acl.Explain(s.client.id.Principal, r)))
	}
	return s.client.rights.Has(r)
}

// noConnector records that there is no connector, and refuses.
func (s Session) noConnector() Decision {
	s.check(checkConnector, false, about{})
	return Decision{}
}

func (s Session) subject() subject { return subject{policy: s.in.Policy(), in: s.in} }

// Inbound returns the connector; nil for the zero Session.
func (s Session) Inbound() *Inbound { return s.in }

// Identity returns the client's identity. The caller must not change its slices.
func (s Session) Identity() auth.Identity {
	if s.client == nil {
		return auth.Identity{}
	}
	return s.client.id
}

// Rights returns the rights that the session holds.
func (s Session) Rights() permission.Set {
	if s.client == nil {
		return 0
	}
	return s.client.rights
}

// IsSignable reports whether Send connectors with DkimSigning sign the messages of the session. A signature
// says that the author's domain answers for a message (RFC 6376 section 1), so only messages of known clients
// get one, whatever is in From: the client has logged on, may relay, or has ms-Exch-Bypass-Anti-Spam, so that
// it isn't taken for a stranger.
func (s Session) IsSignable() bool {
	if s.client == nil {
		return false
	}
	return s.client.kind == userClient || s.client.rights.Has(permission.AcceptAnyRecipient) || s.client.rights.Has(permission.BypassAntiSpam)
}

// Authenticated reports whether the client authenticated with AUTH or a certificate,
// or is Externally Secured. TarpitInterval doesn't delay such sessions.
func (s Session) Authenticated() bool { return s.client != nil && s.client.kind > anonymousClient }

// MaxSize returns the size limit in bytes that applies to the session; 0 means no
// limit. ms-Exch-Bypass-Message-Size-Limit lifts the connector's limit, but not
// the organisation's.
func (s Session) MaxSize() int64 {
	if s.in == nil {
		return 0
	}
	limit := s.in.maxSize
	if s.client.rights.Has(permission.BypassMessageSizeLimit) || s.skipsSize() {
		limit = 0
	}
	if org := s.in.orgSize; org > 0 && (limit == 0 || org < limit) {
		limit = org
	}
	return limit
}

// skipsSize reports whether the connector's limit is not checked: between Exchange
// servers of the organisation, if SIZE is announced without a number
// (Set-ReceiveConnector, SizeEnabled).
func (s Session) skipsSize() bool {
	return s.client.server && s.in.settings.SizeEnabled == param.SizeEnabledWithoutValue
}

// Headers returns the header firewall for messages of this session. Cross-premises
// fields never pass: a server may accept them only from the cloud service, known by
// its certificate, and no parameter here names that certificate.
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
	f.in, f.allResults = s.in, f.keep&organizationHeaders != 0
	return f
}

// OffersTLS reports whether EHLO offers STARTTLS now.
func (s Session) OffersTLS() bool { return s.in != nil && s.noStartTLS() == "" }

// noStartTLS says why EHLO doesn't offer STARTTLS; "" if it does.
func (s Session) noStartTLS() string {
	switch {
	case !s.in.mechanism.Has(auth.TLS):
		return "AuthMechanism has no Tls"
	case s.noCertificate:
		return "the server has no certificate"
	case s.tls:
		return "TLS is up already"
	}
	return ""
}

// mustStartTLS reports whether the client must use STARTTLS first (RFC 3207 section 4).
func (s Session) mustStartTLS() bool { return s.in.settings.RequireTLS && !s.tls }

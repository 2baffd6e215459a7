package connector

import (
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/reply"
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

// SASL returns the SASL mechanisms to offer now, in the order in which EHLO
// lists them.
func (s Session) SASL() []string {
	if s.in == nil || s.who.kind == userParty || s.mustStartTLS() {
		return nil
	}
	return s.in.mechanism.Offer(auth.Channel{TLS: s.tls})
}

// OffersTLS reports whether to offer STARTTLS now.
func (s Session) OffersTLS() bool {
	return s.in != nil && s.in.mechanism.Has(auth.TLS) && !s.tls && !s.plain
}

// mustStartTLS reports whether nothing goes before TLS (RFC 3207 section 4).
func (s Session) mustStartTLS() bool { return s.in.settings.RequireTLS && !s.tls }

// Login returns the session after AUTH proved id, or s itself with the
// decision that refuses it. The identity replaces the anonymous one and gains
// Authenticated Users, so grants to anonymous sessions are lost. An identity
// that would not hold ms-Exch-SMTP-Submit is refused: Exchange requires that right
// for AUTH and MAIL. Login copies id.
func (s Session) Login(id auth.Identity) (Session, Decision) {
	if s.in == nil {
		return s, s.noConnector()
	}
	if d := s.mayLogin(); !d.Allowed() {
		return s, d
	}
	user := loginIdentity(id)
	if !s.check(checkIdentity, !user.IsZero(), about{subject: user.String()}) {
		return s, s.in.Decide(reply.BadCredentials)
	}
	next := s
	next.who = s.in.party(userParty, user)
	if !next.right(checkSubmit, permission.Submit) {
		return s, s.in.mark.decide(reply.LoginWithoutSubmit, permission.Submit)
	}
	return next, s.in.Decide(reply.LoginOK)
}

// loginIdentity is id as AUTH proves it: a copy with Authenticated Users and
// without anything that only a lack of proof gives.
func loginIdentity(id auth.Identity) auth.Identity {
	sids := make([]permission.SID, 0, len(id.SIDs)+1)
	for _, sid := range id.SIDs {
		if sid != permission.SIDAnonymous && sid != "" {
			sids = append(sids, sid)
		}
	}
	if id.Name == "" && len(sids) == 0 {
		return auth.Identity{} // nobody stays nobody
	}
	if !slices.Contains(sids, permission.SIDAuthenticatedUsers) {
		sids = append(sids, permission.SIDAuthenticatedUsers)
	}
	return auth.Identity{
		Principal: permission.Principal{Name: id.Name, SIDs: sids},
		Addresses: slices.Clone(id.Addresses),
	}
}

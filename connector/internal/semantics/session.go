package semantics

import (
	"net/netip"
	"strings"
)

// Client says who connects, and what the client does before MAIL: it says EHLO, uses STARTTLS
// and says EHLO again if TLS is set and the connection doesn't begin with TLS, and logs on if
// User is set.
type Client struct {
	Local     netip.AddrPort
	Remote    netip.Addr
	Helo      string
	TLS       bool
	PeerNames []string // the domains that the client's certificate names, verified; none without TLS
	User      bool     // the client logs on
	Groups    []string // the user's, besides Authenticated Users
	Addresses []string // that are the user's own
	Domains   []string // of which the user may send as every address: contoso.com, or *.contoso.com
}

// Session is a session on a Receive connector: what the client has proven so far.
type Session struct {
	*Receiver
	identity
	tls bool
}

// Refusal is a command that is refused.
type Refusal struct {
	Stage  string // "connect", "ehlo", "starttls", "auth", "mail", "rcpt", "route" or "data"
	Reason string // the name of the reason, as in the log: "relay-denied"
}

// Begin runs a session as far as MAIL, or to the command that is refused. A nil Receiver
// serves no session.
// docs/model.md "One session", docs/receive.md "The checks, in order".
func (r *Receiver) Begin(c Client) (s *Session, refused *Refusal) {
	if r == nil {
		return nil, &Refusal{"connect", "no-connector"}
	}
	s = &Session{Receiver: r, identity: r.identify(false, nil)}
	if BeginsWithTLS(c.Local) && !c.TLS {
		return s, &Refusal{"connect", "implicit-tls"}
	}
	if reason := r.hello(c.Helo); reason != "" {
		return s, &Refusal{"ehlo", reason}
	}
	if c.TLS && !BeginsWithTLS(c.Local) && !r.Mechanisms["Tls"] {
		return s, &Refusal{"starttls", "unrecognized-command"}
	}
	s.tls, s.identity = c.TLS, r.identify(c.TLS, c.PeerNames)
	if !c.User {
		return s, nil
	}
	if reason := s.logOn(&c); reason != "" {
		return s, &Refusal{"auth", reason}
	}
	return s, nil
}

// BeginsWithTLS reports whether connections to a local address begin with TLS.
// docs/receive.md "Which connector takes a connection": port 465.
func BeginsWithTLS(local netip.AddrPort) bool { return local.Port() == implicitTLS }

// hello decides on EHLO.
func (r *Receiver) hello(name string) string {
	switch {
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return "illegal-character"
	case r.RequireEHLODomain && strings.Trim(name, " \t") == "":
		return "hello-domain-required"
	}
	return ""
}

// logOn decides on AUTH. A user without Submit can't log on.
func (s *Session) logOn(c *Client) string {
	if s.RequireTLS && !s.tls {
		return "starttls-first"
	}
	if len(s.Logons(s.tls)) == 0 {
		return "mechanism-not-offered"
	}
	user := c.user()
	if !holds(s.Entries, user.principals, Submit) {
		return "login-without-submit"
	}
	s.identity = user
	return ""
}

// Mail returns the reason why MAIL is refused for a sender and the size that it declares; ""
// if it isn't. Without a sender it is <>.
func (s *Session) Mail(from string, size int64) string {
	switch {
	case s.RequireTLS && !s.tls:
		return "starttls-first"
	case !s.May(Submit):
		return "not-authenticated"
	case !isASCII(LocalOf(from)) && !s.UTF8:
		return "address-needs-utf8"
	case !s.Takes(s.Declared(size)):
		return "message-too-large"
	case from == "": // always passes
		return ""
	}
	refused := s.RefusesSender(from)
	if s.RewriteSender != "" && s.Replaces(refused) {
		return ""
	}
	return refused
}

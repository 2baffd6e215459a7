package semantics

import "strings"

// Decide runs a session. It ends with the first command that is refused; only after a
// recipient that is refused does it go on.
// docs/model.md "One session", docs/receive.md "The checks, in order".
func (p *Policy) Decide(s Session) Result {
	c := p.serving(s.Local, s.Remote)
	if c == nil {
		return Result{Refused: []Refusal{{"connect", "no-connector"}}}
	}
	r := Result{Connector: c.Name}
	if beginsWithTLS(s.Local) && !s.TLS {
		r.refuse("connect", "implicit-tls")
		return r
	}
	t := &talk{policy: p, receiver: c}
	if r.refuse(t.open(&s)) || r.refuse("mail", t.mail(&s, &r)) {
		return r
	}
	r.recipients(t, &s)
	r.refuse("data", t.data(&s, &r))
	return r
}

// refuse records a refusal if there is a reason.
func (r *Result) refuse(stage, reason string) bool {
	if reason != "" {
		r.Refused = append(r.Refused, Refusal{stage, reason})
	}
	return reason != ""
}

// open runs the session as far as MAIL.
func (t *talk) open(s *Session) (stage, reason string) {
	if reason := t.hello(s.Helo); reason != "" {
		return "ehlo", reason
	}
	if s.TLS && !beginsWithTLS(s.Local) && !t.mechanism["Tls"] {
		return "starttls", "unrecognized-command"
	}
	t.tls, t.identity = s.TLS, t.policy.identify(t.receiver, s.TLS, s.PeerNames)
	if s.User {
		return "auth", t.logOn(s)
	}
	return "", ""
}

// hello decides on EHLO.
func (t *talk) hello(name string) string {
	switch {
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return "illegal-character"
	case t.RequireEHLODomain && strings.Trim(name, " \t") == "":
		return "hello-domain-required"
	}
	return ""
}

// logOn decides on AUTH. A user without Submit can't log on.
func (t *talk) logOn(s *Session) string {
	if t.RequireTLS && !t.tls {
		return "starttls-first"
	}
	if len(t.logons(t.tls)) == 0 {
		return "mechanism-not-offered"
	}
	user := s.logOn()
	if !holds(t.entries, user.principals, submit) {
		return "login-without-submit"
	}
	t.identity = user
	return ""
}

// mail decides on MAIL.
func (t *talk) mail(s *Session, r *Result) (refused string) {
	switch {
	case t.RequireTLS && !t.tls:
		return "starttls-first"
	case !t.may(submit):
		return "not-authenticated"
	case !isASCII(localOf(s.From)) && !t.utf8:
		return "address-needs-utf8"
	case t.isTooLarge(t.declared(s.Size)):
		return "message-too-large"
	}
	r.Sender, refused = t.sender(s.From)
	return refused
}

// recipients decides on RCPT for each recipient. One without a route is refused, too,
// and doesn't count among those that were accepted.
func (r *Result) recipients(t *talk, s *Session) {
	for _, to := range s.To {
		if r.refuse("rcpt", t.recipient(to, int64(len(r.Routes)))) {
			continue
		}
		route := t.policy.Route(to, t.declared(s.Size))
		if !r.refuse("route", unroutable[route.Outcome]) {
			r.Routes = append(r.Routes, route)
		}
	}
}

// unroutable has the reasons for outcomes (docs/routing.md "No route").
var unroutable = map[string]string{Unreachable: "unroutable", TooLarge: "route-too-small"}

// data decides on the message: first on its header, then on its size, which was perhaps
// not declared.
func (t *talk) data(s *Session, r *Result) string {
	if len(r.Routes) == 0 {
		return "need-rcpt"
	}
	if refused := t.header(s); refused != "" {
		return refused
	}
	from, refused := t.authors(s)
	if refused != "" {
		return refused
	}
	if t.isTooLarge(s.Size) {
		return "message-too-large"
	}
	for _, route := range r.Routes {
		if now := t.policy.Route(route.To, s.Size); now.Outcome == TooLarge {
			return unroutable[TooLarge]
		}
	}
	r.NewFrom = from
	for _, field := range s.Header {
		if t.keeps(field) {
			r.Kept = append(r.Kept, field)
		}
	}
	return ""
}

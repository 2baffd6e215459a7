package observed

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// Decide runs a session. It ends with the first command that is refused; only after a
// recipient that is refused does it go on.
// docs/model.md "One session", docs/receive.md "The checks, in order".
func (p *Policy) Decide(s Session) Result {
	var r Result
	c := p.Serving(s.Local, s.Remote)
	if c != nil {
		r.Connector = c.Name
	}
	begun, refused := c.Begin(s.Client)
	if refused != nil {
		r.Refused = append(r.Refused, *refused)
		return r
	}
	t := &transfer{begun, p}
	if r.refuse("mail", t.Mail(s.From, s.Size)) {
		return r
	}
	r.Sender = t.sender(s.From)
	r.recipients(t, &s)
	r.refuse("data", t.data(&s, &r))
	return r
}

// refuse records a refusal if there is a reason.
func (r *Result) refuse(stage, reason string) bool {
	if reason != "" {
		r.Refused = append(r.Refused, semantics.Refusal{Stage: stage, Reason: reason})
	}
	return reason != ""
}

// recipients decides on RCPT for each recipient. One without a route is refused, too,
// and doesn't count among those that were accepted.
func (r *Result) recipients(t *transfer, s *Session) {
	for _, to := range s.To {
		if r.refuse("rcpt", t.Rcpt(to, int64(len(r.Routes)))) {
			continue
		}
		route := t.policy.Route(to, t.Declared(s.Size))
		if !r.refuse("route", unroutable[route.Outcome]) {
			r.Routes = append(r.Routes, route)
		}
	}
}

// unroutable has the reasons for outcomes (docs/routing.md "No route").
var unroutable = map[string]string{semantics.Unreachable: "unroutable", semantics.TooLarge: "route-too-small"}

// transfer is a session in which a message is sent.
type transfer struct {
	*semantics.Session
	policy *Policy
}

// sender returns the sender of the envelope after MAIL, which isn't refused. The null sender
// is never replaced.
func (t *transfer) sender(from string) string {
	if from != "" && t.RewriteSender != "" && t.Replaces(t.RefusesSender(from)) {
		return addressText(t.RewriteSender)
	}
	return from
}

// data decides on the message: first on its header, then on its size, which was perhaps
// not declared.
func (t *transfer) data(s *Session, r *Result) string {
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
	if !t.Takes(s.Size) {
		return "message-too-large"
	}
	for _, route := range r.Routes {
		if now := t.policy.Route(route.To, s.Size); now.Outcome == semantics.TooLarge {
			return unroutable[semantics.TooLarge]
		}
	}
	r.NewFrom = from
	for _, field := range s.Header {
		if t.Keeps(field) {
			r.Kept = append(r.Kept, field)
		}
	}
	return ""
}

// header returns the reason why a message is refused as soon as its header has arrived;
// "" if it isn't. docs/receive.md "The checks, in order", message.
func (t *transfer) header(s *Session) string {
	most := t.policy.limits(t.Receiver)
	switch {
	case s.HeaderSize > most.header:
		return "header-too-large"
	case int64(s.Hops) > most.hops, most.localHops > 0 && int64(s.LocalHops) > most.localHops:
		return "hop-count-exceeded"
	}
	return ""
}

// authors decides on the addresses of From and Sender, and says by which address From
// is replaced. docs/receive.md "Devices that can't set their sender".
func (t *transfer) authors(s *Session) (from, refused string) {
	for _, a := range s.Authors {
		if refused = t.RefusesSender(a); refused != "" {
			break
		}
	}
	if refused == "" && s.Unreadable && !t.maySendAsAnybody() {
		refused = t.SendAsDenied()
	}
	replacement := addressText(t.RewriteFrom)
	same := len(s.Authors) > 0 && !s.Unreadable && !slices.ContainsFunc(s.Authors, func(a string) bool { return !semantics.SameAddress(a, replacement) })
	if t.RewriteFrom != "" && t.Replaces(refused) && !same {
		return replacement, ""
	}
	return "", refused
}

// maySendAsAnybody reports whether no author is refused, so that authors that can't be read
// aren't, either. docs/receive.md "Senders".
func (t *transfer) maySendAsAnybody() bool {
	listed := t.Kind == semantics.AnonymousLogon && len(t.AllowedSenders) > 0
	secured := t.IsStranger() && t.DomainSecureEnabled && len(t.policy.Transport.TLSReceiveDomainSecureList) > 0
	return t.May(semantics.AnySender) && t.May(semantics.AuthoritativeSender) && !listed && !secured
}

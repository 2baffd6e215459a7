package relaytest

import (
	"crypto/tls"
	"slices"
	"strings"
)

// Office365 plays smtp.office365.com, as far as a relay that sends through it can see:
// STARTTLS, then AUTH LOGIN and XOAUTH2, a refusal of a token at once and without a reason in
// JSON, a refusal of messages with another sender than the mailbox when they are complete,
// and the service's refusals at any stage. It isn't known whether the service takes the null
// sender of delivery reports; this one refuses it, too. It doesn't look at the field From.
type Office365 struct {
	Certificate *tls.Certificate // for *.office365.com, as that of the service
	Mailbox     string           // that sends
	Password    string           // of Mailbox; "": only tokens are accepted
	Senders     []string         // other senders that Mailbox may use; "" is the null sender
	// Token reports whether a token is one for Mailbox; nil: only Password is accepted.
	// Connections call it at the same time.
	Token func(token string) bool
	// Refuse, if not nil, is called at every stage and returns the refusal there; "": none.
	// Connections call it at the same time.
	Refuse func(stage Stage) string
}

// Sink returns the host. Its Serve, Messages and Connections are those of any Sink.
func (o Office365) Sink() *Sink {
	s := &Sink{Hostname: "AM0PR01CA0101.outlook.office365.com", Certificate: o.Certificate,
		Mechanisms: []string{"LOGIN", "XOAUTH2"}, TokenAtOnce: true, Users: map[string]string{}}
	if o.Password != "" {
		s.Users[o.Mailbox] = o.Password
	}
	if o.Token != nil {
		s.Tokens = func(user, token string) bool { return user == o.Mailbox && o.Token(token) }
	}
	s.Script = func(stage Stage, argument string) string {
		if o.Refuse != nil {
			if reply := o.Refuse(stage); reply != "" {
				return reply
			}
		}
		if stage == StageData && !o.maySend(argument) {
			return "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
		}
		return ""
	}
	return s
}

// maySend reports whether Mailbox may send as sender.
func (o Office365) maySend(sender string) bool {
	same := func(s string) bool { return strings.EqualFold(s, sender) }
	return same(o.Mailbox) || slices.ContainsFunc(o.Senders, same)
}

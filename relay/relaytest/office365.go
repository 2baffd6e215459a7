package relaytest

import "crypto/tls"

// Office365 plays smtp.office365.com, as far as a relay that sends through it can see:
// STARTTLS, then AUTH LOGIN and XOAUTH2, a refusal of a token at once and without a reason in
// JSON, and the service's refusals at any stage.
type Office365 struct {
	Certificate *tls.Certificate // for *.office365.com, as that of the service
	Mailbox     string           // that sends
	Password    string           // of Mailbox; "": only tokens are accepted
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
	if o.Refuse != nil {
		s.Script = func(stage Stage, _ string) string { return o.Refuse(stage) }
	}
	return s
}

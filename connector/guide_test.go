package connector_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestGuide holds the three scenarios of the administrator's guide, with its
// addresses, as whole dialogs.
func TestGuide(t *testing.T) {
	gateway := user("smtpgateway@fabrikam.com")
	base := connector.Dialog{
		Local: at("10.2.3.4:25"), Helo: "smtpgateway1.contoso.com",
		From: addr("a@contoso.com"), To: []routing.Address{addr("b@example.net")}, Size: 10_000,
	}
	from := func(remote string, change func(*connector.Dialog)) connector.Dialog {
		d := base
		d.Remote = ip(remote)
		if change != nil {
			change(&d)
		}
		return d
	}
	basicAuth := func(d *connector.Dialog) {
		d.TLS, d.User, d.From = true, &gateway, addr("smtpgateway@fabrikam.com")
	}
	inward := func(d *connector.Dialog) { d.To = []routing.Address{addr("b@fabrikam.com")} }
	const limit = 36 << 20
	tests := []struct {
		why       string
		dialog    connector.Dialog
		connector string
		reason    reply.Reason // of the first refusal; Undecided: none
	}{
		{"Basic: after STARTTLS and AUTH, to any recipient", from("203.0.113.5", basicAuth), "Default HubA", reply.Undecided},
		{"Basic: AUTH before TLS", from("203.0.113.5", func(d *connector.Dialog) { basicAuth(d); d.TLS = false }),
			"Default HubA", reply.MechanismNotOffered},
		{"Basic: relay without AUTH", from("203.0.113.5", nil), "Default HubA", reply.RelayDenied},
		{"Basic: as another sender", from("203.0.113.5", func(d *connector.Dialog) { basicAuth(d); d.From = addr("ceo@fabrikam.com") }),
			"Default HubA", reply.SendAsDenied},
		{"Basic: over the size limit", from("203.0.113.5", func(d *connector.Dialog) { basicAuth(d); d.Size = limit + 1 }),
			"Default HubA", reply.MessageTooLarge},

		{"Secured: to anyone", from("192.168.1.10", nil), "FromSecuredGateway", reply.Undecided},
		{"Secured: as an internal sender", from("192.168.1.10", func(d *connector.Dialog) { d.From = addr("ceo@fabrikam.com") }),
			"FromSecuredGateway", reply.Undecided},
		{"Secured: AUTH is not offered", from("192.168.1.10", func(d *connector.Dialog) { d.User = &gateway }),
			"FromSecuredGateway", reply.MechanismNotOffered},
		{"Secured: the neighbour", from("192.168.1.11", nil), "Default HubA", reply.RelayDenied},

		{"Anonymous: to anyone", from("192.168.5.77", nil), "FromInternetGateway", reply.Undecided},
		{"Anonymous: over the size limit", from("192.168.5.77", func(d *connector.Dialog) { d.Size = limit + 1 }),
			"FromInternetGateway", reply.MessageTooLarge},
		{"Anonymous: the neighbour", from("192.168.5.78", nil), "Default HubA", reply.RelayDenied},
		{"Anonymous: to another local address", from("192.168.5.77", func(d *connector.Dialog) { d.Local = at("10.2.3.5:25") }),
			"Default HubA", reply.RelayDenied},
		{"a stranger, inward", from("198.51.100.9", inward), "Default HubA", reply.Unroutable}, // no mailboxes behind HubA here
		{"no connector listens", from("198.51.100.9", func(d *connector.Dialog) { d.Local = at("10.2.3.4:26") }), "", reply.NoConnector},
	}
	p := compile(t, guide(permission.Current))
	for _, tt := range tests {
		w := p.Walk(tt.dialog)
		if got := w.Session.Inbound().Name(); got != tt.connector {
			t.Errorf("%s: served by %q, want %q", tt.why, got, tt.connector)
		}
		if got := firstRefusal(w); got != tt.reason || w.Accepted() != (tt.reason == reply.Undecided) {
			t.Errorf("%s: %v, want %v\n%s", tt.why, got, tt.reason, w)
		}
	}
}

func firstRefusal(w connector.Walkthrough) reply.Reason {
	for _, s := range w.Stages {
		if !s.Decision.Allowed() {
			return s.Decision.Reason
		}
	}
	return reply.Undecided
}

// TestGuideSecuredSize sends a message over the limit through the Externally
// Secured connector. No Send connector of the guide would carry it on, so the
// decision alone is asked.
func TestGuideSecuredSize(t *testing.T) {
	s := open(compile(t, guide(permission.Current)).Select(at("10.2.3.4:25"), ip("192.168.1.10"), nil))
	if d := s.Mail(connector.Mail{From: addr("a@fabrikam.com"), Size: 1 << 30}); !d.Allowed() || s.MaxSize() != 0 {
		t.Errorf("MAIL: %v, MaxSize %d", d, s.MaxSize())
	}
	if d := s.Message(connector.Message{Size: 1 << 30}); !d.Allowed() {
		t.Errorf("end: %v", d)
	}
}

// TestGuideHeaders checks that organisation header fields of the anonymous gateway are
// removed, and that those of the secured gateway of 2007, whose group has the right, pass.
func TestGuideHeaders(t *testing.T) {
	const org = "X-MS-Exchange-Organization-AuthAs"
	p := compile(t, guide(permission.Exchange2007))
	relay := open(p.Select(at("10.2.3.4:25"), ip("192.168.5.77"), nil)).Headers()
	secured := open(p.Select(at("10.2.3.4:25"), ip("192.168.1.10"), nil)).Headers()
	if relay.Keep(org) || !relay.Keep("Received") || !secured.Keep(org) {
		t.Errorf("relay keeps %v, secured keeps %v", relay.Keep(org), secured.Keep(org))
	}
}

// TestGuideWithoutGrant takes Add-ADPermission away: only accepted domains.
func TestGuideWithoutGrant(t *testing.T) {
	for profile, want := range map[connector.Profile]string{
		permission.Current:      "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
		permission.Exchange2007: "550 5.7.1 Unable to relay",
	} {
		cfg := guide(profile)
		cfg.Receive[2].Permissions = nil
		s := open(compile(t, cfg).Select(at("10.2.3.4:25"), ip("192.168.5.77"), nil))
		if got := s.Rcpt(connector.Rcpt{To: addr("b@example.net")}).Reply().String(); got != want {
			t.Errorf("%v: %s, want %s", profile, got, want)
		}
		if d := s.Rcpt(connector.Rcpt{To: addr("b@fabrikam.com")}); !d.Allowed() {
			t.Errorf("%v: accepted domain: %v", profile, d)
		}
	}
}

// TestGuideOffers checks that the default connector offers AUTH under TLS only.
func TestGuideOffers(t *testing.T) {
	in := compile(t, guide(permission.Current)).Select(at("10.2.3.4:25"), ip("203.0.113.5"), nil)
	if got := in.Open(auth.Channel{}, nil).SASL(); got != nil {
		t.Errorf("before TLS: %q", got)
	}
	if got := in.Open(auth.Channel{TLS: true}, nil).SASL(); len(got) != 2 || got[0] != auth.Login {
		t.Errorf("under TLS: %q", got)
	}
}

package relay_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// TestMessageEvents: the events of a message name its session, the message itself and the
// connection that it came by, and the Handler gets the same names.
func TestMessageEvents(t *testing.T) {
	r := new(recorder)
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		s.Events = []event.Reader{r.read}
		s.Explain = func(string) bool { return true }
	})
	c := w.encrypted(stranger, hub)
	c.Do("MAIL FROM:<amy@contoso.com>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	c.Do("RCPT TO:<kim@example.org>", 550)
	c.Do("RCPT TO:<lee@fabrikam.com>", 250)
	send(c, strings.Replace(message, "hello", "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", 1), 250)
	c.Do("QUIT", 221)
	w.waitForEnd()
	ended, accepted, refused, decided := r.of(event.ConnectionEnded), r.of(event.MessageAccepted), r.of(event.CommandRefused), r.of(event.Decision)
	if len(ended) != 1 || len(accepted) != 2 || len(refused) != 1 {
		t.Fatalf("%d, %d and %d events", len(ended), len(accepted), len(refused))
	}
	env := w.mailbox.last(t).env
	decisions := make(map[string]string)
	for _, d := range decided {
		decisions[d.Decision] = d.Command
	}
	for i, e := range append(accepted, refused...) {
		if e.Session != ended[0].Session || e.Session == "" || e.Session != env.Session {
			t.Errorf("%v: session %q, want %q, and the Handler has %q", e.Kind, e.Session, ended[0].Session, env.Session)
		}
		if !envelope.ValidNetworkID(e.NetworkID) || e.NetworkID != env.NetworkID || e.ID != env.ID {
			t.Errorf("%v: names %q %q, and the Handler has %q %q", e.Kind, e.ID, e.NetworkID, env.ID, env.NetworkID)
		}
		if e.TLS == 0 || e.Cipher == 0 || !e.Rights.Has(permission.Submit) || e.Outgoing {
			t.Errorf("%v: TLS %x, cipher %x, rights %v, outgoing %v", e.Kind, e.TLS, e.Cipher, e.Rights, e.Outgoing)
		}
		if want := []string{"DATA", "DATA", "RCPT"}[i]; decisions[e.Decision] != want {
			t.Errorf("%v: decision %q is about %q", e.Kind, e.Decision, decisions[e.Decision])
		}
	}
	for i, e := range accepted {
		if e.MessageID != "<1@client.contoso.com>" || e.Subject != "Grüße" || e.Following != 1-i || e.MessageID != env.MessageID || e.Subject != env.Subject {
			t.Errorf("%q %q, %d follow; the Handler has %q %q", e.MessageID, e.Subject, e.Following, env.MessageID, env.Subject)
		}
	}
	if log := w.log.String(); strings.Count(log, " tls=\"TLS 1.3\" cipher=TLS_") < 3 {
		t.Errorf("no version and cipher in\n%s", log)
	}
}

// TestNetworkIDOfOthers: a message keeps the network ID that another server of the organisation
// gave it, and not one that a stranger wrote.
func TestNetworkIDOfOthers(t *testing.T) {
	const id = "6F1C5B9E-0000-4000-8000-00000000000A"
	trusted := permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptHeadersOrganization)}
	w := serve(t, policy(t, defaultHub(), fromAnonymousGateway(trusted)), nil)
	last := func() string {
		all := w.mailbox.letters()
		return all[len(all)-1].env.NetworkID
	}
	for from, kept := range map[string]bool{gateway: true, stranger: false} {
		c := w.beginFrom(from)
		send(c, "X-MS-Exchange-Organization-Network-Message-Id: "+id+"\r\n"+message, 250)
		if got := last(); (got == strings.ToLower(id)) != kept || !envelope.ValidNetworkID(got) {
			t.Errorf("from %s: %q", from, got)
		}
		c = w.beginFrom(from)
		send(c, "X-MS-Exchange-Organization-Network-Message-Id: ;drop\r\n"+message, 250)
		if got := last(); !envelope.ValidNetworkID(got) {
			t.Errorf("from %s: %q", from, got)
		}
	}
}

package connector_test

import (
	"reflect"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// TestDecideVerdict checks that the reply and the verdict agree.
func TestDecideVerdict(t *testing.T) {
	var none *connector.Inbound
	for _, c := range reply.Reasons() {
		d := none.Decide(c)
		if code := d.Reply().Code; d.Allowed() != (code < 400) {
			t.Errorf("%v: %s", d, d.Reply())
		}
		if d.Reply().Code == 421 && d.Verdict != connector.Close {
			t.Errorf("%v: 421 does not close the connection", d)
		}
	}
}

// TestZero checks that zero values refuse everything and don't panic.
func TestZero(t *testing.T) {
	var (
		policy  *connector.Policy
		inbound *connector.Inbound
		out     *connector.Outbound
		session connector.Session
	)
	checkRefuses(t, "zero Session", session)
	checkRefuses(t, "Session of nil Inbound", inbound.Open(auth.Channel{}, nil))
	if (connector.Decision{}).Allowed() || (connector.Decision{}).Reply().Code != 451 {
		t.Error("the zero Decision does not refuse")
	}
	if policy.Select(at("192.0.2.1:25"), ip("192.0.2.2"), nil) != nil || policy.Bindings() != nil || policy.Warnings() != nil {
		t.Error("a nil Policy serves")
	}
	if r := policy.Route(addr("a@example.net"), 0, nil); r.Reason() != reply.Unroutable {
		t.Errorf("a nil Policy routes: %v", r)
	}
	for range policy.Receive() {
		t.Error("a nil Policy has Receive connectors")
	}
	for range policy.Send() {
		t.Error("a nil Policy has Send connectors")
	}
	if w := policy.Walk(connector.Dialog{}); w.Accepted() {
		t.Error("a nil Policy accepts a dialog")
	}
	var trace connector.Trace
	explained := out.Headers(routing.Domain{}, &trace)
	if inbound.Name() != "" || inbound.Fqdn() != "" || inbound.Settings() != nil || inbound.Policy() != nil || inbound.BeginsTLS() ||
		out.Name() != "" || out.Fqdn() != "" || out.Settings() != nil || !out.Peer(routing.Domain{}).IsZero() || explained.Keep("Received") || out.Headers(routing.Domain{}, nil).Keep("Received") || out.Secured(routing.Domain{}) || out.Local() {
		t.Error("a nil connector has an identity")
	}
	empty := compile(t, connector.Config{})
	if empty.Select(at("192.0.2.1:25"), ip("192.0.2.2"), nil) != nil || empty.Route(addr("a@example.net"), 0, nil).Outbound != nil {
		t.Error("an empty Config lets something in")
	}
}

func checkRefuses(t *testing.T, name string, s connector.Session) {
	t.Helper()
	next, login := s.Login(user("ann@contoso.com"))
	decisions := []connector.Decision{
		s.Hello("a.example"), s.StartTLS(), s.Auth("PLAIN"), login, s.Mail(connector.Mail{}),
		s.Rcpt(connector.Rcpt{To: addr("a@contoso.com")}), s.Message(connector.Message{}), s.Authors([]routing.Address{addr("a@contoso.com")}, true),
	}
	for i, d := range decisions {
		if d.Allowed() || d.Reply().Code < 400 {
			t.Errorf("%s: decision %d is %v", name, i, d)
		}
	}
	if !reflect.DeepEqual(next, s) || s.Rights() != 0 || s.SASL() != nil || s.Authenticated() || s.Headers().Keep("Received") || s.Inbound() != nil {
		t.Errorf("%s has an identity", name)
	}
}

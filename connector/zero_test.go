package connector_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestReasons checks every reason to be complete, and every reply to be one
// that RFC 5321 and RFC 3463 allow.
func TestReasons(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, c := range append(connector.Reasons(), connector.Undecided) {
		name := c.String()
		if !kebab.MatchString(name) || seen[name] {
			t.Errorf("name %q is malformed or not unique", name)
		}
		seen[name] = true
		if doc := c.Doc(); !strings.HasSuffix(doc, ".") {
			t.Errorf("%s: doc %q is no sentence", name, doc)
		}
		for _, profile := range []connector.Profile{permission.Current, permission.Exchange2007} {
			checkReply(t, name, c.Reply(profile))
		}
	}
	if beyond := connector.Reason(255); beyond.String() != "Reason(255)" || beyond.Doc() != "" ||
		beyond.Reply(permission.Current) != connector.Undecided.Reply(permission.Current) {
		t.Error("an unknown reason is not undecided")
	}
}

func checkReply(t *testing.T, name string, r connector.Reply) {
	t.Helper()
	if r.Code < 200 || r.Code > 559 {
		t.Errorf("%s: code %d", name, r.Code)
	}
	if r.Enhanced != [3]int{} && r.Enhanced[0] != r.Code/100 {
		t.Errorf("%s: %s: the classes differ", name, r)
	}
	if (r.Code >= 400) != (r.Enhanced[0] >= 4) {
		t.Errorf("%s: %s: a refusal without enhanced code", name, r)
	}
	for _, b := range []byte(r.String()) {
		if b < ' ' || b > '~' {
			t.Errorf("%s: %q is not printable", name, r)
		}
	}
	if len(r.String()) > 510 { // RFC 5321 section 4.5.3.1.5
		t.Errorf("%s: %d bytes", name, len(r.String()))
	}
}

// TestDecideVerdict wants the reply and the verdict to say the same.
func TestDecideVerdict(t *testing.T) {
	var nobody *connector.Inbound
	for _, c := range connector.Reasons() {
		d := nobody.Decide(c)
		if code := d.Reply().Code; d.Allowed() != (code < 400) {
			t.Errorf("%v: %s", d, d.Reply())
		}
		if d.Reply().Code == 421 && d.Verdict != connector.Close {
			t.Errorf("%v: 421 does not close the connection", d)
		}
	}
}

func TestReplyForms(t *testing.T) {
	r := connector.RelayDenied.Reply(permission.Current)
	if got := r.String(); got != "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain" {
		t.Error(got)
	}
	if got := r.Bare().String(); got != "550 SMTP; Unable to relay recipient in non-accepted domain" {
		t.Error(got)
	}
	if got := (connector.Reply{Code: 334}).String(); got != "334" {
		t.Error(got)
	}
	got := connector.Queued("a1>\r\n550 no", "mx].example").String()
	if got != "250 2.6.0 [InternalId=a1550no, Hostname=mx.example] Queued mail for delivery" {
		t.Error(got)
	}
}

// TestZero wants everything that nobody made to refuse and nothing to panic.
func TestZero(t *testing.T) {
	var (
		policy  *connector.Policy
		inbound *connector.Inbound
		out     *connector.Outbound
		session connector.Session
	)
	checkRefuses(t, "zero Session", session)
	checkRefuses(t, "Session of nil Inbound", inbound.Open(auth.Channel{}))
	if (connector.Decision{}).Allowed() || (connector.Decision{}).Reply().Code != 451 {
		t.Error("the zero Decision does not refuse")
	}
	if policy.Select(at("192.0.2.1:25"), ip("192.0.2.2")) != nil || policy.Bindings() != nil || policy.Warnings() != nil {
		t.Error("a nil Policy serves")
	}
	if r := policy.Route(addr("a@example.net"), 0); r.Reason() != connector.Unroutable {
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
	explained, _ := out.ExplainHeaders(routing.Domain{})
	if inbound.Name() != "" || inbound.Fqdn() != "" || inbound.Settings() != nil || inbound.Policy() != nil ||
		out.Name() != "" || out.Fqdn() != "" || out.Settings() != nil || !out.Peer(routing.Domain{}).IsZero() || explained.Keep("Received") || out.Headers(routing.Domain{}).Keep("Received") || out.Secured(routing.Domain{}) || out.Local() {
		t.Error("a nil connector is somebody")
	}
	empty := compile(t, connector.Config{})
	if empty.Select(at("192.0.2.1:25"), ip("192.0.2.2")) != nil || empty.Route(addr("a@example.net"), 0).Outbound != nil {
		t.Error("an empty Config lets something in")
	}
}

func checkRefuses(t *testing.T, name string, s connector.Session) {
	t.Helper()
	next, login := s.Login(user("ann@contoso.com"))
	decisions := []connector.Decision{
		s.Hello("a.example"), s.StartTLS(), s.Auth("PLAIN"), login, s.Mail(connector.Mail{}),
		s.Rcpt(connector.Rcpt{To: addr("a@contoso.com")}), s.End(connector.End{}), s.Sender(addr("a@contoso.com")),
	}
	for i, d := range decisions {
		if d.Allowed() || d.Reply().Code < 400 {
			t.Errorf("%s: decision %d is %v", name, i, d)
		}
	}
	if next != s || s.Rights() != 0 || s.SASL() != nil || s.Authenticated() || s.Headers().Keep("Received") || s.Inbound() != nil {
		t.Errorf("%s is somebody", name)
	}
}

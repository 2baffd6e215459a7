package delivery_test

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// cloud opens a connection with a token to smtp.example. With a nil sink no host is there. own is the
// TlsCertificateName of the connector.
func cloud(t *testing.T, sink *relaytest.Sink, own string, change func(w *world)) error {
	t.Helper()
	c := toHosts("smtp.example")
	c.SmartHostAuthMechanism, c.AuthenticationCredential = auth.OAuth, &param.Credential{UserName: "scan@contoso.com"}
	c.TlsCertificateName = own
	w := newWorld(t, c)
	w.dns.AddHost("smtp.example", addr("192.0.2.1"))
	w.sender.Tokens = func(*connector.Outbound, param.SmartHost) delivery.TokenSource {
		return &tokens{now: "good", next: "good"}
	}
	if sink != nil {
		sink.Tokens = func(_, token string) bool { return token == "good" }
		w.sink("192.0.2.1:25", sink)
	}
	if change != nil {
		change(w)
	}
	for out := range w.policy.Send() {
		_, err := w.sender.Open(t.Context(), out, routing.Domain{})
		return err
	}
	return nil
}

// TestDiagnose: each reason why a host isn't logged on to has its cause, and says what would cure it.
func TestDiagnose(t *testing.T) {
	trusted, stranger := authority(t)
	good, other, unknown := issued(t, trusted, "smtp.example"), issued(t, trusted, "other.example"), issued(t, stranger, "smtp.example")
	expired, err := trusted.IssueExpired("smtp.example")
	if err != nil {
		t.Fatal(err)
	}
	trust := func(w *world) { w.sender.RootCAs = trusted.Pool() }
	refusing := func(stage relaytest.Stage, reply string) *relaytest.Sink {
		return &relaytest.Sink{Certificate: &good, Script: refuse(stage, "", reply)}
	}
	at := func(reply string) *relaytest.Sink { return refusing(relaytest.StageAuth, reply) }
	for _, tc := range []struct {
		name   string
		sink   *relaytest.Sink
		own    string
		change func(w *world)
		cause  delivery.Cause
		reply  string
		advice string // a part of it
	}{
		{name: "no host", cause: delivery.CauseUnreachable, advice: "reaches the host at the Port"},
		{name: "no name", change: func(w *world) { w.sender.Resolver = &relaytest.Resolver{} }, cause: delivery.CauseUnknownHost, advice: "Correct SmartHosts"},
		{name: "no name server", change: func(w *world) { w.dns.Fail("smtp.example", errors.New("SERVFAIL")) }, cause: delivery.CauseNameServer, advice: "name server"},
		{name: "no certificate of its own", sink: &relaytest.Sink{Certificate: &good}, own: "<I>CN=stranger<S>CN=hub.contoso.com", cause: delivery.CauseOwnCertificate, advice: "TlsCertificateName"},
		{name: "no token", change: func(w *world) { w.sender.Tokens = nil }, cause: delivery.CauseNoToken},
		{name: "hangs up", sink: refusing(relaytest.StageConnect, relaytest.Close), cause: delivery.CauseLost, advice: "Port"},
		{name: "refuses this server", sink: refusing(relaytest.StageConnect, "554 5.7.1 You are listed"), cause: delivery.CauseRefused, reply: "554 5.7.1 You are listed", advice: "block list"},
		{name: "too busy", sink: refusing(relaytest.StageHello, "421 4.3.2 Later"), cause: delivery.CauseTemporary, reply: "421 4.3.2 Later", advice: "by itself"},
		{name: "no STARTTLS", sink: &relaytest.Sink{InsecureAuth: true}, cause: delivery.CauseNoTLS, advice: "STARTTLS"},
		{name: "STARTTLS is refused", sink: refusing(relaytest.StageTLS, "502 5.5.1 no"), cause: delivery.CauseNoTLS, reply: "502 5.5.1 no", advice: "port 587"},
		{name: "old TLS", sink: &relaytest.Sink{Certificate: &good, TuneTLS: func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }}, cause: delivery.CauseTLS, advice: "TLS 1.2"},
		{name: "unknown authority", sink: &relaytest.Sink{Certificate: &unknown}, cause: delivery.CauseCertificateIssuer, advice: "ca-certificates"},
		{name: "expired", sink: &relaytest.Sink{Certificate: &expired}, cause: delivery.CauseCertificateExpired, advice: "clock"},
		{name: "another name", sink: &relaytest.Sink{Certificate: &other}, cause: delivery.CauseCertificateName, advice: "correct SmartHosts or TlsDomain"},
		{name: "refused by the program", sink: &relaytest.Sink{Certificate: &good}, cause: delivery.CauseCertificate, advice: "TlsAuthLevel", change: func(w *world) {
			w.sender.TLSConfig = func(_ *connector.Outbound, c *tls.Config) {
				c.VerifyConnection = func(tls.ConnectionState) error { return errors.New("not this one") }
			}
		}},
		{name: "no mechanism", sink: &relaytest.Sink{Certificate: &good, Mechanisms: []string{"NTLM"}}, cause: delivery.CauseNoMechanism, advice: "XOAUTH2"},
		{name: "AUTH isn't known", sink: at("500 what"), cause: delivery.CauseNoMechanism, reply: "500 what", advice: "XOAUTH2"},
		{name: "another refusal", sink: at("554 5.7.0 no"), cause: delivery.CauseBadCredentials, reply: "554 5.7.0 no", advice: "its reply says why"},
		{name: "not now", sink: at("454 4.7.0 Temporary authentication failure"), cause: delivery.CauseTemporary, reply: "454 4.7.0 Temporary authentication failure", advice: "by itself"},
		{name: "crowded", sink: at("432 4.3.2 Concurrent connections limit exceeded"), cause: delivery.CauseCrowded, reply: "432 4.3.2 Concurrent connections limit exceeded", advice: "connections"},
		{name: "too many tries", sink: at("454 4.7.0 Too many login attempts"), cause: delivery.CauseThrottled, reply: "454 4.7.0 Too many login attempts", advice: "too often"},
		{name: "throttled", sink: at("550 5.2.251 Sender throttled"), cause: delivery.CauseThrottled, reply: "550 5.2.251 Sender throttled", advice: "too many of its messages"},
		{name: "quota", sink: at("554 5.2.0 SubmissionQuotaExceeded"), cause: delivery.CauseQuota, reply: "554 5.2.0 SubmissionQuotaExceeded", advice: "10,000"},
		{name: "busy", sink: at("451 4.7.500 Server busy"), cause: delivery.CauseBusy, reply: "451 4.7.500 Server busy", advice: "by itself"},
		{name: "switched off", sink: at("535 5.7.139 SmtpClientAuthentication is disabled"), cause: delivery.CauseSwitchedOff, reply: "535 5.7.139 SmtpClientAuthentication is disabled", advice: "Set-CASMailbox scan@contoso.com"},
		{name: "no logon", sink: at("530 5.7.57 Client not authenticated"), cause: delivery.CauseNotLoggedOn, reply: "530 5.7.57 Client not authenticated", advice: "logs on as scan@contoso.com, but"},
		{name: "refused", sink: at("535 5.7.3 Authentication unsuccessful"), cause: delivery.CauseBadCredentials, reply: "535 5.7.3 Authentication unsuccessful", advice: "New-ServicePrincipal"},
		{name: "one of three addresses", sink: at("454 4.7.0 Temporary authentication failure"), cause: delivery.CauseTemporary, reply: "454 4.7.0 Temporary authentication failure", advice: "by itself",
			change: func(w *world) { w.dns.AddHost("smtp.example", addr("192.0.2.9"), addr("192.0.2.1"), addr("192.0.2.8")) }},
	} {
		err := cloud(t, tc.sink, tc.own, func(w *world) {
			if trust(w); tc.change != nil {
				tc.change(w)
			}
		})
		got := delivery.Diagnose(err)
		if err == nil || got.Cause != tc.cause || got.Reply != tc.reply || !strings.Contains(got.Advice, tc.advice) || (got.Advice == "") != (tc.advice == "") {
			t.Errorf("%s: %+v of %v", tc.name, got, err)
		}
		if got.Advice != "" && !strings.HasSuffix(got.Advice, ".") {
			t.Errorf("%s: %q isn't a sentence", tc.name, got.Advice)
		}
	}
	if err := cloud(t, &relaytest.Sink{Certificate: &good}, "", trust); err != nil || delivery.Diagnose(err) != (delivery.Diagnosis{}) {
		t.Errorf("without a mistake: %v", err)
	}
	if got := delivery.Diagnose(errors.New("x")); got != (delivery.Diagnosis{Cause: delivery.CauseOther}) {
		t.Errorf("of any error: %+v", got)
	}
}

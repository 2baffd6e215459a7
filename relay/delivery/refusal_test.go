package delivery_test

import (
	"context"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// refused is what became of two messages, one after the other, that a host refused.
type refused struct {
	outcome delivery.Outcome
	err     error  // of Send
	client  string // the reply to a client that waits
	calls   int    // connections for the second message
	alarms  int
}

// refusing has a host refuse messages by a connector: from the queue, and with a client that waits.
func refusing(t *testing.T, out connector.Send, stage relaytest.Stage, reply string) (r refused) {
	t.Helper()
	w := newWorld(t, out)
	w.dns.AddMX("fabrikam.com", 10, "mx.fabrikam.com.")
	w.dns.AddHost("mx.fabrikam.com", addr("192.0.2.1"))
	w.sender.Events = []event.Reader{func(_ context.Context, e event.Event) {
		if e.Kind == event.LogonRefused {
			r.alarms++
		}
	}}
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Users: users(out), InsecureAuth: true, Script: refuse(stage, "", reply)})
	outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", envelopeTo("b@fabrikam.com"), strings.NewReader(letter))
	w.sender.DropIdle()
	calls := sink.Connections()
	r.outcome, r.err, r.client = outcomes[0], err, w.relay("b@fabrikam.com")
	r.calls = sink.Connections() - calls
	return r
}

// users has the account of out, if it logs on.
func users(out connector.Send) map[string]string {
	if out.AuthenticationCredential == nil {
		return nil
	}
	return map[string]string{"hub": password}
}

// TestRepliesToStrangers: a mail exchanger knows no account of this server. Whatever it says of one, its
// reply refuses the message, for good if the code begins with 5, and neither makes other mail wait nor
// raises an alarm; and the client isn't asked to log on here. The same holds for a smart host without a
// logon, but for replies that ask for one.
func TestRepliesToStrangers(t *testing.T) {
	byAddress := toHosts("192.0.2.1")
	for _, tc := range []struct {
		out           connector.Send
		stage         relaytest.Stage
		reply, client string
	}{
		{byDNS(), relaytest.StageRcpt, "550 5.1.8 Access denied, bad outbound sender AS(42004)", "550 5.1.8 "},
		{byDNS(), relaytest.StageRcpt, "550 5.2.251 Sender throttled due to continuous mailbox full errors", "550 5.2.251 "},
		{byDNS(), relaytest.StageData, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", "554 5.2.0 "},
		{byDNS(), relaytest.StageMail, "550 5.7.30 Basic authentication is not supported", "550 5.7.30 "},
		{byDNS(), relaytest.StageMail, "530 5.7.57 Client not authenticated to send mail", "550 5.7.57 "},
		{byDNS(), relaytest.StageRcpt, "530 5.7.0 Authentication required", "550 5.7.0 "},
		{byDNS(), relaytest.StageMail, "534 5.7.9 Application-specific password required", "550 5.7.9 "},
		{byDNS(), relaytest.StageMail, "535 5.7.139 SmtpClientAuthentication is disabled for the Tenant", "550 5.7.139 "},
		{byDNS(), relaytest.StageRcpt, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "550 5.7.60 "},
		{byDNS(), relaytest.StageRcpt, "550 5.7.64 TenantAttribution; Relay Access Denied", "550 5.7.64 "},
		{byDNS(), relaytest.StageMail, "550 5.7.233 tenant exceeded its daily limit", "550 5.7.233 "},
		{byDNS(), relaytest.StageData, "550 5.4.5 Daily user sending limit exceeded", "550 5.4.5 "},
		{byDNS(), relaytest.StageMail, "454 4.7.0 Too many login attempts", "451 4.7.0 "},
		{byAddress, relaytest.StageRcpt, "550 5.1.8 Access denied, bad outbound sender AS(42004)", "550 5.1.8 "},
		{byAddress, relaytest.StageRcpt, "550 5.2.251 Sender throttled due to continuous mailbox full errors", "550 5.2.251 "},
		{byAddress, relaytest.StageData, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "550 5.7.60 "},
	} {
		name := tc.out.Name + ", " + tc.reply
		r := refusing(t, tc.out, tc.stage, tc.reply)
		if r.err != nil || r.outcome.Reply != tc.reply || r.outcome.Advice != "" || r.alarms != 0 || r.calls == 0 {
			t.Errorf("%s: %+v", name, r)
		}
		expect(t, name+", from the queue", said(t, r.outcome.Err), tc.client)
		expect(t, name+", a client waits", r.client, tc.client)
	}
}

// TestRepliesThatAskForSecurity: where a smart host asks for a logon, or any host for TLS, mail waits, and the
// advice fits the connector: one that logs on isn't told to.
func TestRepliesThatAskForSecurity(t *testing.T) {
	for _, tc := range []struct {
		out    connector.Send
		reply  string
		alarms int
		advice string
	}{
		{toHosts("192.0.2.1"), "530 5.7.57 Client not authenticated to send mail", 1, "give the Send connector a SmartHostAuthMechanism"},
		{toHosts("192.0.2.1"), "530 5.7.1 log on", 0, "give the Send connector a SmartHostAuthMechanism"},
		{toHosts("192.0.2.1"), "535 5.7.8 log on again", 0, "give the Send connector a SmartHostAuthMechanism"},
		{credentialed("192.0.2.1", auth.BasicAuth), "530 5.7.57 Client not authenticated to send mail", 1, "The connector logs on as hub, but"},
		{credentialed("192.0.2.1", auth.BasicAuth), "530 5.7.0 Authentication required", 1, "The connector logs on as hub, but"},
		{credentialed("192.0.2.1", auth.BasicAuth), "530 5.7.1 log on", 0, "The connector logs on as hub, but"},
		{byDNS(), "530 5.7.0 Must issue a STARTTLS command first", 0, "IgnoreSTARTTLS"},
		{byDNS(), "538 5.7.11 Encryption required", 0, "IgnoreSTARTTLS"},
	} {
		r := refusing(t, tc.out, relaytest.StageMail, tc.reply)
		if r.err == nil || r.outcome.Reply != tc.reply || !strings.Contains(r.outcome.Advice, tc.advice) || r.alarms != tc.alarms {
			t.Errorf("%s: %+v, want the advice %q", tc.reply, r, tc.advice)
		}
		if paused := !delivery.RetryAt(r.err).IsZero(); paused != (tc.alarms > 0) || paused != (r.calls == 0) {
			t.Errorf("%s: paused: %t; %d calls", tc.reply, paused, r.calls)
		}
		expect(t, tc.reply+", from the queue", said(t, r.outcome.Err), "451 4.7.0")
		expect(t, tc.reply+", a client waits", r.client, "451 4.7.0")
	}
}

// TestLogonIsRepeated: a connection on which the host asks for a logon again is closed, so that the next
// attempt logs on.
func TestLogonIsRepeated(t *testing.T) {
	for _, stage := range []relaytest.Stage{relaytest.StageMail, relaytest.StageRcpt, relaytest.StageData} {
		out := credentialed("192.0.2.1", auth.BasicAuth)
		w, logons := newWorld(t, out), 0
		w.sink("192.0.2.1:25", &relaytest.Sink{Users: users(out), InsecureAuth: true, Script: func(s relaytest.Stage, _ string) string {
			if s == relaytest.StageAuth {
				logons++
			}
			if s == stage && logons == 1 {
				return "530 5.7.57 Client not authenticated to send mail"
			}
			return ""
		}})
		expect(t, string(stage), w.send("b@fabrikam.com"), "451 4.7.0")
		w.sender.Retry()
		if expect(t, string(stage), w.send("b@fabrikam.com"), "ok"); logons != 2 {
			t.Errorf("%s: %d logons, want 2", stage, logons)
		}
	}
}

package dispatch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// officeReply is a reply of Microsoft 365, and what becomes of mail.
type officeReply struct {
	stage  relaytest.Stage
	reply  string
	waits  bool
	alarms int
	most   int    // connections in a day
	advice string // "": none
}

// toAccounts are the replies to connectors that log on, in each of their meanings and, where the texts
// vary, with one that says nothing.
var toAccounts = []officeReply{
	{relaytest.StageAuth, "535 5.7.3 Authentication unsuccessful [AM0PR01]", true, 1, 60, "(Set-CASMailbox scan@contoso.com"},

	{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.", true, 1, 30, "Set-TransportConfig"},
	{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.", true, 1, 30, "Set-CASMailbox scan@contoso.com"},
	{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy.", true, 1, 30, "security defaults"},
	{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully.", true, 1, 30, "Conditional Access"},
	{relaytest.StageAuth, "535 5.7.139 no", true, 1, 30, "Conditional Access"},

	{relaytest.StageMail, "530 5.7.57 Client not authenticated to send mail.", true, 1, 30, "logs on as scan@contoso.com, but"},

	{relaytest.StageData, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", false, 0, 10, "the right Send As"},
	{relaytest.StageData, "550 5.7.60 no", false, 0, 10, "the right Send As"},
	{relaytest.StageData, "554 5.2.252 SendAsDenied; scan@contoso.com not allowed to send as a@contoso.com", false, 0, 10, "the right Send As"},
	{relaytest.StageData, "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied;", false, 0, 10, "the right Send As"},

	{relaytest.StageData, "550 5.2.251 Sender throttled due to continuous mailbox full errors", true, 0, 20, "too many of its messages"},
	{relaytest.StageData, "550 5.2.252 Sender throttled due to continuous send as denied errors", true, 0, 20, "too many of its messages"},
	{relaytest.StageMail, "550 5.2.253 Sender throttled due to continuous license errors", true, 0, 20, "too many of its messages"},
	{relaytest.StageRcpt, "550 5.2.254 Sender throttled due to continuous too many recipients errors", true, 0, 20, "too many of its messages"},
	{relaytest.StageRcpt, "550 5.2.255 Sender throttled due to continuous invalid recipients errors", true, 0, 20, "too many of its messages"},
	{relaytest.StageRcpt, "550 5.2.255 no", true, 0, 20, "too many of its messages"},

	{relaytest.StageData, "432 4.3.2 Concurrent connections limit exceeded.", true, 0, 200, "three connections"},
	{relaytest.StageData, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", true, 0, 200, "three connections"},

	{relaytest.StageMail, "421 4.4.2 Connection dropped", true, 0, 200, ""},
	{relaytest.StageMail, "451 4.7.500 Server busy. Please try again later from [192.0.2.1].", true, 0, 30, "Microsoft 365 is busy"},
	{relaytest.StageMail, "451 4.7.500 no", true, 0, 30, "Microsoft 365 is busy"},

	{relaytest.StageData, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; daily", true, 0, 20, "10,000 recipients"},
	{relaytest.StageRcpt, "550 5.5.105 External sending is not supported", false, 0, 10, "High Volume Email"},
}

// toPasswords and toTokens are the replies to connectors that log on with a password or a token.
var (
	toPasswords = []officeReply{
		{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", true, 1, 30, "SmartHostAuthMechanism OAuth"},
		{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.", true, 1, 30, "the password is wrong"},
		{relaytest.StageAuth, "550 5.7.30 Basic authentication is not supported for Client Submission.", true, 1, 30, "SmartHostAuthMechanism OAuth"},
	}
	toTokens = []officeReply{
		{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", true, 1, 30, "A policy of the tenant"},
		{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.", true, 1, 30, "A policy of the tenant"},
		{relaytest.StageAuth, "550 5.7.30 Basic authentication is not supported for Client Submission.", true, 1, 30, "A policy of the tenant"},
	}
)

// toConnectors are the replies to connectors that Microsoft 365 knows by their certificate or address. Those
// about an account mean what their code says.
var toConnectors = []officeReply{
	{relaytest.StageMail, "530 5.7.57 Client not authenticated to send mail.", true, 1, 30, "give the Send connector a SmartHostAuthMechanism"},
	{relaytest.StageRcpt, "550 5.7.64 TenantAttribution; Relay Access Denied", false, 0, 10, "inbound connector"},
	{relaytest.StageRcpt, "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization", false, 0, 10, "Direct Send"},
	{relaytest.StageRcpt, "550 5.7.68 no", false, 0, 10, "Direct Send"},
	{relaytest.StageMail, "451 4.7.500 Server busy. Please try again later from [192.0.2.1].", true, 0, 30, "Microsoft 365 is busy"},
	{relaytest.StageRcpt, "550 5.1.8 Access denied, bad outbound sender", false, 0, 10, ""},
	{relaytest.StageRcpt, "550 5.2.251 Sender throttled due to continuous mailbox full errors", false, 0, 10, ""},
	{relaytest.StageData, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; daily", false, 0, 10, ""},
}

// TestMicrosoft365 plays each reply of Microsoft 365 that means more than its code: what concerns the
// account makes all mail wait, the service isn't hammered, the alarm is raised once, and everybody
// learns the service's words and what to do; what concerns the message is reported at once.
func TestMicrosoft365(t *testing.T) {
	for mechanism, replies := range map[auth.Mechanism][]officeReply{
		auth.BasicAuthRequireTLS: slices.Concat(toAccounts, toPasswords), auth.OAuth: slices.Concat(toAccounts, toTokens), noLogon: toConnectors,
	} {
		for i, tc := range replies {
			t.Run(fmt.Sprintf("%s %d %.11s", mechanism, i, tc.reply), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					o := newOffice(t, mechanism)
					o.refuseAt(tc.stage, tc.reply)
					o.play(tc)
				})
			})
		}
	}
}

// play sends mail for a day, and expects of it what tc has.
func (o *office) play(tc officeReply) {
	o.t.Helper()
	for range 3 {
		expect(o.t, "reply", o.mail(queueFirst, "1@fabrikam.com", "2@fabrikam.com"), "250")
	}
	time.Sleep(24 * time.Hour)
	if n := o.service.Connections(); n > tc.most || n == 0 {
		o.t.Errorf("%d connections in a day, want at most %d", n, tc.most)
	}
	if n, _ := o.seen(event.LogonRefused); n != tc.alarms {
		o.t.Errorf("%d alarms, want %d", n, tc.alarms)
	}
	if tc.waits {
		o.waiting(tc.reply, tc.advice)
		o.switchedOn()
		return
	}
	reports := o.local.Messages()
	if q := o.queued(); q != "" || len(reports) != 3 || !advises(flat(reports[0].Data), tc.advice) {
		o.t.Errorf("queued: %s; %d reports, want the advice %q in them:\n%v", q, len(reports), tc.advice, reports)
	}
	if _, e := o.seen(event.Refused); !strings.Contains(e.Advice, tc.advice) || (e.Advice == "") != (tc.advice == "") {
		o.t.Errorf("advice in the event: %q", e.Advice)
	}
}

// advises reports whether a report has an advice, or none if that is "".
func advises(report, advice string) bool {
	return strings.Contains(report, "For your administrator:") == (advice != "") && strings.Contains(report, advice)
}

// waiting expects all mail on the queue, with the service's words and the advice.
func (o *office) waiting(reply, advice string) {
	o.t.Helper()
	q := o.d.Queues()
	if len(q) != 1 || q[0].Waiting != 3 || q[0].Reply != reply || !strings.Contains(q[0].Advice, advice) || q[0].Retry.IsZero() {
		o.t.Errorf("queues: %+v, want %s (%s)", q, reply, advice)
	}
	for m, err := range o.d.List(context.Background(), queue.Filter{All: true}) {
		if r := m.Recipients[0]; err != nil || m.Report || r.Reply != reply || r.Host == "" || !strings.Contains(r.Advice, advice) {
			o.t.Errorf("waiting: %+v, %v", m, err)
		}
	}
	if _, e := o.seen(event.NextHopFailed); !strings.Contains(e.Advice, advice) {
		o.t.Errorf("advice in the event: %q", e.Advice)
	}
	delayed := 0
	for _, m := range o.local.Messages() {
		if text := flat(m.Data); strings.Contains(text, "Action: delayed") && advises(text, advice) && strings.Contains(text, reply[:9]) {
			delayed++
		}
	}
	if delayed != 3 {
		o.t.Errorf("%d reports of the delay", delayed)
	}
}

// switchedOn lets the service accept everything, and expects an operator's retry to have all mail
// sent at once.
func (o *office) switchedOn() {
	o.t.Helper()
	o.refuseAt("", "")
	if n, err := o.d.Retry(context.Background(), queue.Filter{All: true}, nil); n != 3 || err != nil {
		o.t.Errorf("Retry: %d, %v", n, err)
	}
	time.Sleep(time.Minute)
	sent := o.service.Messages()
	reachable, _ := o.seen(event.NextHopReachable)
	if q := o.queued(); q != "" || len(sent) != 3 || sent[0].User != o.user || reachable == 0 {
		o.t.Errorf("queued: %s; %d messages of %v; %d times reachable", q, len(sent), sent, reachable)
	}
}

// flat returns the text of a report without its line ends.
func flat(data []byte) string { return strings.Join(strings.Fields(string(data)), " ") }

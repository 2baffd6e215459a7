package hopreply

import (
	"strings"
	"testing"
	"time"
)

// replies has one reply or more for each row of the table, in its order.
var replies = []struct {
	reply   string
	meaning Meaning
	advice  string // a part of the advice
}{
	{"550 5.2.251 Sender throttled due to continuous mailbox full errors", Throttled, "too many of its messages"},
	{"550 5.2.252 Sender throttled due to continuous send as denied errors", Throttled, "too many of its messages"},
	{"550 5.2.255 Sender throttled due to continuous invalid recipients errors", Throttled, "too many of its messages"},
	{"554 5.2.0 Sender throttled due to continuous license errors", Throttled, "too many of its messages"},
	{"554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message", Quota, "10,000 recipients"},
	{"550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", Quota, "in a day"},
	{"550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit for sending email to external recipients", Quota, "external recipients"},
	{"554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message", NoSendAs, "Send As"},
	{"554 5.2.252 SendAsDenied; scan@contoso.com not allowed to send as ann@contoso.com", NoSendAs, "Send As"},
	{"554 5.2.252 scan@contoso.com is not allowed", NoSendAs, "Add-RecipientPermission"},
	{"550 5.7.60 SMTP; Client does not have permissions to send as this sender", NoSendAs, "Send As"},
	{"550 5.7.1 Client does not have permissions to send as this sender", NoSendAs, "Send As"},
	{"550 5.5.105 External sending is not supported with High Volume Email", Refused, "High Volume Email"},
	{"550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization from unauthorized sources", Refused, "Direct Send"},
	{"550 5.7.64 TenantAttribution; Relay Access Denied", Refused, "inbound connector"},
	{"550 5.7.0 Mail relay denied [192.0.2.1]. Invalid credentials for one of the domains", Refused, "SMTP relay service"},
	{"550 5.7.30 Basic authentication is not supported for Client Submission.", SwitchedOff, "SmartHostAuthMechanism OAuth"},
	{"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled", SwitchedOff, "Set-TransportConfig"},
	{"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.", SwitchedOff, "for the mailbox"},
	{"535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [AM0PR01]", SwitchedOff, "OAuth"},
	{"535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [AM0PR01]", SwitchedOff, "security defaults"},
	{"535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully.", SwitchedOff, "Conditional Access"},
	{"550 5.1.8 Access denied, bad outbound sender AS(42004)", SwitchedOff, "Restricted entities"},
	{"534 5.7.9 Application-specific password required. For more information, go to https://support.google.com", SwitchedOff, "app password"},
	{"530 5.7.57 Client not authenticated to send mail.", NotLoggedOn, "AuthenticationCredential"},
	{"530 5.7.0 Authentication Required. For more information, go to https://support.google.com", NotLoggedOn, "AuthenticationCredential"},
	{"454 4.7.0 Too many login attempts, please try again later.", Throttled, "too often"},
	{"550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to", Quota, "Google"},
	{"550 5.7.1 Daily SMTP relay limit exceeded for customer.", Quota, "Google's relay"},
	{"432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information", Crowded, "three connections"},
	{"432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", Crowded, "three connections"},
	{"451 4.7.500 Server busy. Please try again later from [192.0.2.1].", Busy, ""},
	{"535 5.7.3 Authentication unsuccessful [AM0PR01CA0101.eurprd01.prod.exchangelabs.com]", BadCredentials, "New-ServicePrincipal"},
	{`535 5.7.8 Username and Password not accepted. {"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}`, BadCredentials, "scope https://mail.google.com/"},
	{"535 5.7.8 Error: authentication failed", BadCredentials, "user name"},
	{"535 no", BadCredentials, "user name"},

	{"550 5.1.1 User unknown", AsCoded, ""},
	{"550 5.7.1 Unable to relay", AsCoded, ""},
	{"550 5.2.2 mailbox full", AsCoded, ""},
	{"554 5.2.0 STOREDRV.Deliver; delivery result banner", AsCoded, ""},
	{"550 5.2.256 other", AsCoded, ""},
	{"550 5.4.5 something", AsCoded, ""},
	{"451 4.3.0 Later", AsCoded, ""},
	{"421 4.4.2 Connection dropped", AsCoded, ""},
	{"250 2.0.0 535 ok", AsCoded, ""},
	{"535", BadCredentials, "user name"},
	{"", AsCoded, ""},
	{"the host was away", AsCoded, ""},
	{" 535", AsCoded, ""},
}

// TestTable: every row is found by a reply, and says what to do about it.
func TestTable(t *testing.T) {
	used := map[string]bool{}
	key := func(r Row) string {
		return strings.Join([]string{r.words, r.Advice, string(rune(r.code)), string(rune(r.from[2]))}, "\x00")
	}
	for _, tc := range replies {
		r := Parse(tc.reply)
		used[key(r)] = true
		if r.Meaning != tc.meaning || !strings.Contains(r.Advice, tc.advice) || tc.advice == "" && r.Advice != "" {
			t.Errorf("%s means %d (%s), want %d (%s)", tc.reply, r.Meaning, r.Advice, tc.meaning, tc.advice)
		}
		if r.Meaning != AsCoded && r.Meaning != Busy && !strings.HasSuffix(r.Advice, ".") {
			t.Errorf("%s: %q isn't a sentence", tc.reply, r.Advice)
		}
	}
	for _, r := range table {
		if !used[key(r)] {
			t.Errorf("no reply of the test finds the row %+v", r)
		}
	}
}

// TestMeanings: what concerns the host has a pause that grows and is bounded.
func TestMeanings(t *testing.T) {
	for m := range Refused + 1 {
		for n := 1; n < 100; n++ {
			p := m.Pause(n)
			if (p > 0) != (m.OfHost() && m != Crowded) || p > 2*time.Hour || n > 1 && p < m.Pause(n-1) {
				t.Errorf("%d: the pause %d is %v", m, n, p)
			}
		}
	}
	if BadCredentials.Pause(0) != 5*time.Minute || BadCredentials.Pause(2) != 10*time.Minute {
		t.Error("other pauses")
	}
}

// FuzzParse: no text makes Parse fail, and a reply that isn't a refusal has no meaning.
func FuzzParse(f *testing.F) {
	for _, tc := range replies {
		f.Add(tc.reply)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if r := Parse(line); r.Meaning != AsCoded && (line == "" || line[0] != '4' && line[0] != '5') {
			t.Errorf("%q means %d", line, r.Meaning)
		}
	})
}

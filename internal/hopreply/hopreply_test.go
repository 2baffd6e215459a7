package hopreply

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/ascii"
)

// The kinds of Caller.
var (
	account   = Caller{SmartHost: true, User: "scan@contoso.com"}
	token     = Caller{SmartHost: true, User: "scan@contoso.com", Token: true}
	smartHost = Caller{SmartHost: true}
	stranger  = Caller{}
)

// replies has one reply or more for each row of the table.
var replies = []struct {
	to      Caller
	reply   string
	meaning Meaning
	advice  string // a part of the advice
}{
	{account, "550 5.2.251 Sender throttled due to continuous mailbox full errors", Throttled, "too many of its messages"},
	{account, "550 5.2.252 Sender throttled due to continuous send as denied errors", Throttled, "too many of its messages"},
	{account, "554 5.2.252 Sender throttled due to continuous send as denied errors", Throttled, "too many of its messages"},
	{account, "550 5.2.252 throttled", Throttled, "too many of its messages"},
	{account, "550 5.2.253 Gedrosselt", Throttled, "too many of its messages"},
	{account, "554 5.2.254 throttled", Throttled, "too many of its messages"},
	{account, "550 5.2.255 Sender throttled due to continuous invalid recipients errors", Throttled, "too many of its messages"},
	{account, "554 5.2.0 Sender throttled due to continuous license errors", Throttled, "too many of its messages"},
	{account, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message", Quota, "10,000 recipients"},
	{account, "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", Quota, "in a day"},
	{account, "550 5.1.90 Limit", Quota, "in a day"},
	{account, "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit for sending email to external recipients", Quota, "external recipients"},
	{smartHost, "550 5.7.232 Your message can't be sent", Quota, "external recipients"},
	{account, "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message", NoSendAs, "Send As"},
	{account, "554 5.2.252 SendAsDenied; scan@contoso.com not allowed to send as ann@contoso.com", NoSendAs, "Send As"},
	{account, "550 5.2.252 SendAsDenied; scan@contoso.com not allowed to send as ann@contoso.com", NoSendAs, "Send As"},
	{account, "554 5.2.252 scan@contoso.com is not allowed", NoSendAs, "Add-RecipientPermission"},
	{account, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", NoSendAs, "Send As"},
	{account, "550 5.7.60 nicht erlaubt", NoSendAs, "Send As"},
	{account, "550 5.7.1 Client does not have permissions to send as this sender", NoSendAs, "Send As"},
	{account, "550 5.5.105 External sending is not supported with High Volume Email", Refused, "High Volume Email"},
	{smartHost, "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization from unauthorized sources", Refused, "Direct Send"},
	{account, "550 5.7.68 not allowed", Refused, "Direct Send"},
	{smartHost, "550 5.7.64 TenantAttribution; Relay Access Denied", Refused, "inbound connector"},
	{account, "550 5.7.64 TenantAttribution; Relay Access Denied", Refused, "inbound connector"},
	{smartHost, "550 5.7.0 Mail relay denied [192.0.2.1]. Invalid credentials for one of the domains", Refused, "SMTP relay service"},
	{account, "550 5.7.30 Basic authentication is not supported for Client Submission.", SwitchedOff, "SmartHostAuthMechanism OAuth"},
	{account, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled", SwitchedOff,
		"alone with Set-CASMailbox scan@contoso.com -SmtpClient"},
	{account, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.", SwitchedOff, "with Set-CASMailbox scan@contoso.com -SmtpClient"},
	{account, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [AM0PR01]", SwitchedOff, "OAuth"},
	{account, "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [AM0PR01]", SwitchedOff, "security defaults"},
	{account, "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully.", SwitchedOff, "Conditional Access"},
	{token, "550 5.7.30 Basic authentication is not supported for Client Submission.", SwitchedOff, "A policy of the tenant"},
	{token, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [AM0PR01]", SwitchedOff, "A policy of the tenant"},
	{token, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.", SwitchedOff, "Set-CASMailbox"},
	{token, "534 5.7.9 Please log in with your web browser", SwitchedOff, "no such logon"},
	{account, "550 5.1.8 Access denied, bad outbound sender AS(42004)", SwitchedOff, "Restricted entities"},
	{account, "534 5.7.9 Application-specific password required. For more information, go to https://support.google.com", SwitchedOff, "app password"},
	{account, "530 5.7.57 Client not authenticated to send mail.", NotLoggedOn, "logs on as scan@contoso.com, but"},
	{account, "530 5.7.0 Authentication Required. For more information, go to https://support.google.com", NotLoggedOn, "logs on as scan@contoso.com, but"},
	{smartHost, "530 5.7.57 Client not authenticated to send mail.", NotLoggedOn, "give the Send connector a SmartHostAuthMechanism"},
	{smartHost, "530 Authentication required", NotLoggedOn, "give the Send connector a SmartHostAuthMechanism"},
	{account, "530 5.7.1 log on", WantsSecurity, "logs on as scan@contoso.com, but"},
	{smartHost, "530 log on", WantsSecurity, "give the Send connector a SmartHostAuthMechanism"},
	{smartHost, "534 5.7.9 log on", WantsSecurity, "give the Send connector a SmartHostAuthMechanism"},
	{smartHost, "535 5.7.8 log on again", WantsSecurity, "give the Send connector a SmartHostAuthMechanism"},
	{stranger, "530 5.7.0 Must issue a STARTTLS command first", WantsSecurity, "IgnoreSTARTTLS"},
	{account, "538 5.7.11 Encryption required for requested authentication mechanism", WantsSecurity, "IgnoreSTARTTLS"},
	{account, "454 4.7.0 Too many login attempts, please try again later.", Throttled, "too often"},
	{account, "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to", Quota, "Google"},
	{smartHost, "550 5.7.1 Daily SMTP relay limit exceeded for customer.", Quota, "Google's relay"},
	{account, "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information", Crowded, "three connections"},
	{account, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", Crowded, "three connections"},
	{stranger, "432 4.3.2 too many", Crowded, "no more connections"},
	{account, "451 4.7.500 Server busy. Please try again later from [192.0.2.1].", Busy, "goes on by itself"},
	{stranger, "451 4.7.500 sp\u00e4ter", Busy, "goes on by itself"},
	{account, "535 5.7.3 Authentication unsuccessful [AM0PR01CA0101.eurprd01.prod.exchangelabs.com]", BadCredentials, "New-ServicePrincipal"},
	{account, `535 5.7.8 Username and Password not accepted. {"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}`, BadCredentials, "scope https://mail.google.com/"},
	{account, "535 5.7.8 Error: authentication failed", BadCredentials, "user name"},
	{account, "535 no", BadCredentials, "user name"},
	{account, "535", BadCredentials, "user name"},

	{account, "550 5.1.1 User unknown", AsCoded, ""},
	{account, "550 5.7.1 Unable to relay", AsCoded, ""},
	{account, "550 5.2.2 mailbox full", AsCoded, ""},
	{account, "554 5.2.0 STOREDRV.Deliver; delivery result banner", AsCoded, ""},
	{account, "550 5.2.256 other", AsCoded, ""},
	{account, "550 5.4.5 something", AsCoded, ""},
	{account, "451 4.3.0 Later", AsCoded, ""},
	{account, "421 4.4.2 Connection dropped", AsCoded, ""},
	{smartHost, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", AsCoded, ""},
	{smartHost, "550 5.1.8 Access denied, bad outbound sender AS(42004)", AsCoded, ""},
	{smartHost, "550 5.2.251 Sender throttled due to continuous mailbox full errors", AsCoded, ""},
}

// find is Find for a reply in one line.
func find(c Caller, line string) Row {
	code, _ := strconv.Atoi(line[:3])
	enhanced, text := reply.CutEnhanced(line[min(len(line), 4):], code/100)
	return Find(c, code, enhanced, text)
}

// TestTable: every row is found by a reply, and says what to do about it.
func TestTable(t *testing.T) {
	used := map[string]bool{}
	key := func(r Row) string {
		return fmt.Sprint(r.to, r.code, r.min, r.max, r.words)
	}
	for _, tc := range replies {
		r := find(tc.to, tc.reply)
		used[key(r)] = true
		if r.Meaning != tc.meaning || !strings.Contains(r.Advice, tc.advice) || tc.advice == "" && r.Advice != "" {
			t.Errorf("%s to %v means %d (%s), want %d (%s)", tc.reply, tc.to, r.Meaning, r.Advice, tc.meaning, tc.advice)
		}
		if r.Meaning != AsCoded && !strings.HasSuffix(r.Advice, ".") || strings.Contains(r.Advice, mailbox) {
			t.Errorf("%s: %q isn't a sentence, or names no mailbox", tc.reply, r.Advice)
		}
	}
	for _, r := range table {
		if !used[key(r)] {
			t.Errorf("no reply of the test finds the row %+v", r)
		}
	}
}

// TestStrangers: what a mail exchanger replies never says anything of an account, nor that this server is
// refused: with a 5xx it would make all mail to the host wait.
func TestStrangers(t *testing.T) {
	for _, tc := range replies {
		r := find(stranger, tc.reply)
		if r.Meaning != AsCoded && r.Meaning != WantsSecurity && r.Meaning != Crowded && r.Meaning != Busy || r.Meaning == AsCoded && r.Advice != "" {
			t.Errorf("%s of a mail exchanger means %d (%s)", tc.reply, r.Meaning, r.Advice)
		}
		if r.Meaning.Pause(1) > 0 && tc.reply[0] == '5' {
			t.Errorf("%s of a mail exchanger asks for a pause", tc.reply)
		}
	}
}

// TestMailbox: the advice names the mailbox as an argument that PowerShell takes as it is, and in
// printable ASCII.
func TestMailbox(t *testing.T) {
	for user, want := range map[string]string{
		"scan@contoso.com":       "scan@contoso.com",
		`CONTOSO\scan`:           `CONTOSO\scan`,
		"o'brien@contoso.com":    "'o''brien@contoso.com'",
		"a;b $(c)":               "'a;b $(c)'",
		"-Identity":              "'-Identity'",
		"@list":                  "'@list'",
		"k\u00fcche\r\n\x1b[31m": "'k?che???[31m'",
	} {
		r := find(Caller{User: user}, "535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox.")
		if !strings.Contains(r.Advice, "Set-CASMailbox "+want+" -SmtpClient") {
			t.Errorf("%q: %s", user, r.Advice)
		}
	}
}

// TestMeanings: what concerns the host has a pause that grows and is bounded.
func TestMeanings(t *testing.T) {
	for m := range Refused + 1 {
		for n := 1; n < 100; n++ {
			p := m.Pause(n)
			if (p > 0) != (m.OfHost() && m != Crowded && m != WantsSecurity) || p > 2*time.Hour || n > 1 && p < m.Pause(n-1) {
				t.Errorf("%d: the pause %d is %v", m, n, p)
			}
		}
	}
	if BadCredentials.Pause(0) != 5*time.Minute || BadCredentials.Pause(2) != 10*time.Minute {
		t.Error("other pauses")
	}
}

// FuzzFind: no text makes Find fail or has unprintable advice, and a server that doesn't log on isn't told of an
// account.
func FuzzFind(f *testing.F) {
	for _, tc := range replies {
		code, _ := strconv.Atoi(tc.reply[:3])
		f.Add(tc.to.SmartHost, tc.to.User, tc.to.Token, code, tc.reply[min(len(tc.reply), 4):])
	}
	f.Fuzz(func(t *testing.T, smartHost bool, user string, token bool, code int, line string) {
		enhanced, text := reply.CutEnhanced(line, code/100)
		r := Find(Caller{smartHost, user, token}, code, enhanced, text)
		if user == "" && (r.Meaning.OfLogon() && !smartHost || strings.Contains(r.Advice, "''")) {
			t.Errorf("%d %q means %d (%s)", code, line, r.Meaning, r.Advice)
		}
		if !ascii.IsPrintable(r.Advice) {
			t.Errorf("%q isn't printable", r.Advice)
		}
	})
}

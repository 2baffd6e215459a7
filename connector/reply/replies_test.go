package reply_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
)

// TestReplies is the table of replies by step: what the current edition says,
// and what Exchange 2007 said where that is something else.
func TestReplies(t *testing.T) {
	for _, row := range []struct {
		reason  reply.Reason
		current string
		old     string // "": the same
	}{
		// connect
		{reply.NoConnector, "421 4.3.2 Service not available, closing transmission channel", ""},
		{reply.TooManyConnections,
			"421 4.3.2 The maximum number of concurrent server connections has exceeded a limit, closing transmission channel",
			"421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel"},
		{reply.TooManyConnectionsPerSource,
			"421 4.3.2 The maximum number of concurrent server connections has exceeded a per-source limit, closing transmission channel",
			"421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel"},
		{reply.TooManyNewConnections, "421 4.3.2 The rate of connections has exceeded a limit, closing transmission channel", ""},
		{reply.RateExceeded, "421 4.4.2 Message submission rate for this client has exceeded the configured limit", ""},
		{reply.TimedOut, "421 4.4.1 Connection timed out", ""},
		{reply.TooManyErrors, "421 4.7.0 Too many errors on this connection, closing transmission channel", ""},
		// EHLO, order and syntax
		{reply.HelloDomainRequired, "501 5.0.0 HELO/EHLO requires domain address", ""},
		{reply.SendHelloFirst, "503 5.5.2 Send hello first", ""},
		{reply.BadSequence, "503 5.5.1 Bad sequence of commands", ""},
		{reply.UnrecognizedCommand, "500 5.3.3 Unrecognized command", ""},
		{reply.InvalidArguments, "501 5.5.4 Invalid arguments", ""},
		// STARTTLS
		{reply.StartTLSReady, "220 2.0.0 SMTP server ready", ""},
		// AUTH
		{reply.LoginOK, "235 2.7.0 Authentication successful", ""},
		{reply.MechanismNotOffered, "504 5.7.4 Unrecognized authentication type", ""},
		{reply.BadCredentials, "535 5.7.3 Authentication unsuccessful", ""},
		{reply.LoginWithoutSubmit, "535 5.7.3 Authentication unsuccessful", ""},
		{reply.VerifierUnavailable, "454 4.7.0 Temporary authentication failure", ""},
		{reply.TooManyGuesses, "454 4.7.0 Temporary authentication failure", ""},
		// MAIL
		{reply.SenderOK, "250 2.1.0 Sender OK", ""},
		{reply.StartTLSFirst, "530 5.7.0 Must issue a STARTTLS command first", ""},
		{reply.NotAuthenticated,
			"530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
			"530 5.7.1 Client was not authenticated"},
		{reply.InsufficientResources, "452 4.3.1 Insufficient system resources", ""},
		{reply.InvalidAddress, "501 5.1.7 Invalid Address", ""},
		{reply.MessageTooLarge, "552 5.3.4 Message size exceeds fixed maximum message size", ""},
		{reply.AnonymousSendAsDenied, "550 5.7.1 Anonymous client does not have permissions to send as this sender", ""},
		{reply.SendAsDenied,
			"550 5.7.60 SMTP; Client does not have permissions to send as this sender",
			"550 5.7.1 Client does not have permissions to send as this sender"},
		// RCPT
		{reply.RecipientOK, "250 2.1.5 Recipient OK", ""},
		{reply.TooManyRecipients, "452 4.5.3 Too many recipients", ""},
		{reply.ReservedTopLevelDomain, "550 5.1.4 Recipient address reserved by RFC 2606", ""},
		{reply.ReservedSecondLevelDomain, "550 5.1.5 Recipient address reserved by RFC 2606", ""},
		{reply.SingleLabelDomain, "550 5.1.6 Recipient addresses in single label domains not accepted", ""},
		{reply.RelayDenied,
			"550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
			"550 5.7.1 Unable to relay"},
		// message
		{reply.StartMail, "354 Start mail input; end with <CRLF>.<CRLF>", ""},
		{reply.HeaderTooLarge, "552 5.3.4 Message header size exceeds fixed maximum size", ""},
		{reply.HopCountExceeded, "554 5.4.6 Hop count exceeded - possible mail loop", ""},
		{reply.MessageOK, "250 2.6.0 Queued mail for delivery", ""},
		{reply.Bye, "221 2.0.0 Service closing transmission channel", ""},
	} {
		if got := row.reason.Reply(permission.Current).String(); got != row.current {
			t.Errorf("%v: %s, want %s", row.reason, got, row.current)
		}
		want := row.old
		if want == "" {
			want = row.current
		}
		if got := row.reason.Reply(permission.Exchange2007).String(); got != want {
			t.Errorf("%v in 2007: %s, want %s", row.reason, got, want)
		}
	}
}

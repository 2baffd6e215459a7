package connector_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
)

// TestReplies is the table of replies by step: what the current edition says,
// and what Exchange 2007 said where that is something else.
func TestReplies(t *testing.T) {
	for _, row := range []struct {
		reason  connector.Reason
		current string
		old     string // "": the same
	}{
		// connect
		{connector.NoConnector, "421 4.3.2 Service not available, closing transmission channel", ""},
		{connector.TooManyConnections,
			"421 4.3.2 The maximum number of concurrent server connections has exceeded a limit, closing transmission channel",
			"421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel"},
		{connector.TooManyConnectionsPerSource,
			"421 4.3.2 The maximum number of concurrent server connections has exceeded a per-source limit, closing transmission channel",
			"421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel"},
		{connector.RateExceeded, "421 4.4.2 Message submission rate for this client has exceeded the configured limit", ""},
		{connector.TimedOut, "421 4.4.1 Connection timed out", ""},
		{connector.TooManyErrors, "421 4.7.0 Too many errors on this connection, closing transmission channel", ""},
		// EHLO, order and syntax
		{connector.HelloDomainRequired, "501 5.0.0 HELO/EHLO requires domain address", ""},
		{connector.InvalidHello, "501 5.5.4 Invalid domain name", ""},
		{connector.SendHelloFirst, "503 5.5.2 Send hello first", ""},
		{connector.BadSequence, "503 5.5.1 Bad sequence of commands", ""},
		{connector.UnrecognizedCommand, "500 5.3.3 Unrecognized command", ""},
		{connector.InvalidArguments, "501 5.5.4 Invalid arguments", ""},
		// STARTTLS
		{connector.StartTLSReady, "220 2.0.0 SMTP server ready", ""},
		// AUTH
		{connector.LoginOK, "235 2.7.0 Authentication successful", ""},
		{connector.MechanismNotOffered, "504 5.7.4 Unrecognized authentication type", ""},
		{connector.BadCredentials, "535 5.7.3 Authentication unsuccessful", ""},
		{connector.LoginWithoutSubmit, "535 5.7.3 Authentication unsuccessful", ""},
		{connector.VerifierUnavailable, "454 4.7.0 Temporary authentication failure", ""},
		{connector.TooManyGuesses, "454 4.7.0 Temporary authentication failure", ""},
		// MAIL
		{connector.SenderOK, "250 2.1.0 Sender OK", ""},
		{connector.StartTLSFirst, "530 5.7.0 Must issue a STARTTLS command first", ""},
		{connector.NotAuthenticated,
			"530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
			"530 5.7.1 Client was not authenticated"},
		{connector.InsufficientResources, "452 4.3.1 Insufficient system resources", ""},
		{connector.InvalidAddress, "501 5.1.7 Invalid Address", ""},
		{connector.MessageTooLarge, "552 5.3.4 Message size exceeds fixed maximum message size", ""},
		{connector.AnonymousSendAsDenied, "550 5.7.1 Anonymous client does not have permissions to send as this sender", ""},
		{connector.SendAsDenied,
			"550 5.7.60 SMTP; Client does not have permissions to send as this sender",
			"550 5.7.1 Client does not have permissions to send as this sender"},
		// RCPT
		{connector.RecipientOK, "250 2.1.5 Recipient OK", ""},
		{connector.TooManyRecipients, "452 4.5.3 Too many recipients", ""},
		{connector.ReservedTopLevelDomain, "550 5.1.4 Recipient address reserved by RFC 2606", ""},
		{connector.ReservedSecondLevelDomain, "550 5.1.5 Recipient address reserved by RFC 2606", ""},
		{connector.SingleLabelDomain, "550 5.1.6 Recipient addresses in single label domains not accepted", ""},
		{connector.RelayDenied,
			"550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
			"550 5.7.1 Unable to relay"},
		// message
		{connector.StartMail, "354 Start mail input; end with <CRLF>.<CRLF>", ""},
		{connector.HeaderTooLarge, "552 5.3.4 Message header size exceeds fixed maximum size", ""},
		{connector.HopCountExceeded, "554 5.4.6 Hop count exceeded - possible mail loop", ""},
		{connector.MessageOK, "250 2.6.0 Queued mail for delivery", ""},
		{connector.Bye, "221 2.0.0 Service closing transmission channel", ""},
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

package event

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// kind is how a Kind is logged.
type kind struct {
	text  string
	level slog.Level
	keys  []string // of the line, in order; without a value they are left out
}

// The keys of answers to a message and of attempts.
const (
	answered     = "session id connector remote tls cipher user mail-from from to recipients size reply reason error result message-id held"
	attempted    = "session id from to hop host delay addr hop-session tls cipher reply error advice report"
	attemptedNow = "session id connector from to hop host addr hop-session tls cipher reply error advice" // while the client waits
)

// table has the line in the log of each Kind.
var table = [kinds]kind{
	0: {"event", slog.LevelInfo, nil},

	ConnectionRefused:     info("connection refused", "session reason connector local remote proxy tester reply error more"),
	ConnectionBegun:       debug("connection begun", "session connector local remote"),
	TLSBegun:              debug("TLS begun", "session connector remote tls cipher"),
	ConnectionEnded:       info("connection ended", "session connector local remote proxy proxy-id proxy-name proxy-tls tester helo tls cipher user messages refused duration error"),
	CommandRefused:        info("command refused", "session connector remote user command reply helo mechanism tried from to reason error more"),
	CommandAnswered:       debug("command answered", "session id connector remote command mechanism code reason size duration held"),
	Decision:              info("decision", "decision session connector remote user command reply reason others steps"),
	MessageAccepted:       info("message accepted", answered),
	MessageRefused:        info("message refused", answered),
	MessageFailed:         info("message failed", answered),
	MessageAborted:        info("message aborted", answered),
	RecipientRemoved:      info("recipient removed", "session id from to"),
	RecipientRefusedAtEnd: warn("recipient refused at the end", "session id to error"),
	MessageAuthenticated:  info("message authenticated", "session id connector remote helo from result then error"),
	ReportNotSent:         fail("delivery report can't be sent", "session id to error"),
	SourcesUnreadable:     warn("the file of known sources can't be read; users are known nowhere until they log on again", "error"),
	SourcesNotStored:      warn("the file of known sources can't be written; after a restart users may be known nowhere", "error"),

	LimitReached: warn("limit reached", "limit by key value bound until more session connector remote user hop"),

	Delivered:           info("delivered", attempted),
	ReportSent:          info("delivery report sent", attempted),
	Deferred:            warn("deferred", attempted),
	Refused:             warn("refused", attempted),
	Expired:             warn("message expired", attempted),
	Dropped:             info("dropped", attempted),
	ReportQueued:        info("delivery report queued", "session id kind report to recipients"),
	ReportUndeliverable: warn("delivery report can't be delivered", "session id from to reply"),
	FailureUnreported:   warn("failure isn't reported", "session id from to reply"),
	ReportShortened:     info("delivery report goes with the header of the message only", "session id hop error"),
	ReportIncomplete:    fail("message can't be read for a delivery report", "session id error"),
	ReportUnwritable:    fail("delivery report can't be written", "session id error"),
	MessageUnreadable:   fail("message can't be read", "session id error"),
	MessageTakenOver:    warn("message was taken over by another process", "session id error"),
	ChangedByOperator:   info("changed by operator", "session id from to"),
	NextHopSuspended:    warn("next hop suspended", "hop waiting"),
	NextHopResumed:      info("next hop resumed", "hop waiting"),
	NextHopFailed:       warn("next hop failed", "hop failures retry waiting error advice"),
	NextHopReachable:    info("next hop is reachable again", "hop failures waiting"),
	CountsUnreadable:    warn("the file of smart host counts can't be read; the limits for smart hosts count from 0", "error"),
	CountsNotStored:     warn("the file of smart host counts can't be written; after a restart the limits for smart hosts count from 0", "error"),

	PressureBegan: warn("refusing mail", "short limit value bound"),
	PressureEnded: warn("accepting mail again", "short limit value bound"),

	RecipientRefused:     warn("recipient refused", attemptedNow),
	NotDelivered:         warn("not delivered", attemptedNow),
	HostFailed:           warn("host failed, another one took its place", "session id connector error"),
	TestedPolicyUnmet:    warn("TLS policy that is being tested isn't met, sending anyway", "connector host policy error"),
	TLSFailed:            warn("TLS failed, connecting again", "host then error"),
	KeptConnectionFailed: debug("kept connection failed", "host error"),
	LogonRefused:         fail("logon refused, mail waits", "connector host reply retry advice"),

	TokenFetched:    info("OAuth token fetched", "connector host failures until"),
	TokenMissing:    fail("no OAuth token: mail waits", "connector host cause failures retry error advice"),
	TokenNotRenewed: fail("cannot renew the OAuth token", "connector host cause failures until retry error advice"),
	TokenNotStored:  fail("cannot store the OAuth refresh token", "connector host error"),

	STSFetched:     info("MTA-STS policy fetched", "domain mode until"),
	STSFetchFailed: warn("MTA-STS policy can't be fetched", "domain then until error"),
	STSUnreadable:  fail("kept MTA-STS policies can't be read, they are fetched again", "error"),
	STSNotStored:   fail("MTA-STS policies can't be kept for the next start", "error"),

	MilterFailed: fail("the milter can't be asked", "session id connector remote milter then error"),

	ACMEFailed:             fail("no certificate by ACME", "host error"),
	ACMENotRenewed:         warn("a certificate by ACME wasn't renewed", "host until"),
	CertificatesRenewed:    info("certificates renewed", "until"),
	CertificatesNotRenewed: fail("certificates can't be renewed, still using the previous ones", "error"),

	KeysFetched:    info("keys of the identity provider fetched", "keys until"),
	KeysNotFetched: warn("keys of the identity provider can't be fetched", "keys until error"),

	Started:      info("started", "policy"),
	Reloaded:     info("reloaded", "policy duration"),
	ReloadFailed: fail("reload failed, still serving the previous configuration", "errors"),

	LogFailed:   fail("a log can't be written, lines are lost", "log lost error"),
	LogRestored: warn("a log is written again", "log lost"),
}

func debug(text, keys string) kind { return kind{text, slog.LevelDebug, strings.Fields(keys)} }
func info(text, keys string) kind  { return kind{text, slog.LevelInfo, strings.Fields(keys)} }
func warn(text, keys string) kind  { return kind{text, slog.LevelWarn, strings.Fields(keys)} }
func fail(text, keys string) kind  { return kind{text, slog.LevelError, strings.Fields(keys)} }

// String returns the text of the line in the log.
func (k Kind) String() string {
	if k >= kinds {
		k = 0
	}
	return table[k].text
}

// Level returns the level of the line about e in the log.
func (e *Event) Level() slog.Level {
	switch {
	case e.Kind == ConnectionEnded && e.Err != nil:
		return slog.LevelWarn
	case e.Kind == CommandRefused && e.Reason == reply.VerifierUnavailable:
		return slog.LevelError // no client can log on until the Verifier is repaired
	case e.Kind == TokenNotRenewed && isTemporary(e.Err):
		return slog.LevelWarn // the next attempt may succeed although nothing is changed
	case e.Kind == KeysNotFetched && e.Until.IsZero():
		return slog.LevelError // no client can log on with a token
	case e.Kind == LimitReached && strings.HasSuffix(e.Limit, "TarpitInterval"):
		return slog.LevelDebug // the reply of every refused client is delayed
	case e.Kind == LimitReached && isOutgoing(e.Limit):
		return slog.LevelInfo // mail waits, and nothing is refused
	case e.Kind >= kinds:
		return slog.LevelInfo
	}
	return table[e.Kind].level
}

// isOutgoing reports whether outgoing mail waits for a limit.
func isOutgoing(limit string) bool {
	return strings.HasSuffix(limit, "OutboundConnections") || strings.HasPrefix(limit, "SmartHost")
}

// isTemporary reports whether err says of itself that it may pass.
func isTemporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

package delivery

import (
	"cmp"
	"crypto/x509"
	"errors"
	"slices"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/hopreply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// Cause says why there is no connection to a host on which this server is logged on. Causes are stable,
// unlike the texts.
type Cause string

// The causes, in the order in which an attempt meets them.
const (
	CauseOther              Cause = "other"                 // none of the following
	CauseNameServer         Cause = "name-server"           // the name server doesn't answer
	CauseUnknownHost        Cause = "unknown-host"          // the name has no address to which mail can go
	CauseNoToken            Cause = "no-token"              // there is no OAuth token
	CauseUnreachable        Cause = "unreachable"           // the host doesn't answer the call
	CauseLost               Cause = "connection-lost"       // the host closes the connection, or doesn't answer a command
	CauseNoTLS              Cause = "no-starttls"           // TLS is required, and the host has no STARTTLS
	CauseTLS                Cause = "tls"                   // the handshake fails
	CauseOwnCertificate     Cause = "own-certificate"       // this server lacks the certificate that the connector shows
	CauseCertificate        Cause = "certificate"           // the host's certificate doesn't fit for another reason than the next three
	CauseCertificateIssuer  Cause = "certificate-authority" // no known authority has issued it
	CauseCertificateExpired Cause = "certificate-expired"   // it has expired or isn't valid yet
	CauseCertificateName    Cause = "certificate-name"      // it is for other names
	CauseNoMechanism        Cause = "no-mechanism"          // the host takes no logon of the connector's kind
	CauseTemporary          Cause = "temporary"             // a refusal with 4xx for another reason
	CauseRefused            Cause = "refused"               // a refusal with 5xx for another reason
	CauseBusy               Cause = "busy"                  // the host has too much to do
	CauseCrowded            Cause = "too-many-connections"  // to the host or of the account
	CauseThrottled          Cause = "throttled"             // the account caused too many errors or tries
	CauseQuota              Cause = "quota"                 // the account has sent as much as it may for now
	CauseNotLoggedOn        Cause = "not-logged-on"         // the host expects a logon, or TLS, before anything else
	CauseSwitchedOff        Cause = "switched-off"          // the host accepts no such logon until an administrator changes something
	CauseBadCredentials     Cause = "bad-credentials"       // the password or token isn't accepted
)

// causes are in the order in which an attempt meets them.
var causes = []Cause{
	CauseOther, CauseNameServer, CauseUnknownHost, CauseNoToken, CauseUnreachable, CauseLost, CauseNoTLS, CauseTLS,
	CauseOwnCertificate, CauseCertificate, CauseCertificateIssuer, CauseCertificateExpired, CauseCertificateName,
	CauseNoMechanism, CauseTemporary, CauseRefused, CauseBusy, CauseCrowded, CauseThrottled, CauseQuota,
	CauseNotLoggedOn, CauseSwitchedOff, CauseBadCredentials,
}

// Diagnosis says why there is no connection, and what would cure it. The zero Diagnosis is that of no error.
type Diagnosis struct {
	Cause  Cause
	Reply  string // with which the host refuses, without secrets; "": it doesn't
	Advice string // to the administrator, in sentences; "": none is known
}

// Diagnose returns the Diagnosis of an error of [Sender.Open]. If several hosts or addresses were tried, it
// is about the one with which the conversation came furthest.
func Diagnose(err error) Diagnosis {
	if err == nil {
		return Diagnosis{}
	}
	var several *failures
	if !errors.As(err, &several) {
		return diagnose(err)
	}
	var furthest Diagnosis
	for _, e := range several.list {
		if d := Diagnose(e); slices.Index(causes, d.Cause) > slices.Index(causes, furthest.Cause) {
			furthest = d
		}
	}
	return furthest
}

// diagnose is Diagnose for an error of one address.
func diagnose(err error) Diagnosis {
	var e *smtpclient.Error
	if errors.As(err, &e) && e.Reply.Code != 0 {
		return diagnoseReply(err, e)
	}
	for _, k := range diagnoses {
		if k.is(err) {
			return Diagnosis{Cause: k.cause, Advice: k.advice}
		}
	}
	return Diagnosis{Cause: CauseOther}
}

// What an administrator can do, where several diagnoses say so.
const (
	adviseService  = "See that SmartHosts and Port name the host's service for clients that log on, usually port 587."
	adviseFirewall = "A firewall that opens TLS connections must exempt the host."
)

// diagnoses are the causes of errors other than replies. The first one that fits counts.
var diagnoses = []struct {
	cause  Cause
	is     func(error) bool
	advice string
}{
	{CauseNoToken, isA[*tokenError], ""}, // the error says what would cure it
	{CauseUnknownHost, isUnknownHost, "Correct SmartHosts, or see that this machine's name server knows the host."},
	{CauseNameServer, isA[*dnsError], "See that this machine reaches its name server, and that the name server answers for the host's domain."},
	{CauseUnreachable, isA[*dialError], "See that this machine reaches the host at the Port of the connector (firewall, provider)."},
	{CauseNoTLS, isError(smtpclient.ErrNoTLS), adviseService + " A firewall that reads SMTP may remove STARTTLS: it must exempt the host."},
	{CauseNoMechanism, isError(smtpclient.ErrNoAuth), adviseMechanism},
	{CauseOwnCertificate, isError(errOwnCertificate), "Give this server the certificate that TlsCertificateName or Fqdn of the connector names."},
	{CauseCertificateIssuer, isA[x509.UnknownAuthorityError], "Install the root certificates of this machine (package ca-certificates), or the authority of the host's certificate. " + adviseFirewall},
	{CauseCertificateName, isError(errNotNamed), "The certificate is for other names: correct SmartHosts or TlsDomain, or give the host a certificate with its name. " + adviseFirewall},
	{CauseCertificateExpired, isExpired, "The host needs a new certificate, or this machine's clock is wrong. " + adviseFirewall},
	{CauseCertificate, isCertificate, "The host needs a certificate that fits the connector's TlsAuthLevel and TlsDomain. " + adviseFirewall},
	{CauseTLS, isError(smtpclient.ErrHandshake), "See that Port is one at which the host speaks SMTP with TLS, and that it has TLS 1.2 or later. " + adviseFirewall},
	{CauseLost, isA[*smtpclient.Error], adviseService + " A host that closes connections without a reply may block this server's address."},
}

// adviseMechanism is for hosts that don't take the logon, whatever the account is.
const adviseMechanism = "The host takes no logon as SmartHostAuthMechanism requires: with OAuth it must offer XOAUTH2 or OAUTHBEARER. " + adviseService

// isA reports whether err is or wraps an E.
func isA[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// isError returns errors.Is for a target.
func isError(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// isUnknownHost reports whether the name server has no address of the host.
func isUnknownHost(err error) bool {
	var e *dnsError
	return errors.As(err, &e) && e.reason != reply.DNSUnavailable
}

// isExpired reports whether a certificate isn't valid at this machine's time.
func isExpired(err error) bool {
	var e x509.CertificateInvalidError
	return errors.As(err, &e) && e.Reason == x509.Expired
}

// ofMeaning are the causes of replies that mean something else than their code says.
var ofMeaning = map[hopreply.Meaning]Cause{
	hopreply.BadCredentials: CauseBadCredentials, hopreply.SwitchedOff: CauseSwitchedOff, hopreply.NotLoggedOn: CauseNotLoggedOn, hopreply.WantsSecurity: CauseNotLoggedOn,
	hopreply.Throttled: CauseThrottled, hopreply.Quota: CauseQuota, hopreply.Crowded: CauseCrowded, hopreply.Busy: CauseBusy,
}

// diagnoseReply is Diagnose for the refusal err, with the reply in e. The table of replies comes first, then
// the stage and the code.
func diagnoseReply(err error, e *smtpclient.Error) Diagnosis {
	row := rowOf(err)
	d := Diagnosis{Cause: ofMeaning[row.Meaning], Reply: e.Reply.String(), Advice: row.Advice}
	code := e.Reply.Code
	switch {
	case row.Advice != "":
		d.Cause = cmp.Or(d.Cause, CauseRefused)
	case code < 500:
		d.Cause, d.Advice = CauseTemporary, "Mail waits and goes on by itself. If that takes long, the host's reply says why."
	case e.Stage == smtpclient.StageTLS:
		d.Cause, d.Advice = CauseNoTLS, adviseService
	case e.Stage != smtpclient.StageAuth:
		d.Cause, d.Advice = CauseRefused, "The host refuses this server, whatever the account is, and its reply says why: see whether this server's address is on a block list, and that the host accepts the connector's Fqdn as its name."
	case code <= 504: // it doesn't know the command or the mechanism
		d.Cause, d.Advice = CauseNoMechanism, adviseMechanism
	default:
		d.Cause, d.Advice = CauseBadCredentials, "The host refuses the logon, and its reply says why."
	}
	return d
}

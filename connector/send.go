package connector

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Send is the configuration of one Send connector, with the names of
// Set-SendConnector. Zero fields mean the defaults of Usage and of the profile.
// docs/cmdlets.md has the effect, range and default of each parameter. "Not
// enforced" means that Compile warns: the value is kept and has no effect.
type Send struct {
	Name    string      // unique in the organisation
	Usage   param.Usage // only fills defaults; zero: Custom; not Client
	Comment string
	Enabled param.Setting[bool]

	AddressSpaces          []routing.AddressSpace // at least one
	SourceTransportServers []string               // the servers that send its mail; empty: this server
	IsScopedConnector      bool                   // serves its own site only; so does one whose AddressSpaces are Local
	IsCoexistenceConnector bool                   // of 2010; not enforced
	LinkedReceiveConnector string                 // of 2010, instead of AddressSpaces; not enforced

	DNSRoutingEnabled            param.Setting[bool]         // by default true without smart hosts, else false
	SmartHosts                   []param.SmartHost           // next hops; they share the load, and one replaces another that fails
	SmartHostAuthMechanism       auth.Mechanism              // one value, or BasicAuth, BasicAuthRequireTLS, which means BasicAuthRequireTLS
	AuthenticationCredential     *param.Credential           // for Basic authentication, and the mailbox for OAuth; may be nil
	SmartHostCredentials         []param.SmartHostCredential // not a parameter of Exchange: for some of SmartHosts, instead of AuthenticationCredential
	LogonWithoutCertificateCheck bool                        // not a parameter of Exchange: credentials go to smart hosts whose certificate isn't valid, too
	Port                         int
	SourceIPAddress              netip.Addr // local address to connect from; zero or 0.0.0.0: any
	Fqdn                         string     // for EHLO; "": the server's
	ForceHELO                    bool       // HELO instead of EHLO: no extensions, no TLS
	UseExternalDNSServersEnabled bool       // next hops are looked up by the external name servers of the Service
	FrontendProxyEnabled         bool       // not enforced

	RequireTLS               bool                // no mail without TLS
	IgnoreSTARTTLS           bool                // no TLS even if offered
	TlsAuthLevel             param.TlsAuthLevel  // needs RequireTLS
	TlsDomain                string              // domain or *.domain; with DomainValidation only
	TlsCertificateName       string              // an SmtpX509Identifier; the certificate that this server shows
	DomainSecureEnabled      bool                // mutual TLS with the domains of TLSSendDomainSecureList
	DaneEnabled              param.Setting[bool] // not a parameter of Exchange: follow the TLSA records of mail exchangers; by default with DNS routing, unless STARTTLS is never used
	MtaStsEnabled            param.Setting[bool] // the same for the MTA-STS policies of domains
	DkimSigning              param.DkimSigning   // not a parameter of Exchange: signs messages with the keys of their authors' domains
	CloudServicesMailEnabled bool                // lets cross-premises fields pass; their renaming is not enforced
	RequireOorg              bool                // not enforced

	MaxMessageSize               param.Size
	SmartHostLimits              param.SmartHostLimits // fills the next three, which aren't parameters of Exchange either
	SmartHostMaxConnections      param.Limit           // at a time, to each host as one user, with those of other connectors
	SmartHostMessageRateLimit    param.Limit           // attempts in any minute, counted in the same way
	SmartHostRecipientRateLimit  param.Limit           // recipients in any 24 hours, counted in the same way
	SmtpMaxMessagesPerConnection int
	ConnectionInactivityTimeOut  time.Duration
	ErrorPolicies                param.ErrorPolicy   // Default; what concerns custom failures is not enforced
	ConnectorType                param.ConnectorType // not enforced
	ProtocolLoggingLevel         param.ProtocolLogging
	Permissions                  []permission.Grant // grants of Add-ADPermission
}

// LogsOn reports whether the connector logs on to its smart hosts with credentials.
func (s *Send) LogsOn() bool {
	return s.SmartHostAuthMechanism&(auth.BasicAuth|auth.BasicAuthRequireTLS|auth.OAuth) != 0
}

// CredentialFor returns the credential with which the connector logs on to one of its smart hosts:
// that of SmartHostCredentials, else AuthenticationCredential, which may be nil. It must not be
// changed.
func (s *Send) CredentialFor(host param.SmartHost) *param.Credential {
	for i := range s.SmartHostCredentials {
		if s.SmartHostCredentials[i].Host == host {
			return &s.SmartHostCredentials[i].Credential
		}
	}
	return s.AuthenticationCredential
}

package iis

import (
	"slices"
	"strings"
)

// fate says what becomes of properties that the reader doesn't take.
type fate struct {
	names string // separated by blanks
	why   string
	fix   string // "": without meaning
}

var fates = []fate{
	{"DropDirectory PickupDirectory BadMailDirectory QueueDirectory SendBadTo SendNdrTo", "there are no such directories and copies here", ""},
	{"KeyType ServerComment ServerState ServerAutoStart ServerSize ServerID SmtpServiceVersion AdminACL AdminServer Win32Error ServerListenBacklog ServerListenTimeout MajorIISVersionNumber MinorIISVersionNumber CreateProcessAsUser ClusterEnabled MaxEndpointConnections DisableSocketPooling", "it concerns how IIS runs", ""},
	{"LogType LogPluginClsid LogFileDirectory LogFilePeriod LogFileTruncateSize LogExtFileFlags LogOdbcDataSource LogOdbcTableName LogOdbcUserName LogOdbcPassword LogFileLocaltimeRollover LogAnonymous LogNonAnonymous DontLog", "logs follow docs/logs.md", ""},
	{"EnableReverseDnsLookup DnsRequery AlwaysUseAuth LimitRemoteConnections LocalRetryAttempts LocalRetryInterval RemoteRetryAttempts RemoteRetryInterval RemoteTimeout SmtpLocalDelayExpireMinutes SmtpLocalNDRExpireMinutes SmtpLocalProgressiveRetry SmtpRemoteRetryThreshold ShouldDeliver UpdatedDefaultDomain UpdatedFQDN RoutingDll RoutingSources DomainRouting LocalDomains PostmasterName PostmasterEmail MaxMailObjects MaxDirBuffers MaxDirChangeIOSize MaxDirPendingIOs MaxPoolThreads MaxMsgSize MailObjects SmtpDotStuffPickupDirFiles SmtpDomainValidationFlags SmtpEventLogLevel SmtpInboundCommandSupportOptions SmtpOutboundCommandSupportOptions SmtpAdvQueueDll SmtpSSLRequireTrustedCA SmtpSSLCertHostnameValidation NTAuthenticationProviders SmtpUseTcpDns SmtpDSNOptions SmtpDSNLanguageID SmtpMaxRemoteQThreads SmtpFlushMailFile SmtpIpVerificationFlags ConnectionTimeout ETRNDays ETRNSubdomains AuthTurnList", "the gateway has rules of its own for it", ""},
	{"MasqueradeDomain DoMasquerade Masquerade", "senders aren't given another domain", "where all clients of a Receive connector are to send as one address, set RewriteSender and RewriteFrom"},
	{"MaxSessionSize", "the size of a session isn't limited", "set MaxMessageSize, and MessageRateLimit of the Receive connectors"},
	{"SSLCertHash SSLStoreName SslUseDsMapper SSLUseDSMapper", "certificates aren't part of a policy", "export the certificate, and name it with -cert and -key"},
	{"SaslLogonDomain DefaultLogonDomain LogonMethod", "users and passwords aren't in the metabase", "let the gateway ask the directory (-ldap), or give a file of users (-users)"},
	{"ConnectResponse", "the banner is one line that begins with 220", "set Banner of the Receive connectors"},
	{"NameResolution SmtpDnsServers", "name servers aren't part of a policy", "name them with -dns"},
	{"DefaultDomain", "it isn't an accepted domain of all virtual servers", "set DefaultDomain of the Receive connectors"},
	{"RelayIpList RelayForAuth IPSecurity", "a domain has no clients of its own", "let the clients relay, or accept the domain for all clients"},
	{"RouteUserName RoutePassword", "no Send connector logs on with it", "set SmartHostAuthMechanism and AuthenticationCredential of the Send connector if it should"},
	{"RouteAction", "what it says of mail for the domain is in the entry of the domain", ""},
	{"RouteActionString", "it is used with a smart host only", ""},
}

// rest accounts for the properties that nothing else has taken.
func (r *reader) rest() {
	for _, name := range r.service.order { // of the service, which the virtual servers inherit
		if v := r.service.values[name]; !r.inherited(name) && !r.Has(v.at, name) {
			r.WithoutMeaning(v.at, name, "the virtual servers have their own")
		}
	}
	r.account(&r.service)
	for i := range r.servers {
		r.account(&r.servers[i])
	}
	for i := range r.domains {
		r.account(&r.domains[i])
	}
}

// inherited reports whether a virtual server lacks a property, so that the service's counts.
func (r *reader) inherited(name string) bool {
	return slices.ContainsFunc(r.servers, func(k key) bool { _, own := k.values[name]; return !own })
}

// account accounts for the properties of a key.
func (r *reader) account(k *key) {
	for _, name := range k.order {
		v := k.values[name]
		if !r.Has(v.at, name) {
			r.other(name, v)
		}
	}
}

// other accounts for a property that isn't taken. No text has its value, because it may be a
// password.
func (r *reader) other(name string, v value) {
	for _, f := range fates {
		for known := range strings.FieldsSeq(f.names) {
			switch {
			case known != name:
			case f.fix == "" || strings.TrimSpace(v.text) == "":
				r.WithoutMeaning(v.at, name, f.why)
				return
			default:
				r.NotPossible(v.at, name, f.why, f.fix)
				return
			}
		}
	}
	if strings.HasPrefix(name, "UnknownName_") {
		r.WithoutMeaning(v.at, name, "IIS has no name for it")
		return
	}
	r.NotPossible(v.at, name, "this reader doesn't know the property", "say it with the parameters of a connector if it has to do with who may send")
}

package semantics

// Policy is a policy as its text gives it. The fields have the names and the values of
// the text; empty means that the text leaves the parameter out. It is immutable.
type Policy struct {
	document
	Receivers []*Receiver // of this server, those that are enabled

	local                Server // this server
	sendConnectors       []*SendConnector
	sendConnectorsByName map[string]*SendConnector
	spaces               map[string][]candidate    // of the connectors that can send, by what they cover
	accepted             map[string]AcceptedDomain // by what they cover
}

// document is the object that jsonconfig.Marshal writes.
// docs/gateway.md "A policy" has the format.
type document struct {
	Profile      string // "Exchange2007", or the current edition
	Server       string
	Servers      []Server
	Links        []link
	Receive      []receive
	Send         []send
	Accepted     []AcceptedDomain
	Remote       []RemoteDomain
	Transport    transport
	Services     []Service
	Acknowledged []acknowledgement // without effect
}

// Server is a server of the organisation.
type Server struct {
	Name, FQDN, Site string
	Edge             bool
}

type link struct {
	Name    string
	Sites   []string
	Cost    int64
	MaxSize int64
}

// AcceptedDomain is an accepted domain.
type AcceptedDomain struct {
	Name, DomainName   string
	DomainType         string
	MatchSubDomains    bool
	AddressBookEnabled *bool
	Default            bool
}

// RemoteDomain is a remote domain.
type RemoteDomain struct {
	Name, DomainName                  string
	NDREnabled, DeliveryReportEnabled *bool
}

type acknowledgement struct{ Code, Place, Extent, Reason string }

// grant is an entry of Add-ADPermission, or with Removed of Remove-ADPermission.
type grant struct {
	User           string
	ExtendedRights []string
	Deny, Removed  bool
}

type transport struct {
	MaxReceiveSize, MaxSendSize                                      string
	MaxRecipientEnvelopeLimit                                        string
	TLSReceiveDomainSecureList                                       []string
	TLSSendDomainSecureList                                          []string
	UseDowngradedExchangeServerAuth                                  bool
	ExternalPostmasterAddress                                        string
	GenerateCopyOfDSNFor                                             *string
	ExternalDsnMaxMessageAttachSize, InternalDsnMaxMessageAttachSize string
	ExternalDelayDsnEnabled, InternalDelayDsnEnabled                 *bool

	Assertions []string // without effect on sessions
}

// receive is a Receive connector. docs/cmdlets.md "New-ReceiveConnector, …" says what
// its parameters mean.
type receive struct {
	Name, Server, TransportRole, Usage, Comment string
	Enabled                                     *bool

	Bindings, RemoteIPRanges []string
	AuthMechanism            *string
	PermissionGroups         *string
	Permissions              []grant

	Fqdn, Banner, DefaultDomain, ServiceDiscoveryFqdn, TlsCertificateName string

	TlsMinimumVersion     string
	TlsLegacyCipherSuites []string
	TlsLegacyEndDate      string

	AllowedSenders             []string
	RewriteSender, RewriteFrom string

	RequireTLS, DomainSecureEnabled, RequireEHLODomain       bool
	AddMissingHeadersEnabled, BareLinefeedRejectionEnabled   *bool
	AdvertiseClientSettings, EnableAuthGSSAPI                bool
	LongAddressesEnabled, OrarEnabled, SuppressXAnonymousTls bool

	RejectReservedSecondLevelRecipientDomains bool
	RejectReservedTopLevelRecipientDomains    bool
	RejectSingleLabelRecipientDomains         bool

	BinaryMimeEnabled, ChunkingEnabled, DeliveryStatusNotificationEnabled *bool
	EightBitMimeEnabled, EnhancedStatusCodesEnabled                       *bool
	PipeliningEnabled, SmtpUtf8Enabled                                    *bool

	SizeEnabled, ExtendedProtectionPolicy, ProtocolLoggingLevel string

	AuthTarpitInterval, TarpitInterval             string
	ConnectionInactivityTimeout, ConnectionTimeout string
	MaxAcknowledgementDelay                        string

	MaxHeaderSize, MaxMessageSize                       string
	MaxHopCount                                         int64
	MaxLocalHopCount                                    *int64
	MaxInboundConnection, MaxInboundConnectionPerSource string
	MaxInboundConnectionPercentagePerSource             int64
	MaxLogonFailures                                    *int64
	MaxProtocolErrors                                   string
	MaxRecipientsPerMessage                             int64
	MessageRateLimit, MessageRateSource                 string

	MessageAuthenticationMode     string
	TrustedAuthenticationServices []string
	TlsDomainCapabilities         []string
}

// send is a Send connector. docs/cmdlets.md "New-SendConnector, …" says what its
// parameters mean.
type send struct {
	Name, Usage, Comment string
	Enabled              *bool

	AddressSpaces, SourceTransportServers     []string
	IsScopedConnector, IsCoexistenceConnector bool
	LinkedReceiveConnector                    string

	DNSRoutingEnabled            *bool
	SmartHosts                   []string
	SmartHostAuthMechanism       string
	AuthenticationCredential     *credential
	SmartHostCredentials         map[string]credential
	LogonWithoutCertificateCheck bool
	Port                         int64
	SourceIPAddress, Fqdn        string
	ForceHELO                    bool
	UseExternalDNSServersEnabled bool
	FrontendProxyEnabled         bool

	RequireTLS, IgnoreSTARTTLS                  bool
	TlsAuthLevel, TlsDomain, TlsCertificateName string
	DomainSecureEnabled                         bool
	DaneEnabled, MtaStsEnabled                  *bool
	DkimSigning                                 string
	CloudServicesMailEnabled, RequireOorg       bool
	MaxMessageSize                              string
	SmartHostLimits, SmartHostMaxConnections    string
	SmartHostMessageRateLimit                   string
	SmartHostRecipientRateLimit                 string
	SmtpMaxMessagesPerConnection                int64
	ConnectionInactivityTimeOut                 string
	ErrorPolicies, ConnectorType                string
	ProtocolLoggingLevel                        string
	Permissions                                 []grant
}

// credential is a user name and where its password is; the password itself is REDACTED
// in a policy's text.
type credential struct {
	UserName, Password string
	PasswordFrom       passwordPlace
}

// passwordPlace says where a password is.
type passwordPlace struct{ File, Environment, Credential string }

// Service has the parameters of Set-TransportService.
type Service struct {
	Name string

	MaxConnectionRatePerMinute                                        int64
	MaxOutboundConnections, MaxPerDomainOutboundConnections           string
	IntraOrgConnectorSmtpMaxMessagesPerConnection                     int64
	QueueGlitchRetryCount                                             *int64
	QueueGlitchRetryInterval                                          string
	TransientFailureRetryCount                                        *int64
	TransientFailureRetryInterval                                     string
	OutboundConnectionFailureRetryInterval                            string
	MessageRetryInterval                                              string
	DelayNotificationTimeout, MessageExpirationTimeout                string
	ExternalDNSServers                                                []string
	ExternalDNSAdapterEnabled                                         *bool
	ExternalDNSProtocolOption                                         string
	InternalDNSServers                                                []string
	InternalDNSAdapterEnabled                                         *bool
	InternalDNSProtocolOption                                         string
	ReceiveProtocolLogPath                                            *string
	ReceiveProtocolLogMaxAge                                          string
	ReceiveProtocolLogMaxDirectorySize, ReceiveProtocolLogMaxFileSize string
	SendProtocolLogPath                                               *string
	SendProtocolLogMaxAge                                             string
	SendProtocolLogMaxDirectorySize, SendProtocolLogMaxFileSize       string
	ConnectivityLogEnabled                                            *bool
	ConnectivityLogPath                                               *string
	ConnectivityLogMaxAge                                             string
	ConnectivityLogMaxDirectorySize, ConnectivityLogMaxFileSize       string
	MessageTrackingLogEnabled                                         *bool
	MessageTrackingLogPath                                            *string
	MessageTrackingLogMaxAge                                          string
	MessageTrackingLogMaxDirectorySize, MessageTrackingLogMaxFileSize string
	MessageTrackingLogSubjectLoggingEnabled                           *bool
	IntraOrgConnectorProtocolLoggingLevel                             string
}

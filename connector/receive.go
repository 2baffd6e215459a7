package connector

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// Receive is the configuration of one Receive connector, with the names of
// Set-ReceiveConnector. Zero fields mean the defaults of Usage, of the profile and
// of the server's role. docs/cmdlets.md has the effect, range and default of each
// parameter. "Not enforced" means that Compile warns: the value is kept and has no
// effect.
type Receive struct {
	Name          string // unique on the server
	Server        string // "": the server of Config
	TransportRole param.TransportRole
	Usage         param.Usage // only fills defaults; zero: Custom
	Comment       string
	Enabled       param.Setting[bool]

	Bindings         []netip.AddrPort // where it listens
	RemoteIPRanges   []param.Range    // the clients that it serves
	AuthMechanism    param.Setting[auth.Mechanism]
	PermissionGroups param.Setting[permission.Group]
	Permissions      []permission.Grant // grants of Add-ADPermission

	Fqdn                 string // in banner, EHLO reply and Received; "": the server's
	Banner               string // "": names the server and the time
	DefaultDomain        string // an accepted domain, by name or domain, appended to bare local parts
	ServiceDiscoveryFqdn string // not enforced
	TlsCertificateName   string // an SmtpX509Identifier; "": by Fqdn

	TlsMinimumVersion     param.TlsVersion    // not a parameter of Exchange, as the next two; zero: Tls12
	TlsLegacyCipherSuites []param.CipherSuite // beside those that every connector has
	TlsLegacyEndDate      param.Date          // the last day on which AllowsLegacyTLS

	AllowedSenders []param.Sender // of clients who haven't logged on; empty: any that their rights allow
	RewriteSender  string         // the address that replaces a sender of MAIL, see Session.SenderOf; "": none is replaced
	RewriteFrom    string         // the address that replaces the From field, see Session.FromOf; "": it isn't replaced

	RequireTLS                   bool                // no mail before STARTTLS; needs Tls in AuthMechanism
	DomainSecureEnabled          bool                // partners prove themselves by certificate
	RequireEHLODomain            bool                // EHLO without a domain ends the connection
	AddMissingHeadersEnabled     param.Setting[bool] // not a parameter of Exchange, see Session.CompletesHeader
	BareLinefeedRejectionEnabled param.Setting[bool] // on by default, see docs/differences.md
	AdvertiseClientSettings      bool                // not enforced
	EnableAuthGSSAPI             bool                // not enforced
	LongAddressesEnabled         bool                // not enforced
	OrarEnabled                  bool                // not enforced
	SuppressXAnonymousTls        bool                // X-ANONYMOUSTLS is never offered anyway

	RejectReservedSecondLevelRecipientDomains bool // example.com, example.net, example.org
	RejectReservedTopLevelRecipientDomains    bool // test, example, invalid, localhost
	RejectSingleLabelRecipientDomains         bool

	BinaryMimeEnabled                 param.Setting[bool] // as ChunkingEnabled by default
	ChunkingEnabled                   param.Setting[bool]
	DeliveryStatusNotificationEnabled param.Setting[bool]
	EightBitMimeEnabled               param.Setting[bool]
	EnhancedStatusCodesEnabled        param.Setting[bool]
	PipeliningEnabled                 param.Setting[bool]
	SmtpUtf8Enabled                   param.Setting[bool]
	SizeEnabled                       param.SizeMode
	ExtendedProtectionPolicy          param.ExtendedProtection // not enforced
	ProtocolLoggingLevel              param.ProtocolLogging

	AuthTarpitInterval          param.Setting[time.Duration]
	TarpitInterval              param.Setting[time.Duration]
	ConnectionInactivityTimeout time.Duration // less than ConnectionTimeout
	ConnectionTimeout           time.Duration
	MaxAcknowledgementDelay     param.Setting[time.Duration] // how long delivery may hold the reply; 0: queued first

	MaxHeaderSize                           param.Size
	MaxMessageSize                          param.Size
	MaxHopCount                             int
	MaxLocalHopCount                        param.Setting[int] // 0: no limit
	MaxInboundConnection                    param.Limit
	MaxInboundConnectionPerSource           param.Limit
	MaxInboundConnectionPercentagePerSource int                // of the free connections
	MaxLogonFailures                        param.Setting[int] // 0: no limit
	MaxProtocolErrors                       param.Setting[param.Limit]
	MaxRecipientsPerMessage                 int
	MessageRateLimit                        param.Limit // messages per minute
	MessageRateSource                       param.Setting[param.RateSource]

	MessageAuthenticationMode     param.Setting[param.AuthenticationMode] // SPF, DKIM and DMARC; not a parameter of Exchange
	TrustedAuthenticationServices []string                                // whose Authentication-Results pass; not a parameter of Exchange

	TlsDomainCapabilities []string // "domain:Cap1,Cap2"; not enforced
}

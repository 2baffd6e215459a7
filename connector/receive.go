package connector

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// Receive is the configuration of one Receive connector, with the names of
// Set-ReceiveConnector. Zero fields mean the documented defaults of Usage and
// of the profile. The comments give the range and, last or alone, the default.
// "Not enforced" means that Compile warns: the value is kept and has no effect.
type Receive struct {
	Name          string // unique on the server, up to 64 characters
	Server        string // "": the server of Config
	TransportRole param.TransportRole
	Usage         param.Usage // only fills defaults; zero: Custom
	Comment       string
	Enabled       param.Setting[bool] // true

	Bindings         []netip.AddrPort                // where it listens; default by Usage
	RemoteIPRanges   []param.Range                   // who may connect; default by Usage
	AuthMechanism    param.Setting[auth.Mechanism]   // default by Usage
	PermissionGroups param.Setting[permission.Group] // default by Usage
	Permissions      []permission.Grant              // made by hand, Add-ADPermission

	Fqdn                 string // in banner, EHLO reply and Received; default the server's FQDN
	Banner               string // begins with "220 "; default names the server and the time
	DefaultDomain        string // an accepted domain, by name or domain, appended to bare local parts
	ServiceDiscoveryFqdn string // not enforced
	TlsCertificateName   string // an SmtpX509Identifier; default by Fqdn

	RequireTLS                   bool                // no mail before STARTTLS; needs Tls in AuthMechanism
	DomainSecureEnabled          bool                // partners prove themselves by certificate
	RequireEHLODomain            bool                // EHLO without a domain ends the connection
	AddMissingHeadersEnabled     param.Setting[bool] // true; ours, see Session.CompletesHeader
	BareLinefeedRejectionEnabled param.Setting[bool] // default true here: see docs/differences.md
	AdvertiseClientSettings      bool                // not enforced
	EnableAuthGSSAPI             bool                // not enforced
	LongAddressesEnabled         bool                // not enforced
	OrarEnabled                  bool                // not enforced
	SuppressXAnonymousTls        bool                // X-ANONYMOUSTLS is never offered anyway

	RejectReservedSecondLevelRecipientDomains bool // example.com, example.net, example.org
	RejectReservedTopLevelRecipientDomains    bool // test, example, invalid, localhost
	RejectSingleLabelRecipientDomains         bool

	BinaryMimeEnabled                 param.Setting[bool] // as ChunkingEnabled, which it needs
	ChunkingEnabled                   param.Setting[bool] // true
	DeliveryStatusNotificationEnabled param.Setting[bool] // true
	EightBitMimeEnabled               param.Setting[bool] // true
	EnhancedStatusCodesEnabled        param.Setting[bool] // true
	PipeliningEnabled                 param.Setting[bool] // true
	SmtpUtf8Enabled                   param.Setting[bool] // true; false in Exchange2007
	SizeEnabled                       param.SizeMode
	ExtendedProtectionPolicy          param.ExtendedProtection // not enforced
	ProtocolLoggingLevel              param.ProtocolLogging

	AuthTarpitInterval          param.Setting[time.Duration] // 0 to 10 minutes; 5 seconds
	TarpitInterval              param.Setting[time.Duration] // 0 to 10 minutes; 5 seconds
	ConnectionInactivityTimeout time.Duration                // 1 second to 1 day, less than ConnectionTimeout; 5 minutes, on Edge 1
	ConnectionTimeout           time.Duration                // 1 second to 1 day; 10 minutes, on Edge 5
	MaxAcknowledgementDelay     param.Setting[time.Duration] // up to 1 day: how long delivery may hold the reply, 0: queued first; 10 seconds

	MaxHeaderSize                           param.Size                      // 1 to 2147483647 bytes; 256 KB, in Exchange2007 64 KB
	MaxMessageSize                          param.Size                      // 64 KB to 2147483647 bytes; 36 MB, in Exchange2007 10 MB
	MaxHopCount                             int                             // 1 to 500; 60
	MaxLocalHopCount                        param.Setting[int]              // 0 to 50, 0 counts none; 12, in Exchange2007 8
	MaxInboundConnection                    param.Limit                     // 1 or more; 5000
	MaxInboundConnectionPerSource           param.Limit                     // 1 to 10000; 20
	MaxInboundConnectionPercentagePerSource int                             // 1 to 100 percent of what is left; 2
	MaxLogonFailures                        param.Setting[int]              // 0 to 10, 0 never closes; 3
	MaxProtocolErrors                       param.Setting[param.Limit]      // 0 or more; 5
	MaxRecipientsPerMessage                 int                             // 1 to 512000; 200
	MessageRateLimit                        param.Limit                     // messages per minute, 1 or more; Unlimited, on Edge 600
	MessageRateSource                       param.Setting[param.RateSource] // IPAddress

	TlsDomainCapabilities []string // "domain:Cap1,Cap2"; not enforced
}

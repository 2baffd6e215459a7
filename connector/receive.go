package connector

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// Receive is the configuration of one Receive connector, with the names of
// Set-ReceiveConnector. Zero fields mean the documented defaults of Usage and
// of the profile.
type Receive struct {
	Name          string
	Server        string // "": the server of Config
	TransportRole TransportRole
	Usage         Usage // only fills defaults; zero: Custom
	Comment       string
	Enabled       Setting[bool]

	Bindings         []netip.AddrPort
	RemoteIPRanges   []Range
	AuthMechanism    Setting[auth.Mechanism]
	PermissionGroups Setting[permission.Group]
	Permissions      []permission.Grant // made by hand, Add-ADPermission

	Fqdn                 string
	Banner               string
	DefaultDomain        string
	ServiceDiscoveryFqdn string
	TlsCertificateName   string

	RequireTLS                   bool
	DomainSecureEnabled          bool
	RequireEHLODomain            bool
	BareLinefeedRejectionEnabled Setting[bool] // default true here: see docs/differences.md
	AdvertiseClientSettings      bool
	EnableAuthGSSAPI             bool
	LongAddressesEnabled         bool
	OrarEnabled                  bool
	SuppressXAnonymousTls        bool

	RejectReservedSecondLevelRecipientDomains bool
	RejectReservedTopLevelRecipientDomains    bool
	RejectSingleLabelRecipientDomains         bool

	BinaryMimeEnabled                 Setting[bool]
	ChunkingEnabled                   Setting[bool]
	DeliveryStatusNotificationEnabled Setting[bool]
	EightBitMimeEnabled               Setting[bool]
	EnhancedStatusCodesEnabled        Setting[bool]
	PipeliningEnabled                 Setting[bool]
	SmtpUtf8Enabled                   Setting[bool]
	SizeEnabled                       SizeMode
	ExtendedProtectionPolicy          ExtendedProtection
	ProtocolLoggingLevel              ProtocolLogging

	AuthTarpitInterval          Setting[time.Duration]
	TarpitInterval              Setting[time.Duration]
	ConnectionInactivityTimeout time.Duration
	ConnectionTimeout           time.Duration
	MaxAcknowledgementDelay     Setting[time.Duration]

	MaxHeaderSize                           ByteSize
	MaxMessageSize                          ByteSize
	MaxHopCount                             int
	MaxLocalHopCount                        Setting[int]
	MaxInboundConnection                    Limit
	MaxInboundConnectionPerSource           Limit
	MaxInboundConnectionPercentagePerSource int
	MaxLogonFailures                        Setting[int]
	MaxProtocolErrors                       Setting[Limit]
	MaxRecipientsPerMessage                 int
	MessageRateLimit                        Limit
	MessageRateSource                       Setting[RateSource]

	TlsDomainCapabilities []string // "domain:Cap1,Cap2"
}

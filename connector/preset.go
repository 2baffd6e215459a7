package connector

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// preset holds the settings that a Usage fills in ("usage types" in
// https://learn.microsoft.com/exchange/mail-flow/connectors/receive-connectors).
type preset struct {
	bindings []netip.AddrPort
	ranges   []param.Range
	auth     auth.Mechanism
	groups   permission.Group
}

// allIPv4 is the range that Exchange gives to connectors for the Internet.
var allIPv4 = param.MustParseRange("0.0.0.0-255.255.255.255")

// usagePreset returns the preset of a Receive connector.
//
// Current documentation gives one table for all editions. Texts of the 2007
// time say that Internet gave Partners as well; that much differs by profile.
// They also say that Custom had no authentication, which is unconfirmed and
// would take STARTTLS away, so it is not followed.
func usagePreset(u param.Usage, p Profile, edge bool) preset {
	anyIPv4 := netip.IPv4Unspecified()
	switch u {
	case param.UsageClient:
		return preset{
			bindings: []netip.AddrPort{netip.AddrPortFrom(anyIPv4, 587)},
			auth:     auth.TLS | auth.Integrated | auth.BasicAuth | auth.BasicAuthRequireTLS,
			groups:   permission.ExchangeUsers,
		}
	case param.UsageInternal:
		groups := permission.ExchangeServers
		if !edge { // Edge has no ExchangeLegacyServers
			groups |= permission.ExchangeLegacyServers
		}
		return preset{
			bindings: []netip.AddrPort{netip.AddrPortFrom(anyIPv4, 25)},
			auth:     auth.TLS | auth.ExchangeServer,
			groups:   groups,
		}
	case param.UsageInternet:
		groups := permission.AnonymousUsers
		if p == permission.Exchange2007 {
			groups |= permission.Partners
		}
		return preset{
			ranges: []param.Range{allIPv4},
			auth:   auth.TLS,
			groups: groups,
		}
	case param.UsagePartner:
		return preset{auth: auth.TLS, groups: permission.Partners}
	}
	return preset{auth: auth.TLS}
}

// editionDefaults are the defaults that differ by profile.
type editionDefaults struct {
	receiveSize, sendSize, headerSize param.Size
	localHops                         int
	utf8                              bool
}

func defaultsOf(p Profile) editionDefaults {
	if p == permission.Exchange2007 {
		return editionDefaults{receiveSize: 10 * param.MB, sendSize: 10 * param.MB, headerSize: 64 * param.KB, localHops: 8}
	}
	return editionDefaults{receiveSize: 36 * param.MB, sendSize: 35 * param.MB, headerSize: 256 * param.KB, localHops: 12, utf8: true}
}

// acknowledgementDelay is the default of MaxAcknowledgementDelay. Exchange 2010's
// 30 seconds are the patience of many devices and programs, and some have 15: they
// would report a failure, send again, and the recipient would have two.
const acknowledgementDelay = 10 * time.Second

// WithDefaults returns r with every parameter that was left at its default
// filled in, as Compile does it for a connector of c. The slices of r are
// shared, not copied.
func (r Receive) WithDefaults(c *Config) Receive { return c.receiveDefaults(r) }

// WithDefaults returns s with every parameter that was left at its default
// filled in, as Compile does it for a connector of c. The slices of s are
// shared, not copied.
func (s Send) WithDefaults(c *Config) Send { return c.sendDefaults(s) }

// WithDefaults returns s with every parameter that was left at its default
// filled in, as Compile does it for a service of c.
func (s Service) WithDefaults(c *Config) Service { return c.serviceDefaults(s) }

// WithDefaults returns t with every parameter that was left at its default
// filled in, as Compile does it for c. The slices of t are shared, not copied.
func (t Transport) WithDefaults(c *Config) Transport { return c.transportDefaults(t) }

// receiveDefaults returns r with every parameter that was left at its default
// filled in from Usage, profile and the role of its server. It is idempotent,
// and the slices of r are shared, not copied.
func (c *Config) receiveDefaults(r Receive) Receive {
	server, ok := c.server(r.Server)
	if ok || r.Server == "" {
		r.Server = server.Name
	}
	edition := defaultsOf(c.Profile)
	usage := usagePreset(r.Usage, c.Profile, server.Edge)
	if len(r.Bindings) == 0 {
		r.Bindings = usage.bindings
	}
	if len(r.RemoteIPRanges) == 0 {
		r.RemoteIPRanges = usage.ranges
	}
	setDefault(&r.Enabled, true)
	setDefault(&r.AuthMechanism, usage.auth)
	setDefault(&r.PermissionGroups, usage.groups)
	fill(&r.Fqdn, serverFQDN(server))
	if domain, ok := c.acceptedDomain(r.DefaultDomain); ok {
		r.DefaultDomain = domain // it may be given by the entry's name
	}

	setDefault(&r.AddMissingHeadersEnabled, true)
	setDefault(&r.BareLinefeedRejectionEnabled, true)
	setDefault(&r.ChunkingEnabled, true)
	// BINARYMIME can't be had without CHUNKING, so its default
	// goes with it and only one given by hand can contradict.
	setDefault(&r.BinaryMimeEnabled, r.ChunkingEnabled.Or(true))
	setDefault(&r.DeliveryStatusNotificationEnabled, true)
	setDefault(&r.EightBitMimeEnabled, true)
	setDefault(&r.EnhancedStatusCodesEnabled, true)
	setDefault(&r.PipeliningEnabled, true)
	setDefault(&r.SmtpUtf8Enabled, edition.utf8)

	setDefault(&r.AuthTarpitInterval, 5*time.Second)
	setDefault(&r.TarpitInterval, 5*time.Second)
	setDefault(&r.MaxAcknowledgementDelay, acknowledgementDelay)

	fill(&r.MaxHeaderSize, edition.headerSize)
	fill(&r.MaxMessageSize, edition.receiveSize)
	fill(&r.MaxHopCount, 60)
	setDefault(&r.MaxLocalHopCount, edition.localHops)
	fill(&r.MaxInboundConnection, 5000)
	fill(&r.MaxInboundConnectionPerSource, 20)
	fill(&r.MaxInboundConnectionPercentagePerSource, 2)
	setDefault(&r.MaxLogonFailures, 3)
	setDefault(&r.MaxProtocolErrors, 5)
	fill(&r.MaxRecipientsPerMessage, 200)
	setDefault(&r.MessageRateSource, param.RateByIPAddress)
	fillByRole(&r, server.Edge)
	return r
}

// fillByRole fills what differs between Edge and the rest.
func fillByRole(r *Receive, edge bool) {
	if edge {
		fill(&r.ConnectionInactivityTimeout, time.Minute)
		fill(&r.ConnectionTimeout, 5*time.Minute)
		fill(&r.MessageRateLimit, 600)
		return
	}
	fill(&r.ConnectionInactivityTimeout, 5*time.Minute)
	fill(&r.ConnectionTimeout, 10*time.Minute)
	fill(&r.MessageRateLimit, param.Unlimited)
}

// sendDefaults returns s with every parameter that was left at its default
// filled in. It is idempotent, and the slices of s are shared, not copied.
func (c *Config) sendDefaults(s Send) Send {
	local := c.local()
	setDefault(&s.Enabled, true)
	setDefault(&s.DNSRoutingEnabled, len(s.SmartHosts) == 0)
	// The guide gives the pair BasicAuth,BasicAuthRequireTLS for what current
	// editions take as one value; the stricter one is what it means.
	if s.SmartHostAuthMechanism == auth.BasicAuth|auth.BasicAuthRequireTLS {
		s.SmartHostAuthMechanism = auth.BasicAuthRequireTLS
	}
	fill(&s.Port, 25)
	fill(&s.Fqdn, serverFQDN(local))
	fill(&s.SmtpMaxMessagesPerConnection, 20)
	fill(&s.ConnectionInactivityTimeOut, 10*time.Minute)
	size := defaultsOf(c.Profile).sendSize
	if s.Usage == param.UsageInternal && c.Profile == permission.Current {
		size = param.UnlimitedSize
	}
	fill(&s.MaxMessageSize, size)
	if len(s.SourceTransportServers) == 0 && !local.Edge { // not a parameter of Edge
		s.SourceTransportServers = []string{local.Name}
	}
	// Exchange 2007 wrote the scope of a connector into its address spaces.
	if slices.ContainsFunc(s.AddressSpaces, routing.AddressSpace.Local) {
		s.IsScopedConnector = true
	}
	if s.SourceIPAddress.IsValid() && s.SourceIPAddress.IsUnspecified() {
		s.SourceIPAddress = netip.Addr{} // 0.0.0.0 is how Exchange prints "any"
	}
	return s
}

// local returns the server we are: the one that Server names, else the first
// of Servers, else one called localhost.
func (c *Config) local() routing.Server {
	s, _ := c.server("")
	return s
}

// server finds a server by name or FQDN in any letter case; "" is the local
// one. A server that isn't listed has its name as FQDN and ok false.
func (c *Config) server(name string) (s routing.Server, ok bool) {
	if name == "" {
		name = c.Server
	}
	if name == "" && len(c.Servers) > 0 {
		return c.Servers[0], true
	}
	if name == "" {
		name = "localhost"
	}
	for _, s := range c.Servers {
		if strings.EqualFold(s.Name, name) || s.FQDN != "" && strings.EqualFold(s.FQDN, name) {
			return s, true
		}
	}
	return routing.Server{Name: name, FQDN: name}, false
}

// serverFQDN is the name s goes by on the wire.
func serverFQDN(s routing.Server) string {
	if s.FQDN != "" {
		return s.FQDN
	}
	return s.Name
}

// fill sets *p to def if it is zero.
func fill[T comparable](p *T, def T) {
	var zero T
	if *p == zero {
		*p = def
	}
}

// setDefault gives *p the value def if it has none.
func setDefault[T any](p *param.Setting[T], def T) { *p = param.Value(p.Or(def)) }

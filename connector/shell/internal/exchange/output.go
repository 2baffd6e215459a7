package exchange

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// shownGroups are the permission groups that Get shows: Custom stands for explicit
// grants, except those that setup makes.
func (o *Org) shownGroups(r *receive) permission.Group {
	groups := r.PermissionGroups.Or(0)
	for _, g := range r.Permissions {
		if !slices.Contains(permission.DefaultConnectorGrants(), g) {
			groups |= permission.Custom
		}
	}
	return groups
}

// receiveShape is the order in which Exchange shows the properties of Receive connectors.
var receiveShape = []string{
	"AuthMechanism", "Banner", "BinaryMimeEnabled", "Bindings", "ChunkingEnabled", "DefaultDomain",
	"DeliveryStatusNotificationEnabled", "EightBitMimeEnabled", "SmtpUtf8Enabled", "BareLinefeedRejectionEnabled",
	"AddMissingHeadersEnabled", "AllowedSenders", "RewriteSender", "RewriteFrom",
	"DomainSecureEnabled", "EnhancedStatusCodesEnabled", "LongAddressesEnabled", "OrarEnabled", "SuppressXAnonymousTls",
	"ProxyEnabled", "AdvertiseClientSettings", "Fqdn", "ServiceDiscoveryFqdn", "TlsCertificateName", "TlsMinimumVersion",
	"TlsLegacyCipherSuites", "TlsLegacyEndDate", "Comment", "Enabled",
	"ConnectionTimeout", "ConnectionInactivityTimeout", "MessageRateLimit", "MessageRateSource", "MaxInboundConnection",
	"MaxInboundConnectionPerSource", "MaxInboundConnectionPercentagePerSource", "MaxHeaderSize", "MaxHopCount",
	"MaxLocalHopCount", "MaxLogonFailures", "MaxMessageSize", "MaxProtocolErrors", "MaxRecipientsPerMessage",
	"PermissionGroups", "PipeliningEnabled", "ProtocolLoggingLevel", "RemoteIPRanges", "RequireEHLODomain", "RequireTLS",
	"EnableAuthGSSAPI", "ExtendedProtectionPolicy", "LiveCredentialEnabled", "TlsDomainCapabilities", "Server",
	"TransportRole", "RejectReservedTopLevelRecipientDomains", "RejectReservedSecondLevelRecipientDomains",
	"RejectSingleLabelRecipientDomains", "AcceptConsumerMail", "SizeEnabled", "TarpitInterval", "AuthTarpitInterval",
	"MaxAcknowledgementDelay", "MessageAuthenticationMode", "TrustedAuthenticationServices",
}

// receiveExtras are the properties that aren't parameters.
func (o *Org) receiveExtras(n *noun[receive]) map[string]func(*item[receive], *receive) object.Value {
	m := directoryExtras(n, "0.1 (8.0.535.0)", "ms-Exch-Smtp-Receive-Connector", "msExchSmtpReceiveConnector")
	m["PermissionGroups"] = func(_ *item[receive], full *receive) object.Value { return groups.show(o.shownGroups(full)) }
	m["Server"] = func(_ *item[receive], full *receive) object.Value { return o.serverID(full.Server) }
	m["AcceptConsumerMail"] = constant[receive](false)
	return m
}

func constant[C any](v object.Value) func(*item[C], *C) object.Value {
	return func(*item[C], *C) object.Value { return v }
}

// directoryNames are the properties of every object of the directory, in order. They come
// after the others.
var directoryNames = []string{
	"AdminDisplayName", "ExchangeVersion", "Name", "DistinguishedName", "Identity", "Guid", "ObjectCategory", "ObjectClass", "WhenChanged", "WhenCreated",
	"WhenChangedUTC", "WhenCreatedUTC", "OrganizationId", "Id", "OriginatingServer", "IsValid", "ObjectState",
}

// directoryExtras are the properties that every object of the directory has.
// There is no clock and no directory here, so the times and the server that
// answered are empty.
func directoryExtras[C any](n *noun[C], version, category, class string) map[string]func(*item[C], *C) object.Value {
	identity := func(it *item[C], _ *C) object.Value {
		text := n.identity(&it.cfg)
		return object.NewDirectoryID(text, text[strings.LastIndex(text, `\`)+1:], func() (string, string) {
			return n.dn(&it.cfg), guid(n.name, it.born)
		})
	}
	m := map[string]func(*item[C], *C) object.Value{
		"ExchangeVersion":   constant[C](version),
		"DistinguishedName": func(it *item[C], _ *C) object.Value { return n.dn(&it.cfg) },
		"Identity":          identity,
		"Id":                identity,
		"Guid":              func(it *item[C], _ *C) object.Value { return typed{"Guid", guid(n.name, it.born)} },
		"ObjectCategory":    func(*item[C], *C) object.Value { return n.org.category(category) },
		"ObjectClass":       func(*item[C], *C) object.Value { return object.NewList("top", class) },
		"IsValid":           constant[C](true),
		"ObjectState":       constant[C](typed{"ObjectState", "Unchanged"}),
	}
	for _, name := range []string{"AdminDisplayName", "WhenChanged", "WhenCreated", "WhenChangedUTC", "WhenCreatedUTC", "OrganizationId", "OriginatingServer"} {
		m[name] = constant[C](nil)
	}
	return m
}

// category is the schema class of an object in the directory's own form.
func (o *Org) category(class string) string {
	_, domain, _ := strings.Cut(o.local().FQDN, ".")
	return domain + "/Configuration/Schema/" + class
}

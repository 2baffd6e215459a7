package connector

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Inbound is a compiled Receive connector. It is immutable and safe for
// concurrent use. A nil Inbound, which Policy.Select returns for a connection
// that no connector serves, opens sessions that refuse everything.
type Inbound struct {
	name     string
	fqdn     string
	settings Receive
	given    *Receive    // as in the Config, without defaults
	path     source.Path // of given in the Config
	policy   *Policy
	acl      *permission.ACL

	enabled   bool
	bindings  []netip.AddrPort // plain
	mechanism auth.Mechanism
	domain    routing.Domain // DefaultDomain
	tlsFloor  string         // Receive.tlsFloor
	style     replyStyle
	senders   senderRules

	maxSize       int64 // in bytes; 0: no limit
	maxHeader     int64 // in bytes; 0: no limit
	orgSize       int64 // MaxReceiveSize of Transport; 0: no limit
	maxRecipients int
	envelope      int // MaxRecipientEnvelopeLimit of Transport; 0: no limit
	maxHops       int
	maxLocalHops  int // 0: not counted

	anonymous *client // of new sessions: anonymous, or Externally Secured
}

// newInbound compiles the connector at index i of the Config.
func newInbound(p *Policy, i int, edge bool) (*Inbound, error) {
	given := &p.config.Receive[i]
	r := p.config.receiveDefaults(*given)
	profile := p.config.Profile
	acl, err := receiveACL(profile, &r, edge)
	if err != nil {
		return nil, err
	}
	in := &Inbound{
		name:      r.Name,
		fqdn:      r.Fqdn,
		settings:  r,
		given:     given,
		path:      source.Element("Receive", i, r.Name),
		policy:    p,
		acl:       acl,
		enabled:   r.Enabled.Or(true),
		mechanism: r.AuthMechanism.Or(auth.None),
		tlsFloor:  r.tlsFloor(),
		style:     replyStyle{profile: profile, noEnhanced: !r.EnhancedStatusCodesEnabled.Or(true)},

		maxSize:       limitOf(r.MaxMessageSize),
		maxHeader:     limitOf(r.MaxHeaderSize),
		orgSize:       limitOf(p.config.Transport.MaxReceiveSize),
		maxRecipients: r.MaxRecipientsPerMessage,
		envelope:      int(max(p.config.Transport.MaxRecipientEnvelopeLimit, 0)),
		maxHops:       r.MaxHopCount,
		maxLocalHops:  r.MaxLocalHopCount.Or(0),
	}
	for _, b := range r.Bindings {
		in.bindings = append(in.bindings, plainAddrPort(b))
	}
	first := auth.Identity{Principal: permission.Anonymous()}
	kind := anonymousClient
	if in.mechanism.Has(auth.ExternalAuthoritative) {
		first, kind = auth.Identity{Principal: permission.ExternallySecured()}, externalClient
	}
	in.anonymous = in.newClient(kind, first)
	if in.senders, err = newSenderRules(&r); err != nil {
		return nil, err
	}
	if r.DefaultDomain != "" {
		if in.domain, err = routing.ParseDomain(r.DefaultDomain); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// receiveACL returns the access list of r. On an Edge server permission groups lack
// the principals of the Windows domain.
func receiveACL(profile Profile, r *Receive, edge bool) (*permission.ACL, error) {
	given := permission.Less(r.PermissionGroups.Or(0).Grants(profile, edge), r.Permissions)
	return permission.NewACL(profile, 0, append(given, r.Permissions...)...)
}

// limitOf returns a size as a limit in bytes; 0 means no limit.
func limitOf(size param.Size) int64 { return int64(max(size, 0)) }

// Name returns the connector's name; "" for nil.
func (in *Inbound) Name() string {
	if in == nil {
		return ""
	}
	return in.name
}

// Settings returns the connector with every default filled in; nil for nil.
// The caller must not change it.
func (in *Inbound) Settings() *Receive {
	if in == nil {
		return nil
	}
	return &in.settings
}

// Fqdn returns the name for banner, EHLO reply and Received: the connector's
// own or the server's.
func (in *Inbound) Fqdn() string {
	if in == nil {
		return ""
	}
	return in.fqdn
}

// BeginsTLS reports whether sessions of the connector begin TLS, by STARTTLS or at once, if there is
// a certificate; false for a disabled connector and for nil.
func (in *Inbound) BeginsTLS() bool {
	return in != nil && in.settings.Enabled.Or(true) &&
		(in.mechanism.Has(auth.TLS) || slices.ContainsFunc(in.settings.Bindings, order.ImplicitTLS))
}

// Complete appends the DefaultDomain to an address of MAIL or RCPT that has no
// domain. If the connector has no DefaultDomain, Complete appends the default
// accepted domain to Postmaster, which every server must accept without a domain
// (RFC 5321 section 4.5.1), and returns the zero Address for all others.
func (in *Inbound) Complete(a routing.Address) routing.Address {
	switch {
	case in == nil:
		return routing.Address{}
	case in.domain.IsValid():
		return a.WithDomain(in.domain)
	case equalFold(a.Local(), "postmaster"):
		return a.WithDomain(in.policy.accepted.Default())
	}
	return routing.Address{}
}

// ACL returns the access list made of the connector's permission groups and grants;
// nil, which grants nothing, for nil.
func (in *Inbound) ACL() *permission.ACL {
	if in == nil {
		return nil
	}
	return in.acl
}

// Policy returns the policy that the connector belongs to.
func (in *Inbound) Policy() *Policy {
	if in == nil {
		return nil
	}
	return in.policy
}

// Decide returns the decision for a reason that the caller found: a limit that only
// the caller counts, or a command that only the caller sees. The reply follows the
// connector's profile and its EnhancedStatusCodesEnabled.
func (in *Inbound) Decide(reason reply.Reason) Decision {
	if in == nil {
		return replyStyle{}.decide(reason, 0)
	}
	return in.style.decide(reason, 0)
}

// client is the client of a session: its identity, and what decisions need of it.
// It is immutable once a Session holds it.
type client struct {
	kind   clientKind
	id     auth.Identity
	rights permission.Set
	server bool // an Exchange server of the organisation
}

type clientKind uint8

const (
	anonymousClient clientKind = iota + 1
	externalClient
	partnerClient
	userClient
)

// newClient returns the client id with its rights, computed once for the session.
func (in *Inbound) newClient(kind clientKind, id auth.Identity) *client {
	return &client{
		kind:   kind,
		id:     id,
		rights: in.acl.Rights(id.Principal),
		server: slices.ContainsFunc(id.SIDs, isServer),
	}
}

// isServer reports whether sid is a group of the organisation's own transport
// servers. Externally Secured servers have the same rights, but are not members.
func isServer(sid permission.SID) bool {
	return sid == permission.SIDHubServers || sid == permission.SIDEdgeServers || sid == permission.SIDExchangeServers
}

// equalFold compares ASCII letters without case and everything else exactly:
// with Unicode folding U+212A would equal k.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

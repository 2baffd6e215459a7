package connector

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Inbound is a compiled Receive connector. It is immutable and safe for
// concurrent use. A nil Inbound, which Policy.Select returns for a connection
// that nobody serves, opens sessions that may do nothing.
type Inbound struct {
	name     string
	fqdn     string
	settings Receive
	given    *Receive    // as the Config has it, without defaults
	path     source.Path // of given in the Config
	policy   *Policy
	acl      *permission.ACL

	enabled   bool
	bindings  []netip.AddrPort // plain
	mechanism auth.Mechanism
	domain    routing.Domain // DefaultDomain
	mark      mark

	maxSize       int64 // 0: none
	maxHeader     int64 // 0: none
	orgSize       int64 // of Transport; 0: none
	maxRecipients int
	envelope      int // of Transport; 0: none
	maxHops       int
	maxLocalHops  int // 0: not counted

	anonymous *party // who sessions begin as, Externally Secured included
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
		mark:      mark{profile: profile, bare: !r.EnhancedStatusCodesEnabled.Or(true)},

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
	kind := anonymousParty
	if in.mechanism.Has(auth.ExternalAuthoritative) {
		first, kind = auth.Identity{Principal: permission.ExternallySecured()}, externalParty
	}
	in.anonymous = in.party(kind, first)
	if r.DefaultDomain != "" {
		if in.domain, err = routing.ParseDomain(r.DefaultDomain); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// receiveACL is the access list of r. On an Edge server permission groups lack
// the principals of the Windows domain.
func receiveACL(profile Profile, r *Receive, edge bool) (*permission.ACL, error) {
	given := permission.Less(r.PermissionGroups.Or(0).Grants(profile, edge), r.Permissions)
	return permission.NewACL(profile, 0, append(given, r.Permissions...)...)
}

// limitOf turns a size into a limit for which 0 is none.
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

// Complete gives a path of MAIL or RCPT that has no domain the DefaultDomain.
// Without one there is a domain for Postmaster alone, which RFC 5321 section
// 4.5.1 wants to work everywhere: the default accepted domain. The zero Address
// says that there is no domain for a.
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

// ACL returns the access list that the connector's permission groups and
// grants amount to; nil, which gives nothing, for nil.
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

// Decide returns the decision for a reason that the caller established: a
// limit that only it can count, or a command that only it can see. The reply
// follows the connector's profile and its EnhancedStatusCodesEnabled.
func (in *Inbound) Decide(reason reply.Reason) Decision {
	if in == nil {
		return mark{}.decide(reason, 0)
	}
	return in.mark.decide(reason, 0)
}

// party is somebody who speaks on a connector, with all that decisions need
// to know of them. It is immutable once a Session holds it.
type party struct {
	kind    partyKind
	id      auth.Identity
	rights  permission.Set
	server  bool             // an Exchange server of the organisation
	domains []routing.Domain // what a Partner's certificate proved
}

type partyKind uint8

const (
	nobody partyKind = iota
	anonymousParty
	externalParty
	partnerParty
	userParty
)

// party computes the rights of id, once for the whole session.
func (in *Inbound) party(kind partyKind, id auth.Identity) *party {
	return &party{
		kind:   kind,
		id:     id,
		rights: in.acl.Rights(id.Principal),
		server: slices.ContainsFunc(id.SIDs, isServer),
	}
}

// isServer reports whether sid is that of the organisation's own transport
// servers. Externally Secured ones are trusted like them, but are not them.
func isServer(sid permission.SID) bool {
	return sid == permission.SIDHubServers || sid == permission.SIDEdgeServers || sid == permission.SIDExchangeServers
}

// equalFold compares ASCII letters without case and everything else exactly:
// Unicode folding would let U+212A pass for k.
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

package analysis_test

import (
	"math/big"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// slowPolicy is the model as it is documented, read from the configuration
// without any of the machinery: connectors, grants and domains one by one. It
// knows what policygen makes: one server, SMTP addresses.
type slowPolicy struct{ cfg connector.Config }

func newSlow(p *connector.Policy) slowPolicy {
	cfg := p.Config()
	for i := range cfg.Receive {
		cfg.Receive[i] = cfg.Receive[i].WithDefaults(&cfg)
	}
	for i := range cfg.Send {
		cfg.Send[i] = cfg.Send[i].WithDefaults(&cfg)
	}
	return slowPolicy{cfg}
}

// serve picks the Receive connector: the specific address before the wildcard,
// then the smallest range, then the lowest name.
func (p slowPolicy) serve(local netip.AddrPort, remote netip.Addr) *connector.Receive {
	wildcard := netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
	if local.Addr().Is4() {
		wildcard = netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
	}
	for _, binding := range []netip.AddrPort{local, wildcard} {
		var best *connector.Receive
		var bestSize *big.Int
		for i := range p.cfg.Receive {
			r := &p.cfg.Receive[i]
			if !r.Enabled.Or(true) || !slices.Contains(r.Bindings, binding) {
				continue
			}
			for _, g := range r.RemoteIPRanges {
				if g.Low().BitLen() != remote.BitLen() || remote.Less(g.Low()) || g.High().Less(remote) {
					continue
				}
				size := new(big.Int).SetBytes(g.High().AsSlice())
				size.Sub(size, new(big.Int).SetBytes(g.Low().AsSlice()))
				if best == nil || size.Cmp(bestSize) < 0 || size.Cmp(bestSize) == 0 && r.Name < best.Name {
					best, bestSize = r, size
				}
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// slowSession is a session on a connector, after TLS and AUTH.
type slowSession struct {
	policy  slowPolicy
	receive *connector.Receive
	sids    []permission.SID
	owns    []routing.Address
	tenant  []string // domains of which the user may send as any address: contoso.com, *.contoso.com
	proven  []string // domains of the certificate that count
	outside bool     // neither logged on nor trusted
	tls     bool
}

// open holds the dialog as far as MAIL; nil if it doesn't come to that.
func (p slowPolicy) open(d connector.Dialog) *slowSession {
	r := p.serve(d.Local, d.Remote)
	if r == nil || r.RequireEHLODomain && d.Helo == "" {
		return nil
	}
	mechanism := r.AuthMechanism.Or(0)
	if d.TLS && !mechanism.Has(auth.TLS) || r.RequireTLS && !d.TLS {
		return nil
	}
	s := &slowSession{policy: p, receive: r, tls: d.TLS, sids: []permission.SID{permission.SIDAnonymous}, outside: true}
	external := mechanism.Has(auth.ExternalAuthoritative)
	if external {
		s.sids, s.outside = []permission.SID{permission.SIDExternallySecured}, false
	} else if d.TLS && r.DomainSecureEnabled {
		for _, name := range d.PeerNames {
			if slices.Contains(p.cfg.Transport.TLSReceiveDomainSecureList, name) {
				s.proven = append(s.proven, name)
				s.sids = []permission.SID{permission.SIDPartners}
			}
		}
	}
	if d.User != nil {
		basic := mechanism.Has(auth.BasicAuth) && (d.TLS || !mechanism.Has(auth.BasicAuthRequireTLS))
		other := d.TLS && mechanism&(auth.OAuth|auth.ClientCertificate) != 0
		if external || !basic && !other {
			return nil
		}
		s.sids = append([]permission.SID{permission.SIDAuthenticatedUsers}, d.User.SIDs...)
		s.owns, s.proven, s.outside = d.User.Addresses, nil, false
		for _, own := range d.User.Domains {
			s.tenant = append(s.tenant, own.String())
		}
	}
	if !s.holds(permission.Submit) {
		return nil
	}
	return s
}

// given reads what permission groups give, entry by entry.
func (s *slowSession) given() []permission.Grant {
	var entries []permission.Grant
	for _, g := range s.receive.PermissionGroups.Or(0).Grants(s.policy.cfg.Profile, false) {
		for r := range g.Allow.All() {
			taken := slices.ContainsFunc(s.receive.Permissions, func(by permission.Grant) bool { return by.To == g.To && by.Removed.Has(r) })
			if !taken {
				entries = append(entries, permission.Grant{To: g.To, Allow: permission.SetOf(r)})
			}
		}
	}
	return entries
}

// holds reads the access list from top to bottom.
func (s *slowSession) holds(r permission.Right) bool {
	allowed := false
	for _, g := range append(s.given(), s.receive.Permissions...) {
		if slices.Contains(s.sids, g.To) {
			if g.Deny.Has(r) {
				return false
			}
			allowed = allowed || g.Allow.Has(r)
		}
	}
	return allowed
}

// accepted finds the accepted domain that covers d: itself, then the longest
// entry that d lies below, then *.
func (p slowPolicy) accepted(d string) routing.DomainType {
	best, length := routing.DomainType(0), -1
	for _, a := range p.cfg.Accepted {
		name, wildcard := strings.CutPrefix(a.DomainName, "*.")
		n := -1
		switch {
		case a.DomainName == "*":
			n = 0
		case !wildcard && name == d:
			n = 1000
		case (wildcard || a.MatchSubDomains) && strings.HasSuffix(d, "."+name):
			n = len(name)
		}
		if n > length {
			best, length = max(a.DomainType, routing.Authoritative), n
		}
	}
	return best
}

// from decides on the sender.
func (s *slowSession) from(a routing.Address) bool {
	if a.IsNull() {
		return true
	}
	d := a.Domain().String()
	if slices.ContainsFunc(s.owns, a.EqualFold) || slices.Contains(s.proven, d) {
		return true
	}
	for _, own := range s.tenant {
		if end, below := strings.CutPrefix(own, "*"); d == own || below && strings.HasSuffix(d, end) {
			return true
		}
	}
	if s.receive.DomainSecureEnabled && s.outside && slices.Contains(s.policy.cfg.Transport.TLSReceiveDomainSecureList, d) {
		return false
	}
	ours := s.holds(permission.AcceptAuthoritativeDomainSender)
	switch s.policy.accepted(d) {
	case routing.Authoritative:
		return ours
	case routing.InternalRelay, routing.ExternalRelay:
		return ours || s.holds(permission.AcceptAnySender)
	}
	return s.holds(permission.AcceptAnySender)
}

// to decides on the recipient.
func (s *slowSession) to(a routing.Address) bool {
	d := a.Domain().String()
	labels := strings.Split(d, ".")
	n := len(labels)
	top := labels[n-1]
	switch {
	case s.receive.RejectReservedTopLevelRecipientDomains && slices.Contains([]string{"test", "example", "invalid", "localhost"}, top),
		s.receive.RejectReservedSecondLevelRecipientDomains && n > 1 && labels[n-2] == "example" && slices.Contains([]string{"com", "net", "org"}, top),
		s.receive.RejectSingleLabelRecipientDomains && n == 1 && d[0] != '[':
		return false
	}
	ours := s.policy.accepted(d) != 0 && !strings.ContainsAny(a.Local(), "%!@")
	return ours || s.holds(permission.AcceptAnyRecipient)
}

// size is the largest message that passes; -1 is any.
func (s *slowSession) size() int64 {
	server := slices.Contains(s.sids, permission.SIDHubServers)
	limit := int64(s.receive.MaxMessageSize)
	if s.holds(permission.BypassMessageSizeLimit) || server && s.receive.SizeEnabled == param.SizeEnabledWithoutValue {
		limit = -1
	}
	if org := int64(s.policy.cfg.Transport.MaxReceiveSize); org > 0 && (limit < 0 || org < limit) {
		limit = org
	}
	return limit
}

// route picks the Send connector: enabled and large enough, then the most
// specific space, then cost, then name. * doesn't count for an authoritative domain.
func (p slowPolicy) route(to routing.Address, size int64) *connector.Send {
	d := to.Domain().String()
	var best *connector.Send
	var bestRank [2]int
	for i := range p.cfg.Send {
		s := &p.cfg.Send[i]
		limit := int64(s.MaxMessageSize)
		if org := int64(p.cfg.Transport.MaxSendSize); org > 0 && (limit < 0 || org < limit) {
			limit = org
		}
		if !s.Enabled.Or(true) || limit > 0 && size > limit {
			continue
		}
		for _, space := range s.AddressSpaces {
			name, wildcard := strings.CutPrefix(space.Space(), "*.")
			specific := -1
			switch {
			case name == "*" && p.accepted(d) != routing.Authoritative:
				specific = 0
			case !wildcard && name == d:
				specific = 1000
			case wildcard && (name == d || strings.HasSuffix(d, "."+name)):
				specific = len(name)
			}
			rank := [2]int{specific, -space.Cost()}
			if specific >= 0 && (best == nil || slices.Compare(rank[:], bestRank[:]) > 0 || rank == bestRank && s.Name < best.Name) {
				best, bestRank = s, rank
			}
		}
	}
	return best
}

// hop is where mail leaves to, and how securely; "" if it can't.
func hop(s *connector.Send) (hosts string, level param.TlsAuthLevel) {
	if s == nil {
		return "", 0
	}
	list := []string{"by"}
	for _, h := range s.SmartHosts {
		list = append(list, h.String())
	}
	slices.Sort(list)
	level = s.TlsAuthLevel
	if s.RequireTLS {
		level = max(level, param.EncryptionOnly)
	}
	return strings.Join(list, " "), level
}

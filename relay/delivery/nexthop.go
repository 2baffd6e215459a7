package delivery

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// NextHop is where mail for a recipient goes: to the smart hosts of a Send connector, to
// the mail exchangers of a domain, or to the server that has the connector. The zero
// NextHop leads nowhere.
type NextHop struct {
	key    Key
	out    *connector.Outbound
	set    *connector.Send
	name   string // this server's, for EHLO
	secure bool   // mutual TLS with the domain is required
	all    bool   // made by AllDomains
	// prepared is set by PrepareFor: the message has passed the header firewall and the steps.
	prepared bool
}

// Key identifies a next hop and can be the key of a map. A Dispatcher keeps a queue, limits
// and retries for each Key. A Key outlives a policy: the same connector and domain of the
// next policy have the same Key. (A Sender keeps its connections by host and compiled
// connector: a new policy gets new ones.)
type Key struct {
	connector string
	via       string         // the server that has the connector; "": this server
	domain    routing.Domain // the recipient's, if the connector routes by DNS
}

// Key returns the Key of h.
func (h NextHop) Key() Key { return h.key }

// Connector returns the Send connector that leads to h; nil for the zero NextHop.
func (h NextHop) Connector() *connector.Outbound { return h.out }

// AllDomains returns the next hop of all mail that h's Send connector carries: its Key and
// its name have the connector only. A connector with smart hosts has no other. Mail to
// another server of the organisation keeps its next hop.
func (h NextHop) AllDomains() NextHop {
	if h.out != nil && h.key.via == "" {
		h.key.domain, h.secure, h.all = routing.Domain{}, false, true
	}
	return h
}

// String returns the name for operators: the connector, then the domain, the smart
// hosts, or "via" and the server that has the connector.
func (h NextHop) String() string {
	switch {
	case h.out == nil:
		return "nowhere"
	case h.key.via != "":
		return h.set.Name + " via " + h.key.via
	case h.all:
		return h.set.Name
	case h.key.domain.IsValid():
		return h.set.Name + " " + h.key.domain.String()
	}
	hosts := make([]string, len(h.set.SmartHosts))
	for i, host := range h.set.SmartHosts {
		hosts[i] = host.String()
	}
	return h.set.Name + " " + strings.Join(hosts, ",")
}

// DeliveryType returns how mail gets to h, as the DeliveryType of an Exchange queue says it:
// DnsConnectorDelivery, SmartHostConnectorDelivery, SmtpRelayToServers for another server of the
// organisation, and DeliveryAgent for the next hop of AllDomains. "" for the zero NextHop.
func (h NextHop) DeliveryType() string {
	switch {
	case h.out == nil:
		return ""
	case h.key.via != "":
		return "SmtpRelayToServers"
	case h.all:
		return "DeliveryAgent"
	case h.key.domain.IsValid():
		return "DnsConnectorDelivery"
	}
	return "SmartHostConnectorDelivery"
}

// Destination returns the domain, the smart hosts, or the server that h leads to, as the
// NextHopDomain of an Exchange queue says it; "" for the next hop of AllDomains.
func (h NextHop) Destination() string {
	switch {
	case h.out == nil || h.all:
		return ""
	case h.key.via != "":
		return h.key.via
	}
	return strings.TrimPrefix(h.String(), h.set.Name+" ")
}

// messages returns how many messages a connection to h may carry.
func (h NextHop) messages() int {
	if h.key.via != "" {
		return h.out.Policy().Service().IntraOrgConnectorSmtpMaxMessagesPerConnection
	}
	return h.set.SmtpMaxMessagesPerConnection
}

// ErrUnreachable is the cause of an error of NextHopFor if no Send connector
// carries mail for the recipient. Another policy may have one.
var ErrUnreachable = errors.New("no Send connector")

// NextHopFor returns where p sends mail of a size in bytes to a recipient; size 0 is not
// known. The error is a *relay.Error: temporary and ErrUnreachable if there is no Send
// connector, 5xx if the message is too large for all Send connectors.
func NextHopFor(p *connector.Policy, to routing.Address, size int64) (NextHop, error) {
	return nextHop(to, p.Route(to, size, nil))
}

// NextHopBy is NextHopFor by the Send connector with a name, whatever its address spaces: see
// connector.Policy.RouteBy.
func NextHopBy(p *connector.Policy, name string, to routing.Address, size int64) (NextHop, error) {
	return nextHop(to, p.RouteBy(name, to, size))
}

// nextHop returns the next hop of the route r of to.
func nextHop(to routing.Address, r connector.Route) (NextHop, error) {
	if r.Outcome != routing.Routed || r.Outbound == nil {
		e := &relay.Error{Reply: r.Decision().Reply()}
		if r.Outcome == routing.Unreachable || r.Outcome == routing.NonSMTP {
			e.Err = ErrUnreachable
		}
		return NextHop{}, e
	}
	if r.Via == nil {
		return hopOf(r.Outbound, to.Domain()), nil
	}
	h := newNextHop(r.Outbound)
	h.key.via = cmp.Or(r.Via.FQDN, r.Via.Name)
	return h, nil
}

// newNextHop returns a NextHop of a connector, without its host.
func newNextHop(out *connector.Outbound) NextHop {
	return NextHop{key: Key{connector: out.Name()}, out: out, set: out.Settings(), name: out.Fqdn()}
}

// hopOf returns the next hop of a connector of this server for mail to a domain.
func hopOf(out *connector.Outbound, to routing.Domain) NextHop {
	h := newNextHop(out)
	if len(h.set.SmartHosts) == 0 {
		h.key.domain, h.secure = to, out.Secured(to)
	}
	return h
}

const (
	smtpPort        = 25 // for DNS routing and the organisation's servers
	submissionsPort = 465
)

// candidates returns h's hosts in the order in which to try them: in random order, but
// hosts that failed lately come last.
func (s *Sender) candidates(h *NextHop) []candidate {
	if h.key.via != "" {
		return []candidate{{kind: server, name: h.key.via}}
	}
	if len(h.set.SmartHosts) == 0 {
		c := candidate{kind: mailDomain, name: h.key.domain.String()}
		c.addr, _ = h.key.domain.Literal()
		return []candidate{c}
	}
	list := make([]candidate, 0, len(h.set.SmartHosts))
	for _, host := range h.set.SmartHosts {
		c := candidate{kind: smartHost, name: host.Domain().String(), smart: host, credential: h.set.CredentialFor(host)}
		if a, ok := host.Addr(); ok {
			c.addr, c.name = a, a.String()
		}
		list = append(list, c)
	}
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	if now := time.Now(); len(list) > 1 && s.health.any.Load() {
		moveToEnd(list, func(c candidate) bool { return s.health.isBad(s.linkKey(h, c).String(), now) })
	}
	return list
}

// port returns the port to call.
func (h *NextHop) port() uint16 {
	if h.key.via != "" || h.set.Port == 0 {
		return smtpPort
	}
	return uint16(h.set.Port)
}

// maxSize returns how large a message to h may be, in bytes; 0: no limit.
func (h *NextHop) maxSize() int64 {
	limit := max(h.set.MaxMessageSize, 0)
	if all := h.out.Policy().Transport().MaxSendSize; all > 0 && (limit == 0 || all < limit) {
		limit = all
	}
	return int64(limit)
}

// sizeLimit is maxSize for the message of env.
func (h *NextHop) sizeLimit(env *envelope.Envelope) int64 {
	if env.Report {
		return 0
	}
	return h.maxSize()
}

// implicitTLS reports whether connections begin with TLS, as on port 465 (RFC 8314
// section 7.3).
func (h *NextHop) implicitTLS() bool { return h.port() == submissionsPort }

// source returns the address to call from; invalid: any.
func (h *NextHop) source() netip.Addr {
	if a := h.set.SourceIPAddress; h.key.via == "" && a.IsValid() && !a.IsUnspecified() {
		return a
	}
	return netip.Addr{}
}

// basicAuth reports whether h is logged on to with a password.
func (h *NextHop) basicAuth() bool {
	return h.key.via == "" && len(h.set.SmartHosts) > 0 && h.set.SmartHostAuthMechanism&(auth.BasicAuth|auth.BasicAuthRequireTLS) != 0
}

// credentials returns the credentials to authenticate with at c, nil for none.
func (h *NextHop) credentials(c candidate) *auth.Credentials {
	if !h.basicAuth() || c.credential == nil {
		return nil
	}
	return &auth.Credentials{Username: c.credential.UserName, Password: c.credential.Password}
}

// timeouts returns the timeouts, none longer than the connector's inactivity limit.
func (h *NextHop) timeouts(base smtpclient.Timeouts) smtpclient.Timeouts {
	if d := h.set.ConnectionInactivityTimeOut; d > 0 {
		return base.Default().Cap(d)
	}
	return base.Default()
}

// idle returns how long an unused connection is kept. Hops wait five minutes and more;
// half of the connector's own limit is safe.
func (h *NextHop) idle() time.Duration {
	if d := h.set.ConnectionInactivityTimeOut / 2; d > 0 {
		return min(d, maxIdle)
	}
	return maxIdle
}

// linkKey returns the key of connections to c that are opened now.
func (s *Sender) linkKey(h *NextHop, c candidate) linkKey {
	return linkKey{h.out, s.rootCAs(), c.kind, c.name}
}

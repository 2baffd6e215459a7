package delivery

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/routing"
)

// target is where a message goes, and how.
type target struct {
	key
	policy *connector.Policy
	set    *connector.Send
	name   string            // ours, for EHLO
	keep   func(string) bool // outbound header firewall; nil: all passes
	secure bool              // the domain must be reached by mutual TLS
}

// key tells targets apart.
type key struct {
	out    *connector.Outbound
	via    string         // server that has the connector; "": we
	domain routing.Domain // the recipient's, where DNS decides
}

// hostKind says how a candidate is resolved.
type hostKind uint8

const (
	mailDomain hostKind = iota // MX, then A and AAAA; a mistake is the sender's
	smartHost                  // the same; a mistake is the administrator's
	server                     // A and AAAA
)

// candidate is one of the equals among which a target's messages are shared.
type candidate struct {
	kind hostKind
	name string     // without brackets
	addr netip.Addr // if it is an address and needn't be resolved
}

// smtpPort is that of DNS routing and of the organisation's servers.
const smtpPort = 25

// candidates returns the hosts to try, in a new order each time.
func (t *target) candidates() []candidate {
	if t.via != "" {
		return []candidate{{kind: server, name: t.via}}
	}
	if len(t.set.SmartHosts) == 0 {
		c := candidate{kind: mailDomain, name: t.domain.String()}
		c.addr, _ = t.domain.Literal()
		return []candidate{c}
	}
	list := make([]candidate, 0, len(t.set.SmartHosts))
	for _, h := range t.set.SmartHosts {
		c := candidate{kind: smartHost, name: h.Domain().String()}
		if a, ok := h.Addr(); ok {
			c.addr, c.name = a, a.String()
		}
		list = append(list, c)
	}
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// port returns the port to call.
func (t *target) port() uint16 {
	if t.via != "" || t.set.Port == 0 {
		return smtpPort
	}
	return uint16(t.set.Port)
}

// source returns the address to call from; invalid: any.
func (t *target) source() netip.Addr {
	if a := t.set.SourceIPAddress; t.via == "" && a.IsValid() && !a.IsUnspecified() {
		return a
	}
	return netip.Addr{}
}

// credentials returns what to authenticate with, nil if nothing.
func (t *target) credentials() *auth.Credentials {
	const basic = auth.BasicAuth | auth.BasicAuthRequireTLS
	c := t.set.AuthenticationCredential
	if t.via != "" || len(t.set.SmartHosts) == 0 || t.set.SmartHostAuthMechanism&basic == 0 || c == nil {
		return nil
	}
	return &auth.Credentials{Username: c.UserName, Password: c.Password}
}

// timeouts returns the waits, none longer than the connector's inactivity limit.
func (t *target) timeouts(base smtpclient.Timeouts) smtpclient.Timeouts {
	if d := t.set.ConnectionInactivityTimeOut; d > 0 {
		return base.Default().Cap(d)
	}
	return base.Default()
}

// idle returns how long a connection is kept without work. Hops wait five
// minutes and more; half of the connector's own limit is safe on our side.
func (t *target) idle() time.Duration {
	if d := t.set.ConnectionInactivityTimeOut / 2; d > 0 {
		return min(d, maxIdle)
	}
	return maxIdle
}

package delivery

import (
	"crypto/x509"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// exchange is a transaction with a next hop: the host, and its replies.
type exchange struct {
	host    string
	addr    string
	local   netip.AddrPort
	session string // of the logs; "": the connection is in no log
	tls     uint16
	cipher  uint16
	dsn     bool
	answers []error          // to the recipients
	reply   smtpclient.Reply // to the message
}

// linkKey identifies the connections that can replace each other. The connector stands
// for the identity, the certificates and the checks.
type linkKey struct {
	out   *connector.Outbound
	roots *x509.CertPool
	kind  hostKind
	host  string
}

// String returns the names of the connector and the host.
func (k linkKey) String() string { return k.out.Name() + " to " + k.host }

// link is a connection to a next hop.
type link struct {
	*smtpclient.Conn
	key        linkKey
	account    account // with which it was logged on
	host       string  // for the log
	addr       string  // IP address and port
	used       bool    // a transaction was begun
	usedBefore bool    // a transaction was begun before the present one
	left       int     // transactions that may still be begun; <0: any number
	idle       time.Duration
	until      time.Time // when the pool closes it
	session    *session  // nil: it isn't logged
}

// close closes l and logs why.
func (l *link) close(why error) {
	_ = l.Close() // it is of no use, whatever its end
	l.session.end(why)
}

// exchange returns the exchange with which a transaction on l begins.
func (l *link) exchange() exchange {
	return exchange{host: l.host, addr: l.addr, local: network.AddrPort(l.LocalAddr()), session: l.session.id(), tls: l.TLSVersion(), cipher: l.CipherSuite(), dsn: l.Has("DSN")}
}

// use counts a transaction.
func (l *link) use() {
	l.usedBefore, l.used = l.used, true
	if l.left > 0 {
		l.left--
	}
}

// hostKind is how a candidate is resolved.
type hostKind uint8

const (
	mailDomain hostKind = iota // MX, then A and AAAA; a mistake is the sender's
	smartHost                  // the same; a mistake is the administrator's
	server                     // A and AAAA
)

// candidate is one of the equal hosts that share the messages of a next hop.
type candidate struct {
	kind hostKind
	name string     // without brackets
	addr netip.Addr // if it is an address and needn't be resolved

	smart      param.SmartHost   // as the connector has it; zero: not a smart host
	credential *param.Credential // of a smart host; nil: none
}

package delivery

import (
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// taken is what a hop said in a transaction.
type taken struct {
	host    string
	addr    string
	tls     uint16
	dsn     bool
	answers []error          // to the recipients
	reply   smtpclient.Reply // to the message
}

// linkKey tells what a connection may be used for. The connector stands for
// the identity, the certificates and the checks.
type linkKey struct {
	out  *connector.Outbound
	kind hostKind
	host string
}

// String names the host and who calls it.
func (k linkKey) String() string { return k.out.Name() + " to " + k.host }

// link is a connection to a next hop.
type link struct {
	*smtpclient.Conn
	key        linkKey
	host       string // for the log
	addr       string // the same for all transactions
	used       bool   // for a transaction, whatever came of it
	usedBefore bool   // for one before the present
	left       int    // transactions that may yet be begun; <0: any number
	idle       time.Duration
	until      time.Time // the end of its time in the pool
}

// taken returns what a transaction on l begins with.
func (l *link) taken() taken {
	return taken{host: l.host, addr: l.addr, tls: l.TLSVersion(), dsn: l.Has("DSN")}
}

// use counts a transaction.
func (l *link) use() {
	l.usedBefore, l.used = l.used, true
	if l.left > 0 {
		l.left--
	}
}

// hostKind says how a candidate is resolved.
type hostKind uint8

const (
	mailDomain hostKind = iota // MX, then A and AAAA; a mistake is the sender's
	smartHost                  // the same; a mistake is the administrator's
	server                     // A and AAAA
)

// candidate is one of the equals among which a next hop's messages are shared.
type candidate struct {
	kind hostKind
	name string     // without brackets
	addr netip.Addr // if it is an address and needn't be resolved
}

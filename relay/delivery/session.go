package delivery

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// intraOrganization is the connector in the logs for mail to other servers of the organisation,
// which is Exchange's own there.
const intraOrganization = "Intra-Organization SMTP Send Connector"

// Why connections end without an error, for the connectivity log.
var (
	errIdle       = errors.New("unused")
	errUsedUp     = errors.New("SmtpMaxMessagesPerConnection")
	errUnknown    = errors.New("it can't carry another message")
	errNoRoom     = errors.New("enough unused connections are kept")
	errReplaced   = errors.New("replaced by a new connection")
	errClosed     = errors.New("this server stops sending")
	errHandedOver = errors.New("another client goes on")
)

// session is a connection in the logs, from the look-up of its addresses to its end. The
// nil session writes nothing.
type session struct {
	out      func(event.ConnectivityLine) // nil: there is no connectivity log
	line     event.ConnectivityLine       // what all lines have in common
	protocol *conversation                // nil: there is no protocol log
	messages int
	bytes    int64
}

// session begins the logs of a connection of h to c; nil if it is in no log.
func (s *Sender) session(h *NextHop, c candidate) *session {
	level, source := h.set.ProtocolLoggingLevel, h.set.Name
	if h.key.via != "" {
		level, source = h.out.Policy().Service().IntraOrgConnectorProtocolLoggingLevel, intraOrganization
	}
	verbose := s.ProtocolLog != nil && level == param.LoggingVerbose
	if s.ConnectivityLog == nil && !verbose {
		return nil
	}
	id := envelope.NewSessionID()
	n := &session{out: s.ConnectivityLog, line: event.ConnectivityLine{Session: id, Source: source, Destination: c.name}}
	if verbose {
		n.protocol = &conversation{s.ProtocolLog, event.Line{Connector: source, Session: id}}
	}
	n.write('+', h.DeliveryType()+" "+cmp.Or(h.Destination(), c.name))
	return n
}

// id returns the ID of the connection in the logs; "" if it is in no log.
func (n *session) id() string {
	if n == nil {
		return ""
	}
	return n.line.Session
}

// write writes a line of the connectivity log.
func (n *session) write(direction byte, description string) {
	if n.out == nil {
		return
	}
	l := n.line
	l.Time, l.Direction, l.Description = time.Now(), direction, ascii.Escape(description)
	n.out(l)
}

// resolved notes the addresses of c, or why none is called.
func (n *session) resolved(c candidate, list []endpoint, refused []error, err error) {
	switch {
	case n == nil || c.addr.IsValid() && err == nil:
	case err != nil:
		n.write('>', "No address: "+reason(err))
	default:
		for _, err := range refused {
			n.write('>', "Not called: "+reason(err))
		}
		n.write('>', addressList(list))
	}
}

// addressList returns the hosts of a list with their addresses.
func addressList(list []endpoint) string {
	var b strings.Builder
	for i, e := range list {
		switch {
		case i > 0 && e.host == list[i-1].host:
			b.WriteString(" " + e.addr.Addr().String())
			continue
		case i > 0:
			b.WriteString("], ")
		}
		b.WriteString(e.host + "[" + e.addr.Addr().String())
	}
	return b.String() + "]"
}

// calling notes a call to an address.
func (n *session) calling(to netip.AddrPort) {
	if n != nil {
		n.protocol.calling(to)
	}
}

// unreachable notes that an address can't be called.
func (n *session) unreachable(to string, err error) {
	if n != nil {
		n.protocol.failed(err)
		n.failed(to, err)
	}
}

// failed notes that a call is of no use.
func (n *session) failed(to string, err error) {
	if n != nil {
		n.write('>', "Failed connection to "+to+" ("+strings.TrimPrefix(reason(err), to+": ")+")")
	}
}

// connected notes that there is a connection, and returns the function that logs what both sides
// say; nil if it isn't logged.
func (n *session) connected(nc net.Conn) func(kind byte, data, context string) {
	if n == nil {
		return nil
	}
	return n.protocol.connected(nc)
}

// established notes that the connection is ready for messages.
func (n *session) established(l *link) {
	if n != nil {
		n.write('>', "Established connection to "+l.addr+" ("+l.host+secured(l.TLSVersion())+")")
	}
}

// count returns a counter of m's bytes; nil if they aren't logged.
func (n *session) count(m *smtpclient.Message) *counter {
	if n == nil {
		return nil
	}
	size := &counter{n: int64(len(m.Head))}
	if m.Rest != nil {
		size.r, m.Rest = m.Rest, size
	}
	return size
}

// carried counts a message that the next hop has accepted.
func (n *session) carried(size *counter) {
	if n != nil {
		n.messages++
		n.bytes += size.n
	}
}

// end notes why there is no connection, or no more.
func (n *session) end(why error) {
	if n != nil {
		n.write('-', fmt.Sprintf("Messages: %d Bytes: %d (%s)", n.messages, n.bytes, reason(why)))
	}
}

var (
	quoted    = regexp.MustCompile(`"(\\.|[^"\\])*"?`)
	addressed = regexp.MustCompile(`\S*@\S*`)
)

// reason returns the text of an error without what a host has said, except its codes: it may
// have repeated the address of a recipient, or the user that logged on.
func reason(err error) string {
	var paused *pauseError
	if errors.As(err, &paused) && paused.earlier {
		return paused.begin() + reason(paused.refusal)
	}
	text := err.Error()
	var said *smtpclient.Error
	if errors.As(err, &said) {
		if said.Reply.Code != 0 {
			return fmt.Sprintf("%s: %s", said.Stage, codes(said.Reply))
		}
		text = quoted.ReplaceAllString(said.Error(), "<redacted>")
	}
	return addressed.ReplaceAllString(text, "<redacted>")
}

// codes returns the codes of a reply.
func codes(r smtpclient.Reply) string {
	if r.Enhanced[0] == 0 {
		return strconv.Itoa(r.Code)
	}
	return fmt.Sprintf("%d %d.%d.%d", r.Code, r.Enhanced[0], r.Enhanced[1], r.Enhanced[2])
}

// counter counts the bytes that are read.
type counter struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

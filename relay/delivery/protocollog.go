package delivery

import (
	"net"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// intraOrganization is the connector in the protocol log for mail to other servers of the
// organisation, which is Exchange's own there.
const intraOrganization = "Intra-Organization SMTP Send Connector"

// conversation writes the protocol log of one connection. The nil conversation writes nothing.
type conversation struct {
	out  func(event.Line)
	line event.Line // the next one: what all lines have in common, and its number
}

// conversation begins the protocol log of a connection of h to an address; nil if it isn't logged.
func (s *Sender) conversation(h *NextHop, to netip.AddrPort) *conversation {
	level, name := h.set.ProtocolLoggingLevel, h.set.Name
	if h.key.via != "" {
		level, name = h.out.Policy().Service().IntraOrgConnectorProtocolLoggingLevel, intraOrganization
	}
	if s.ProtocolLog == nil || level != param.LoggingVerbose {
		return nil
	}
	c := &conversation{s.ProtocolLog, event.Line{Connector: name, Session: envelope.NewSessionID(), Remote: to}}
	c.write('*', "", "attempting to connect")
	return c
}

// write writes one line.
func (c *conversation) write(kind byte, data, context string) {
	if kind != 0 { // not withheld
		l := c.line
		l.Time, l.Event, l.Data, l.Context = time.Now(), kind, data, context
		c.out(l)
	}
	c.line.Sequence++
}

// failed notes why there is no connection.
func (c *conversation) failed(err error) {
	if c != nil {
		c.write('*', "", ascii.Escape("Failed to connect. Error: "+err.Error()))
	}
}

// connected notes that there is a connection, and returns the function that logs it.
func (c *conversation) connected(nc net.Conn) func(kind byte, data, context string) {
	if c == nil {
		return nil
	}
	c.line.Local = network.AddrPort(nc.LocalAddr())
	c.write('+', "", "")
	return c.write
}

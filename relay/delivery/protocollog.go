package delivery

import (
	"net"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay/event"
)

// conversation writes the protocol log of one session. The nil conversation writes nothing.
type conversation struct {
	out  func(event.Line)
	line event.Line // the next one: what all lines have in common, and its number
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

// calling notes a call to an address.
func (c *conversation) calling(to netip.AddrPort) {
	if c != nil {
		c.line.Local, c.line.Remote = netip.AddrPort{}, to
		c.write('*', "", "attempting to connect")
	}
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

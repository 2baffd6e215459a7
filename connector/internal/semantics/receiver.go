package semantics

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

// receiver is an enabled Receive connector of this server with its defaults.
type receiver struct {
	*receive
	bindings  []netip.AddrPort
	ranges    []Range
	mechanism map[string]bool
	entries   []entry

	maxSize, maxHeader                 int64
	maxHops, maxLocalHops, maxPerMail  int64
	chunking, binaryMime, eightBitMime bool
	dsn, enhanced, pipelining, utf8    bool
}

// readReceivers reads the Receive connectors that take part.
// docs/receive.md "Which connector takes a connection", rule 1.
func (p *Policy) readReceivers() error {
	for i := range p.Receive {
		r := &p.Receive[i]
		if !orTrue(r.Enabled) || r.Server != "" && !strings.EqualFold(p.server(r.Server).Name, p.here().Name) {
			continue
		}
		c, err := p.receiver(r)
		if err != nil {
			return fmt.Errorf("the Receive connector %q: %w", r.Name, err)
		}
		p.receivers = append(p.receivers, c)
	}
	return nil
}

// in2007 reports whether the policy has the profile Exchange2007.
func (p *Policy) in2007() bool { return p.Profile == "Exchange2007" }

// receiver fills in the defaults of docs/cmdlets.md "New-ReceiveConnector, …", column
// Default.
func (p *Policy) receiver(r *receive) (*receiver, error) {
	c := &receiver{receive: r, mechanism: flags(or(r.AuthMechanism, defaultMechanism(r.Usage)))}
	c.entries = p.accessList(r)

	c.chunking = orTrue(r.ChunkingEnabled)
	c.binaryMime = or(r.BinaryMimeEnabled, c.chunking)
	c.eightBitMime = orTrue(r.EightBitMimeEnabled)
	c.dsn = orTrue(r.DeliveryStatusNotificationEnabled)
	c.enhanced = orTrue(r.EnhancedStatusCodesEnabled)
	c.pipelining = orTrue(r.PipeliningEnabled)
	c.utf8 = or(r.SmtpUtf8Enabled, !p.in2007())

	maxSize, maxHeader, localHops := "36MB", "256KB", int64(12)
	if p.in2007() {
		maxSize, maxHeader, localHops = "10MB", "64KB", 8
	}
	c.maxLocalHops = or(r.MaxLocalHopCount, localHops)
	c.maxHops, c.maxPerMail = cmp.Or(r.MaxHopCount, 60), cmp.Or(r.MaxRecipientsPerMessage, 200)
	var err error
	if c.maxSize, err = parseSize(cmp.Or(r.MaxMessageSize, maxSize)); err != nil {
		return nil, err
	}
	if c.maxHeader, err = parseSize(cmp.Or(r.MaxHeaderSize, maxHeader)); err != nil {
		return nil, err
	}
	return c, c.readAddresses()
}

// readAddresses reads Bindings and RemoteIPRanges, or fills in those of the usage.
func (c *receiver) readAddresses() error {
	bindings, ranges := c.Bindings, c.RemoteIPRanges
	switch {
	case len(bindings) > 0:
	case c.Usage == "Internal":
		bindings = []string{"0.0.0.0:25"}
	case c.Usage == "Client":
		bindings = []string{"0.0.0.0:587"}
	}
	if len(ranges) == 0 && c.Usage == "Internet" {
		ranges = []string{"0.0.0.0-255.255.255.255"}
	}
	for _, text := range bindings {
		b, err := netip.ParseAddrPort(text)
		if err != nil {
			return fmt.Errorf("%q isn't a binding: %w", text, err)
		}
		c.bindings = append(c.bindings, plainPort(b))
	}
	for _, text := range ranges {
		r, err := parseRange(text)
		if err != nil {
			return err
		}
		c.ranges = append(c.ranges, r)
	}
	return nil
}

func defaultMechanism(usage string) string {
	switch usage {
	case "Internal":
		return "Tls, ExchangeServer"
	case "Client":
		return "Tls, Integrated, BasicAuth, BasicAuthRequireTLS"
	}
	return "Tls"
}

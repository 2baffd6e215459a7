package semantics

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

// Receiver is an enabled Receive connector of this server with the default of every parameter
// that decides something.
type Receiver struct {
	*receive
	Bindings   []netip.AddrPort
	Ranges     []Range
	Mechanisms map[string]bool // AuthMechanism
	Entries    []Entry         // of its access list
	MaxSize    int64           // of a message
	MaxPerMail int64           // recipients of a message
	UTF8       bool            // SMTPUTF8 is offered

	policy  *Policy
	senders map[string]bool // AllowedSenders in the spelling in which they are compared
}

// readReceivers reads the Receive connectors that take part.
// docs/receive.md "Which connector takes a connection", rule 1.
func (p *Policy) readReceivers() error {
	for i := range p.Receive {
		r := &p.Receive[i]
		if !OrTrue(r.Enabled) || r.Server != "" && !strings.EqualFold(p.ServerNamed(r.Server).Name, p.Here().Name) {
			continue
		}
		c, err := p.receiver(r)
		if err != nil {
			return fmt.Errorf("the Receive connector %q: %w", r.Name, err)
		}
		p.Receivers = append(p.Receivers, c)
	}
	return nil
}

// In2007 reports whether the policy has the profile Exchange2007.
func (p *Policy) In2007() bool { return p.Profile == "Exchange2007" }

// receiver fills in the defaults of docs/cmdlets.md "New-ReceiveConnector, …", column
// Default.
func (p *Policy) receiver(given *receive) (*Receiver, error) {
	r := &Receiver{
		receive: given, policy: p, Mechanisms: flags(Or(given.AuthMechanism, defaultMechanism(given.Usage))), Entries: p.accessList(given),
		MaxPerMail: cmp.Or(given.MaxRecipientsPerMessage, 200), UTF8: Or(given.SmtpUtf8Enabled, !p.In2007()),
		senders: map[string]bool{},
	}
	for _, by := range given.AllowedSenders {
		if domain, all := strings.CutPrefix(by, "@"); all {
			r.senders["@"+spelling(domain)] = true
		} else {
			r.senders[Fold(by)] = true
		}
	}
	maxSize := "36MB"
	if p.In2007() {
		maxSize = "10MB"
	}
	var err error
	if r.MaxSize, err = ParseSize(cmp.Or(given.MaxMessageSize, maxSize)); err != nil {
		return nil, err
	}
	return r, r.readAddresses()
}

// readAddresses reads Bindings and RemoteIPRanges, or fills in those of the usage.
func (r *Receiver) readAddresses() error {
	bindings, ranges := r.receive.Bindings, r.RemoteIPRanges
	switch {
	case len(bindings) > 0:
	case r.Usage == "Internal":
		bindings = []string{"0.0.0.0:25"}
	case r.Usage == "Client":
		bindings = []string{"0.0.0.0:587"}
	}
	if len(ranges) == 0 && r.Usage == "Internet" {
		ranges = []string{"0.0.0.0-255.255.255.255"}
	}
	for _, text := range bindings {
		b, err := netip.ParseAddrPort(text)
		if err != nil {
			return fmt.Errorf("%q isn't a binding: %w", text, err)
		}
		r.Bindings = append(r.Bindings, plainPort(b))
	}
	for _, text := range ranges {
		in, err := parseRange(text)
		if err != nil {
			return err
		}
		r.Ranges = append(r.Ranges, in)
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

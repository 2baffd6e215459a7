package dialog

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
)

// State says whether a prerequisite is met.
type State uint8

// The states. The zero State is Unknown.
const (
	Unknown  State = iota // the console can't find out
	Met                   // as far as the policy shows
	Doubtful              // the policy speaks against it
)

// String returns the words for the state.
func (s State) String() string {
	switch s {
	case Met:
		return "ok"
	case Doubtful:
		return "doubtful"
	}
	return "not known"
}

// Prerequisite is a condition of the guide's section "Before You Begin", or one for
// anonymous relay.
type Prerequisite struct {
	State  State
	Text   string // the condition
	Detail string // what was found out about it
}

// Facts are known to the console beside the values of a dialog.
type Facts struct {
	Account      string             // the user and the role that lets the user change the policy; "" to leave them out
	Logon        func(string) error // looks up an account by name; its errors are those of console.Options.Account. Nil: accounts aren't known
	Certificates bool               // the findings know this server's certificates
	Uncertified  bool               // this server has no certificate
	Findings     []analysis.Finding // about the policy as it will be
}

// Prerequisites returns the conditions that the values of now have.
func (d *Draft) Prerequisites(f Facts) []Prerequisite {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dialog.Prerequisites == nil {
		return nil
	}
	all := d.dialog.Prerequisites(d.values, f)
	if len(all) > 0 && f.Account != "" {
		all = append([]Prerequisite{{Met, "The account that you use must be delegated the Exchange Organization Administrator role.", f.Account}}, all...)
	}
	return all
}

// sendPrerequisites are those of a Send connector, by its authentication.
func sendPrerequisites(s *Subject, v *Values, f Facts) []Prerequisite {
	if !smartHosts(v) {
		return nil
	}
	switch v.Text("auth") {
	case "BasicAuth":
		return []Prerequisite{s.gatewayAccount(f)}
	case "BasicAuthRequireTLS":
		return []Prerequisite{s.gatewayAccount(f), certificate(f)}
	case "ExternalAuthoritative":
		return []Prerequisite{trusted(v.Rows("hosts"), "host")}
	}
	return nil
}

// certificate is the certificate of the Receive connectors.
func certificate(f Facts) Prerequisite {
	p := Prerequisite{Unknown, "This server needs an X.509 certificate with the FQDN of the Receive connector at which the gateway logs on.", "The console doesn't know this server's certificates."}
	switch {
	case f.Uncertified:
		p.State, p.Detail = Doubtful, "This server has no certificate, so it can't offer TLS."
		return p
	case !f.Certificates:
		return p
	}
	p.State, p.Detail = Met, "Each Receive connector with TLS has a certificate with its FQDN."
	for _, found := range f.Findings {
		switch found.Code {
		case analysis.CodeCertificateFqdn, analysis.CodeCertificateExpired:
			p.State, p.Detail = Doubtful, found.Detail
		}
	}
	return p
}

// trusted is the connection to servers that are Externally Secured: those of a column.
func trusted(rows []Row, column string) Prerequisite {
	p := Prerequisite{Met, "A trusted network connection must exist between this server and the SMTP gateway: an IPsec association, a virtual private network, or a network whose cables and switches are under control.",
		"The addresses are private ones. Whether the network is trusted, the console can't see."}
	for _, r := range rows {
		text, _, _ := strings.Cut(r[column], "\n")
		ranges, err := param.ParseRange(text)
		switch {
		case err != nil && p.State == Met:
			p.State, p.Detail = Unknown, text+" is a name; the console doesn't know its network."
		case err == nil && (!isPrivate(ranges.Low()) || !isPrivate(ranges.High())):
			p.State, p.Detail = Doubtful, text+" holds addresses of the Internet."
		case err == nil && isWide(ranges) && p.State != Doubtful:
			p.State, p.Detail = Doubtful, text+" holds more than 256 addresses: name the gateways alone."
		}
	}
	return p
}

func isPrivate(a netip.Addr) bool { return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() }

// isWide reports whether a range has more than 256 addresses.
func isWide(r param.Range) bool {
	network, err := r.Low().Prefix(r.Low().BitLen() - 8)
	return err != nil || !network.Contains(r.High())
}

// relayPrerequisites are the restrictions without which the guide allows no anonymous relay.
func relayPrerequisites(r *connector.Receive) []Prerequisite {
	local := Prerequisite{Met, "The connector should take connections on the network adapter that faces the gateway only.", "Its bindings name addresses."}
	for _, b := range r.Bindings {
		if b.Addr().IsUnspecified() {
			local.State, local.Detail = Doubtful, b.String()+" stands for all adapters. That is right only if this server has one."
		}
	}
	remote := Prerequisite{Met, "The connector must take connections from the gateway's addresses only: this is the only protection that it has.", "Its remote addresses are narrow."}
	for _, ranges := range r.RemoteIPRanges {
		if isWide(ranges) {
			remote.State, remote.Detail = Doubtful, ranges.String()+" holds more than 256 addresses, and each of them may relay."
		}
	}
	return []Prerequisite{local, remote}
}

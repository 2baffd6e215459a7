package observed

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// reports returns which delivery reports there are, and in which form.
// docs/reports.md; docs/cmdlets.md "Set-TransportConfig, …", column Default.
func (p *Policy) reports() map[string]string {
	t := p.Transport
	set := map[string]string{
		"ExternalDsnMaxMessageAttachSize": cmp.Or(t.ExternalDsnMaxMessageAttachSize, "10MB"),
		"InternalDsnMaxMessageAttachSize": cmp.Or(t.InternalDsnMaxMessageAttachSize, "10MB"),
		"ExternalDelayDsnEnabled":         strconv.FormatBool(semantics.OrTrue(t.ExternalDelayDsnEnabled)),
		"InternalDelayDsnEnabled":         strconv.FormatBool(semantics.OrTrue(t.InternalDelayDsnEnabled)),
	}
	set[postmasterKey] = p.postmaster()
	set["GenerateCopyOfDSNFor"] = p.copiedCodes()
	if p.choosesPostmaster() {
		set[chosenKey] = set[postmasterKey]
	}
	return set
}

// copiedCodes returns the codes of failures whose reports are copied.
// docs/reports.md "Copies for the postmaster": no copy is sent without an address.
func (p *Policy) copiedCodes() string {
	if p.Transport.ExternalPostmasterAddress == "" {
		return ""
	}
	codes := semantics.Or(p.Transport.GenerateCopyOfDSNFor, "5.4.8, 5.4.6, 5.4.4, 5.2.4, 5.2.0, 5.1.4")
	return sorted(strings.Split(codes, ", "))
}

// The names of the address that reports come from, and of the same address if the policy
// says it and not just the order of its accepted domains.
const (
	postmasterKey = "ExternalPostmasterAddress"
	chosenKey     = "ExternalPostmasterAddress, chosen"
)

// postmaster returns the address that reports come from. docs/reports.md "Settings".
func (p *Policy) postmaster() string {
	if a := p.Transport.ExternalPostmasterAddress; a != "" {
		return semantics.LocalOf(a) + "@" + semantics.DomainOf(a)
	}
	domain := p.Here().WireName()
	if i := slices.IndexFunc(p.Accepted, func(a semantics.AcceptedDomain) bool { return !strings.HasPrefix(a.DomainName, "*") }); i >= 0 && !p.Here().Edge {
		domain = p.Accepted[i].DomainName
	}
	if i := slices.IndexFunc(p.Accepted, func(a semantics.AcceptedDomain) bool { return a.Default }); i >= 0 && !p.Here().Edge {
		domain = p.Accepted[i].DomainName
	}
	return "postmaster@" + semantics.Fold(domain)
}

// choosesPostmaster reports whether the policy says which address reports come from.
func (p *Policy) choosesPostmaster() bool {
	return p.Transport.ExternalPostmasterAddress != "" || slices.ContainsFunc(p.Accepted, func(a semantics.AcceptedDomain) bool { return a.Default })
}

// reportsTo returns whether a sender gets reports on failures and on deliveries.
// docs/reports.md "Which reports are sent".
func (p *Policy) reportsTo(sender string) map[string]string {
	if sender == "" {
		return nil // reports aren't answered by reports
	}
	r := semantics.RemoteDomain{}
	domain := semantics.DomainOf(sender)
	if t := p.AcceptedType(domain); t != semantics.Authoritative && t != semantics.InternalRelay {
		r = p.remoteDomain(domain)
	}
	return map[string]string{
		"NDREnabled":            strconv.FormatBool(semantics.OrTrue(r.NDREnabled)),
		"DeliveryReportEnabled": strconv.FormatBool(semantics.OrTrue(r.DeliveryReportEnabled)),
	}
}

// remoteDomain returns the most specific remote domain that covers a domain, or one with
// the defaults. docs/differences.md: *.contoso.com covers contoso.com, too, unless that is
// a remote domain of its own.
func (p *Policy) remoteDomain(domain string) (best semantics.RemoteDomain) {
	most := -1
	for _, r := range p.Remote {
		base, subtree := strings.CutPrefix(r.DomainName, "*.")
		n := -1
		switch {
		case r.DomainName == domain:
			n = math.MaxInt
		case r.DomainName == "*":
			n = 0
		case subtree && (domain == base || strings.HasSuffix(domain, "."+base)):
			n = len(base)
		}
		if n > most {
			best, most = r, n
		}
	}
	return best
}

// sorted joins a list whose order decides nothing.
func sorted(list []string) string { return strings.Join(slices.Sorted(slices.Values(list)), ", ") }

package connector

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// Reports says which delivery reports a sender gets, and in which form: the report
// settings of Transport and RemoteDomain for one sender. With the zero Reports the
// sender gets none.
type Reports struct {
	Postmaster    routing.Address // From of the reports
	MaxAttachSize int64           // in bytes; reports on larger messages return only the header
	Failed        bool            // report recipients that failed for good
	Delayed       bool            // report delays
	Delivered     bool            // report delivery, and relaying to a next hop without DSN

	Copied param.StatusCodes // the Postmaster gets a copy of reports on failures with one of these
}

// Reports returns which delivery reports sender gets. It returns the zero Reports for
// a nil Policy and for the null sender, so that reports don't answer reports. A
// sender in an authoritative or internal relay domain is internal: no RemoteDomain
// applies to it.
func (p *Policy) Reports(sender routing.Address) Reports {
	if p == nil || sender == (routing.Address{}) {
		return Reports{}
	}
	t := &p.transport
	if kind, ok := p.Accepted(sender.Domain()); ok && kind != routing.ExternalRelay {
		return Reports{p.postmaster, int64(t.InternalDsnMaxMessageAttachSize.Or(0)), true, t.InternalDelayDsnEnabled.Or(false), true, p.copied}
	}
	d := p.remoteDomain(sender.Domain())
	return Reports{p.postmaster, int64(t.ExternalDsnMaxMessageAttachSize.Or(0)),
		d.NDREnabled.Or(false), t.ExternalDelayDsnEnabled.Or(false), d.DeliveryReportEnabled.Or(false), p.copied}
}

// remoteDomain returns the most specific remote domain that covers d; without one,
// a RemoteDomain with the defaults.
func (p *Policy) remoteDomain(d routing.Domain) RemoteDomain {
	name := d.String()
	if r, ok := p.remote[name]; ok {
		return r
	}
	for name != "" && !d.IsLiteral() {
		if r, ok := p.remote["*."+name]; ok {
			return r
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return p.remote["*"]
}

package connector

import (
	"strings"

	"github.com/interchange-smtp/interchange/routing"
)

// Reports says what a sender is told of its mail, and in which form: the report
// settings of Transport and RemoteDomain, put together for one sender. The zero
// Reports tells nothing.
type Reports struct {
	Postmaster    routing.Address // who reports
	MaxAttachSize int64           // in bytes: of a larger message only the header is returned
	Failed        bool            // that a recipient failed for good
	Delayed       bool            // that it takes longer
	Delivered     bool            // that it was delivered, or relayed to where none of this is known
}

// Reports returns what sender may be told. That is nothing for the null sender,
// lest reports answer reports, and for a nil Policy. A sender is internal, and
// then no RemoteDomain goes for it, if its domain is authoritative or an
// internal relay domain.
func (p *Policy) Reports(sender routing.Address) Reports {
	if p == nil || sender == (routing.Address{}) {
		return Reports{}
	}
	t := &p.transport
	if kind, ok := p.Accepted(sender.Domain()); ok && kind != routing.ExternalRelay {
		return Reports{p.postmaster, int64(t.InternalDsnMaxMessageAttachSize.Or(0)), true, t.InternalDelayDsnEnabled.Or(false), true}
	}
	d := p.remoteDomain(sender.Domain())
	return Reports{p.postmaster, int64(t.ExternalDsnMaxMessageAttachSize.Or(0)),
		d.NDREnabled.Or(false), t.ExternalDelayDsnEnabled.Or(false), d.DeliveryReportEnabled.Or(false)}
}

// remoteDomain returns the most specific remote domain that covers d, one with the
// defaults if there is none.
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

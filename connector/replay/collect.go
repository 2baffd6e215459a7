package replay

import (
	"cmp"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// Report ends the sessions that are still open and returns the result. Don't call
// Read after it.
func (r *Replay) Report() *Report {
	r.sessions.drain(r.release)
	r.sending.drain(r.release)
	r.postfix.messages.drain(func(m *message) { r.release(m.session) })
	r.postfix.sessions.drain(r.release)

	out := &r.report
	out.Files = r.files
	out.Unroutable = r.unroutable
	out.Problems = append([]Problem{}, out.Problems...)
	out.OutsideReplies = []Refusals{}
	for a, n := range r.outsideBy {
		out.OutsideReplies = append(out.OutsideReplies, Refusals{a.String(), n})
	}
	slices.SortFunc(out.OutsideReplies, func(a, b Refusals) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reply, b.Reply))
	})
	out.Differences = r.allDifferences()
	r.reportUse(out)
	return out
}

func (r *Replay) allDifferences() []Difference {
	all := make([]Difference, 0, len(r.differences))
	for _, d := range r.differences {
		one := Difference{
			Kind: d.kind, Stage: d.stage, Connector: d.in.Name(), Reason: d.reason,
			Was: printable(d.was), Now: d.now, Count: d.count, Sessions: d.sessions, Examples: d.examples,
		}
		if one.Was == "" {
			one.Was = d.old.String()
		}
		switch {
		case one.Now == "" && d.reason == reply.NoConnector:
			one.Now = "no connector"
		case one.Now == "" && d.reason == reply.Undecided:
			one.Now = d.in.Name()
		case one.Now == "":
			one.Now = d.reply.String()
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Connector, b.Connector),
			cmp.Compare(a.Was, b.Was), cmp.Compare(a.Now, b.Now), cmp.Compare(a.Stage, b.Stage))
	})
	return all
}

// reportUse fills in the use of connectors.
func (r *Replay) reportUse(out *Report) {
	out.LogConnectors, out.Receive, out.SendUse = []LogConnector{}, []ReceiveUse{}, []SendUse{}
	for name, u := range r.logUses {
		out.LogConnectors = append(out.LogConnectors, LogConnector{printable(name), u.clients.total, u.clients.top(r.opts.Top)})
	}
	slices.SortFunc(out.LogConnectors, func(a, b LogConnector) int {
		return cmp.Or(cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Name, b.Name))
	})
	for in := range r.policy.Receive() {
		if in.Settings().Enabled.Or(true) {
			use := r.receiveUse(r.uses[in])
			use.Elsewhere = use.Sessions == 0 && r.inLogs(in)
			if use.Sessions == 0 {
				use.Unlogged, use.LoggingOff = r.unlogged(in)
			}
			if use.Unlogged || r.report.gaps() {
				use.Complete = false
				use.UnusedRanges, use.UnusedGrants, use.Narrowest = []param.Range{}, []UnusedGrant{}, nil
			}
			out.Receive = append(out.Receive, use)
		}
	}
	if u := r.uses[nil]; u != nil {
		none := r.receiveUse(u)
		out.NoConnector = &none
	}
	for o := range r.policy.Send() {
		out.SendUse = append(out.SendUse, SendUse{o.Name(), r.sends[o].recipients})
	}
}

// unlogged reports whether a connector may have been used without a trace in the logs: its
// ProtocolLoggingLevel is None (then off is true), or lines that can't be read may be about it.
func (r *Replay) unlogged(in *connector.Inbound) (unlogged, off bool) {
	if r.report.gaps() || r.report.Judged() == 0 {
		return true, false
	}
	received := false
	for _, f := range r.files {
		switch f.Format {
		case FormatPostfix:
			return false, false // it logs every connector
		case FormatReceive:
			received = true
		}
	}
	if r.inLogs(in) {
		return false, false
	}
	off = received && in.Settings().ProtocolLoggingLevel != param.LoggingVerbose
	return off || !received, off
}

// inLogs reports whether the logs have sessions of a connector of that name.
func (r *Replay) inLogs(in *connector.Inbound) bool {
	for name := range r.logUses {
		if sameName(name, in.Name()) {
			return true
		}
	}
	return false
}

func (r *Replay) receiveUse(u *inboundUse) ReceiveUse {
	use := ReceiveUse{
		Name: u.in.Name(), Sessions: u.clients.total, Unjudged: u.unjudged, Messages: u.messages,
		Clients: len(u.clients.all), Complete: u.clients.exact(), Top: u.clients.top(r.opts.Top),
		UnusedRanges: []param.Range{}, UnusedGrants: []UnusedGrant{},
	}
	if u.in == nil {
		return use
	}
	for i, n := range u.ranges {
		if n == 0 {
			use.UnusedRanges = append(use.UnusedRanges, u.in.Settings().RemoteIPRanges[i])
		}
	}
	for _, g := range u.grants {
		if unused := g.unused(); len(unused.Rights) > 0 && u.unjudged == 0 {
			use.UnusedGrants = append(use.UnusedGrants, unused)
		}
	}
	if use.Complete {
		use.Narrowest = narrowest(u, r.othersThan(u.in), r.opts.MaxRanges)
	}
	return use
}

// unused returns the rights of a grant that were not used.
func (g *grantUse) unused() UnusedGrant {
	u := UnusedGrant{To: g.To.Name(), By: "hand"}
	if g.Group != 0 {
		u.By = g.Group.String()
	}
	for right := range g.Allow.All() {
		if judgedRights.Has(right) && !g.used.Has(right) {
			u.Rights = append(u.Rights, right)
		}
	}
	return u
}

// othersThan returns the ranges of all other enabled connectors.
func (r *Replay) othersThan(in *connector.Inbound) []param.Range {
	var all []param.Range
	for other := range r.policy.Receive() {
		if other != in && other.Settings().Enabled.Or(true) {
			all = append(all, other.Settings().RemoteIPRanges...)
		}
	}
	return all
}

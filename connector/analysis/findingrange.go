package analysis

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// selection finds connectors and ranges without effect, and connectors that compete
// for clients in a way that is easily overlooked.
func (c *checker) selection() {
	for _, e := range c.inbounds {
		if e.pair < 0 {
			c.reportUnreached(e)
		}
	}
	s := newSweep(c)
	s.run()
	s.reportAll()
	s.reportRedundant()
}

// reportUnreached reports a connector that serves no client.
func (c *checker) reportUnreached(e *servedConnector) {
	r := e.Settings()
	witness, winner := c.dialogLostTo(e, 0)
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeConnectorUnreached, Severity: source.SeverityWarning, Path: e.path,
			Detail: "it serves no client: other connectors win all of them, by a smaller range, a binding to the specific address, or their names" + winner,
			Fix:    "remove or disable it, or give it other ranges or bindings",
		},
		Witness: witness,
		edit:    e.receiveEdit(func(r *connector.Receive) bool { return disable(&r.Enabled) }),
		Clients: e.clientsIn(r.RemoteIPRanges),
	})
}

func (s *sweep) reportUnreached(e *servedConnector, i int, r param.Range) {
	witness, winner := s.dialogLostTo(e, i)
	if in := s.policy.Select(witness.Local, witness.Remote, nil); in == e.Inbound {
		winner = "; " + witness.Remote.String() + " is in a smaller one of the same connector"
	}
	s.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeRangeUnreached, Severity: source.SeverityWarning, Path: (e.path + ".RemoteIPRanges").Index(i),
			Detail: fmt.Sprintf("%v serves no client: other ranges always win%s", r, winner),
			Fix:    "remove it",
		},
		Witness: witness,
		Clients: e.clientsIn([]param.Range{r}),
		edit:    dropRange(e, i),
	})
}

// reportConflict reports two connectors that compete.
func (s *sweep) reportConflict(m *conflict) {
	key := m.key
	spread, clients := s.conflictClients(m)
	f := Finding{
		Diagnostic: source.Diagnostic{
			Code: key.code, Severity: source.SeverityWarning, Path: (m.loser.path + ".RemoteIPRanges").Index(m.loser.index),
		},
		Witness: openSession(m.listener, m.client),
	}
	spread.set(&f)
	winner := strconv.Quote(m.winner.Name())
	switch key.code {
	case CodeRangeTie:
		by := "comes first by name"
		if m.winner.Settings().TransportRole != m.loser.Settings().TransportRole {
			by = "has TransportRole FrontendTransport"
		}
		f.Detail = fmt.Sprintf("%s go to %s only because it %s: its range %v is as large as %v%s",
			clients.who, winner, by, m.winner.rng, m.loser.rng, m.others())
		f.Fix = "make one of the ranges smaller, or take these clients out of one"
	case CodeBindingOutranks:
		s.outranked(&f, m, clients.who)
	default:
		f.Detail = fmt.Sprintf("%v and the smaller %v of %s overlap in part%s, so %s go to %s",
			m.loser.rng, m.winner.rng, winner, m.others(), clients.who, winner)
		f.Fix = "let one range contain the other, or take these clients out of one"
	}
	if m.alike > 0 {
		f.Detail += fmt.Sprintf("; %d more pairs of connectors compete for some of them in the same way", m.alike)
		f.edit = nil
	}
	f.Detail += clients.list
	s.report(f)
}

// outranked completes a finding about a connector bound to all addresses that loses
// clients to connectors bound to the specific address.
func (s *sweep) outranked(f *Finding, m *conflict, who string) {
	var winners []string
	for name := range m.winners {
		winners = append(winners, strconv.Quote(name))
	}
	slices.Sort(winners)
	var local []netip.AddrPort
	count := f.MoreClients
	for _, source := range f.Clients {
		local = append(local, source.Local...)
		count += len(source.Local) + source.More
	}
	slices.SortFunc(local, netip.AddrPort.Compare)
	ranges := fmt.Sprintf("its range %v is larger than %v: it is", m.winner.rng, m.loser.rng)
	if len(winners) > 1 {
		ranges = "their ranges are larger: they are"
	}
	f.Path = (m.loser.path + ".Bindings").Index(wildcardOf(m.loser.servedConnector, m.listener))
	f.Detail = fmt.Sprintf("%s go to %s, although %s bound to %s and not to all addresses",
		who, list(winners, " and "), ranges, s.localText(local, count))
	f.Fix = fmt.Sprintf("bind it to %s, too", s.localText(local, count))
	if count > 1 {
		return // a person has to choose one
	}
	f.edit = m.loser.receiveEdit(func(r *connector.Receive) bool {
		if slices.Contains(r.Bindings, local[0]) {
			return false
		}
		if len(r.Bindings) == 0 {
			r.Bindings = m.loser.Settings().Bindings // of the preset
		}
		r.Bindings = append(slices.Clone(r.Bindings), local[0])
		return true
	})
}

// reportAll reports the results of the sweep.
func (s *sweep) reportAll() {
	for _, e := range s.inbounds {
		if e.pair < 0 {
			continue
		}
		for i, r := range e.Settings().RemoteIPRanges {
			if !s.won[rangeKey{e, i}] {
				s.reportUnreached(e, i, r)
			}
		}
	}
	for _, m := range s.order {
		s.reportConflict(m)
	}
}

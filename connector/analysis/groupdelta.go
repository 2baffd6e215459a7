package analysis

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
)

// flush ends a pair: identities with the same difference are joined to client groups.
func (c *comparer) flush(pair int) {
	m := &c.deltas
	var grouped table[*groupDelta]
	for _, key := range m.current.keys {
		row := m.current.rows[key]
		for _, d := range row.split(m.channels[row.who.key()], m.preferred) {
			s := grouped.row(d.fullContent(), func() *groupDelta { return &groupDelta{delta: d} })
			s.members = append(s.members, row.who)
			s.witnesses = append(s.witnesses, d.witness)
		}
	}
	for _, key := range grouped.keys {
		s := grouped.rows[key]
		for _, p := range c.groupsOf(s.members) {
			same := m.finished.row(key+"|"+p.key(), func() *delta {
				d := s.delta
				d.groups = []clientGroup{p}
				return &d
			})
			same.pairs = append(same.pairs, pair)
			same.witnesses = append(same.witnesses, s.of(p)...)
		}
	}
	m.current, m.channels = table[*identityDelta]{}, nil
}

// groupDelta is a difference of one pair and all identities that it applies to.
type groupDelta struct {
	delta
	members   []representative
	witnesses []connector.Dialog // of each
}

// of returns witnesses for a group. Of the identities with the same decisions only
// one has a session, and it may belong to another group, too; then a member of this
// group takes its place.
func (s *groupDelta) of(p clientGroup) []connector.Dialog {
	var own, others []connector.Dialog
	for i, who := range s.members {
		switch {
		case p.has(who):
			own = append(own, s.witnesses[i])
		case proofOf(who.Who) == p.proof:
			others = append(others, p.member(s.witnesses[i]))
		}
	}
	if len(own) == 0 {
		own = others
	}
	return own[:min(len(own), triedWitnesses)]
}

// groupsOf returns the groups of all clients that the representatives stand for: all
// logins and all certificates that get the same decisions.
func (c *comparer) groupsOf(members []representative) []clientGroup {
	var all []clientGroup
	var logins *partition.Logins
	places := map[Proof]map[int]bool{ByLogon: {}, ByCertificate: {}}
	for _, s := range members {
		switch kind := proofOf(s.Who); kind {
		case ByNothing:
			if len(all) == 0 {
				all = append(all, clientGroup{})
			}
		default:
			places[kind][s.place] = true
			if kind == ByLogon {
				logins = s.logins
			}
		}
	}
	if logins != nil {
		before := logins.Tried
		crowds := logins.Crowds(func(i int) bool { return places[ByLogon][i] })
		c.effort.Spend(triedSteps * (logins.Tried - before))
		c.effort.Keep(len(crowds))
		for _, crowd := range crowds {
			all = append(all, clientGroup{ByLogon, crowd})
		}
	}
	if len(places[ByCertificate]) > 0 {
		for _, crowd := range c.domains.PartnerCrowds(func(i int) bool { return places[ByCertificate][i] }) {
			all = append(all, clientGroup{ByCertificate, crowd})
		}
	}
	return all
}

package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// reportRedundant reports ranges without which the same connectors serve the same
// clients, whether one of them is removed or all. All other ranges keep their places.
func (s *sweep) reportRedundant() {
	for _, e := range s.inbounds {
		if len(s.served[e]) > 0 && len(e.Settings().RemoteIPRanges) > 1 {
			s.findRedundant(e)
		}
	}
}

// findRedundant goes through the ranges of a connector, the smallest first. Of the
// ranges by which it serves a client, one must stay: a range that contains the client
// and comes before the first range of another connector.
func (s *sweep) findRedundant(e *servedConnector) {
	ranges := e.Settings().RemoteIPRanges
	order := make([]int, len(ranges))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch x, y := ranges[a], ranges[b]; {
		case x.Narrower(y):
			return -1
		case y.Narrower(x):
			return +1
		default: // of equal ones the last goes
			return cmp.Or(x.Low().Compare(y.Low()), strings.Compare(y.String(), x.String()), cmp.Compare(b, a))
		}
	})
	sorted := make([]param.Range, len(order))
	for at, i := range order {
		sorted[at] = ranges[i]
	}
	tree := newRangeTree(sorted)
	// next returns the index in order of the first range at or after from that may keep
	// a client, or -1.
	next := func(h servedClient, from int) int {
		for {
			steps := 0
			at := tree.next(h.client, from, &steps)
			if !s.effort.Spend(redundantSteps*steps) || at < 0 || h.before != nil && compareClaims(claim{e, order[at], sorted[at]}, *h.before) > 0 {
				return -1 // nor do larger ranges come before h.before
			}
			if s.won[rangeKey{e, order[at]}] {
				return at
			}
			from = at + 1
		}
	}
	waiting := make([][]servedClient, len(order)) // by the range that decides about them next
	for _, h := range s.served[e] {
		if at := next(h, 0); at >= 0 {
			waiting[at] = append(waiting[at], h)
		}
	}
	for at, i := range order {
		if s.effort.Exceeded() {
			return
		}
		if !s.won[rangeKey{e, i}] {
			continue // it is reported as unreached
		}
		then := make([]int, len(waiting[at]))
		needed := false
		for j, h := range waiting[at] {
			then[j] = next(h, at+1)
			needed = needed || then[j] < 0
		}
		if needed {
			continue // the waiting clients are served by it
		}
		for j, h := range waiting[at] {
			waiting[then[j]] = append(waiting[then[j]], h)
		}
		waiting[at] = nil // which may be many
		s.addRedundant(e, i)
	}
}

// redundantSteps is the effort of asking whether a range may keep a client.
const redundantSteps = 20

func (s *sweep) addRedundant(e *servedConnector, i int) {
	r := e.Settings().RemoteIPRanges[i]
	witness, _ := s.dialogLostTo(e, i)
	s.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeRangeRedundant, Severity: source.SeverityNote, Path: (e.path + ".RemoteIPRanges").Index(i),
			Detail: fmt.Sprintf("without %v the same connector serves its clients by another range", r),
			Fix:    "remove it",
		},
		Witness: witness,
		Clients: e.clientsIn([]param.Range{r}),
		edit:    dropRange(e, i),
	})
}

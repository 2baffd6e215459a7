package analysis

import (
	"cmp"
	"container/heap"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// claimQueue keeps the claims that contain the client under examination. A claim is a
// number: its index in the order of preference.
type claimQueue struct {
	claims []claim
	holds  []bool
	own    map[*servedConnector]*numbers // a heap of its claims that contain the client, and of outdated ones
	best   map[*servedConnector]int      // the first of its claims that contain the client, or -1
	firsts numbers                       // a heap of these, and of outdated ones
}

func newClaimQueue(claims []claim) *claimQueue {
	q := &claimQueue{claims: claims, holds: make([]bool, len(claims)), own: map[*servedConnector]*numbers{}, best: map[*servedConnector]int{}}
	for i := range claims {
		if e := claims[i].servedConnector; q.own[e] == nil {
			q.own[e], q.best[e] = &numbers{}, -1
		}
	}
	return q
}

// set adds a claim to those that contain the client, or removes it.
func (q *claimQueue) set(claim int, holds bool) {
	e := q.claims[claim].servedConnector
	own := q.own[e]
	q.holds[claim] = holds
	if holds {
		heap.Push(own, claim)
	}
	for own.Len() > 0 && !q.holds[(*own)[0]] {
		heap.Pop(own)
	}
	best := -1
	if own.Len() > 0 {
		best = (*own)[0]
	}
	if best != q.best[e] {
		q.best[e] = best
		if best >= 0 {
			heap.Push(&q.firsts, best)
		}
	}
}

// leaders returns the claim that wins, and the first claim of another connector. Each
// is -1 if there is no such claim.
func (q *claimQueue) leaders() (first, other int) {
	first, other = q.popExcept(-1), -1
	if first >= 0 {
		if other = q.popExcept(first); other >= 0 {
			heap.Push(&q.firsts, other)
		}
		heap.Push(&q.firsts, first)
	}
	return first, other
}

// popExcept removes the first claim that is the best of its connector and is not but
// from the heap, and returns it. The heap may hold a claim twice.
func (q *claimQueue) popExcept(but int) int {
	for q.firsts.Len() > 0 {
		if i := heap.Pop(&q.firsts).(int); i != but && q.best[q.claims[i].servedConnector] == i {
			return i
		}
	}
	return -1
}

// numbers is a heap of numbers, the lowest first.
type numbers []int

func (n numbers) Len() int { return len(n) }

func (n numbers) Less(i, j int) bool { return n[i] < n[j] }

func (n numbers) Swap(i, j int) { n[i], n[j] = n[j], n[i] }

func (n *numbers) Push(x any) { *n = append(*n, x.(int)) }

func (n *numbers) Pop() any {
	last := len(*n) - 1
	x := (*n)[last]
	*n = (*n)[:last]
	return x
}

// claim is a range of a Receive connector.
type claim struct {
	*servedConnector
	index int // in RemoteIPRanges
	rng   param.Range
}

// rangeKey identifies a range of the configuration.
type rangeKey struct {
	in    *servedConnector
	index int
}

func (c *claim) key() rangeKey { return rangeKey{c.servedConnector, c.index} }

// compareClaims orders claims to one client, the winner first.
func compareClaims(a, b claim) int {
	x, y := connector.Claim{Inbound: a.Inbound, Range: a.rng}, connector.Claim{Inbound: b.Inbound, Range: b.rng}
	return cmp.Or(x.Compare(y), strings.Compare(a.rng.String(), b.rng.String()), cmp.Compare(a.index, b.index))
}

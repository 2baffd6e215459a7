package analysis

import "container/heap"

// claimQueue knows which claims hold the present client. Claims are numbers in the
// order of preference; those of rank 0 come before those of rank 1.
type claimQueue struct {
	holds []bool
	ranks [2]numbers // by rank: a heap of what holds, and of some that don't any more
	rank  []int
}

func newClaimQueue(claims []claim) *claimQueue {
	q := &claimQueue{holds: make([]bool, len(claims)), rank: make([]int, len(claims))}
	for i := range claims {
		q.rank[i] = claims[i].rank
	}
	return q
}

// set notes that a claim begins to hold or stops.
func (q *claimQueue) set(claim int, holds bool) {
	q.holds[claim] = holds
	if holds {
		heap.Push(&q.ranks[q.rank[claim]], claim)
	}
}

// leaders returns the claim that wins, the next one, and the first of rank 1; -1
// where there is none.
func (q *claimQueue) leaders() (first, second, anywhere int) {
	a, b := q.top(0)
	c, d := q.top(1)
	switch {
	case a < 0:
		return c, d, c
	case b < 0:
		return a, c, c
	}
	return a, b, c
}

// top returns the first two claims of a rank.
func (q *claimQueue) top(rank int) (first, second int) {
	h := &q.ranks[rank]
	first = q.pop(h)
	if first < 0 {
		return -1, -1
	}
	second = q.pop(h)
	heap.Push(h, first)
	if second >= 0 {
		heap.Push(h, second)
	}
	return first, second
}

// pop takes the first claim that holds out of the heap.
func (q *claimQueue) pop(h *numbers) int {
	for h.Len() > 0 {
		if i := heap.Pop(h).(int); q.holds[i] {
			return i
		}
	}
	return -1
}

// numbers is a heap of numbers, the lowest first.
type numbers []int

func (n numbers) Len() int           { return len(n) }
func (n numbers) Less(i, j int) bool { return n[i] < n[j] }
func (n numbers) Swap(i, j int)      { n[i], n[j] = n[j], n[i] }
func (n *numbers) Push(x any)        { *n = append(*n, x.(int)) }
func (n *numbers) Pop() any {
	last := len(*n) - 1
	x := (*n)[last]
	*n = (*n)[:last]
	return x
}

package analysis

import "container/heap"

// claimQueue knows which claims hold the present client. Claims are numbers in the
// order of preference within their rank: 0 for those bound to the very address, 1 for
// those bound to all.
type claimQueue struct {
	rank     []int // by claim
	holds    []bool
	specific int        // how many of rank 0 hold
	ranks    [2]numbers // by rank: a heap of what holds, and of some that don't any more
}

func newClaimQueue(rank []int) *claimQueue {
	return &claimQueue{rank: rank, holds: make([]bool, len(rank))}
}

// set notes that a claim begins to hold or stops.
func (q *claimQueue) set(claim int, holds bool) {
	if q.rank[claim] == 0 && q.holds[claim] != holds {
		if holds {
			q.specific++
		} else {
			q.specific--
		}
	}
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

package schedule

import (
	"container/heap"
	"time"
)

// alarm is the time at which a next hop or a message needs attention.
type alarm[T any] struct {
	at    time.Time
	index int // in alarms, plus 1; 0: not set
	value *T
}

// alarms is a heap of alarms by time.
type alarms[T any] []*alarm[T]

func (h alarms[T]) Len() int           { return len(h) }
func (h alarms[T]) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h alarms[T]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}

func (h *alarms[T]) Push(x any) {
	a := x.(*alarm[T])
	*h = append(*h, a)
	a.index = len(*h)
}

func (h *alarms[T]) Pop() any {
	last := len(*h) - 1
	a := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	a.index = 0
	return a
}

// set sets a to go off at t. The zero time clears it.
func (h *alarms[T]) set(a *alarm[T], t time.Time) {
	switch {
	case t.IsZero():
		if a.index > 0 {
			heap.Remove(h, a.index-1)
		}
	case a.index > 0:
		a.at = t
		heap.Fix(h, a.index-1)
	default:
		a.at = t
		heap.Push(h, a)
	}
}

// next returns the time of the first alarm; zero if no alarm is set.
func (h alarms[T]) next() time.Time {
	if len(h) == 0 {
		return time.Time{}
	}
	return h[0].at
}

// due clears the first alarm if it is due, and returns its value; nil if none is.
func (h *alarms[T]) due(now time.Time) *T {
	if len(*h) == 0 || (*h)[0].at.After(now) {
		return nil
	}
	return heap.Pop(h).(*alarm[T]).value
}

// list is a list whose members hold their own nodes. It allocates nothing, and a member in the middle
// is removed as quickly as the first.
type list[T any] struct{ first, last *node[T] }

// node is the place of a member in a list. The zero node is in no list.
type node[T any] struct {
	in         *list[T]
	prev, next *node[T]
	value      *T
}

// push appends v, whose node is n.
func (l *list[T]) push(v *T, n *node[T]) { l.insert(v, n, l.last) }

// insert puts v, whose node is n, behind another node; nil: first.
func (l *list[T]) insert(v *T, n, after *node[T]) {
	next := l.first
	if after != nil {
		next = after.next
	}
	*n = node[T]{in: l, prev: after, next: next, value: v}
	if after != nil {
		after.next = n
	} else {
		l.first = n
	}
	if next != nil {
		next.prev = n
	} else {
		l.last = n
	}
}

// remove takes the member at n out of its list, if it is in one.
func (n *node[T]) remove() {
	if n.in == nil {
		return
	}
	if n.prev != nil {
		n.prev.next = n.next
	} else {
		n.in.first = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	} else {
		n.in.last = n.prev
	}
	*n = node[T]{}
}

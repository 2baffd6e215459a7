package tally

import "time"

// parts is how many parts of a Window are counted by themselves.
const parts = 24

// Window counts in the last length of time. It counts whole parts of it, one more than the length
// has, so that it never counts too little. When the clock is set back, what was counted keeps its
// age, or becomes a part younger.
type Window struct {
	length time.Duration
	counts [parts + 1]int // by the number of the part
	sum    int            // of counts
	last   int64          // the number of the last part
}

// newWindow returns a Window that has counted nothing.
func newWindow(length time.Duration) Window { return Window{length: length} }

// part returns the number of the part that t is in. Before 1970 it is negative.
func (w *Window) part(t time.Time) int64 {
	length := int64(w.length / parts)
	n := t.UnixNano() / length
	if t.UnixNano()%length < 0 {
		n--
	}
	return n
}

// at returns the count of a part.
func (w *Window) at(part int64) *int {
	const n = parts + 1
	return &w.counts[(part%n+n)%n]
}

// advance forgets the parts that are over at now.
func (w *Window) advance(now time.Time) {
	n := w.part(now)
	switch {
	case n < w.last: // the clock was set back
		w.shift(n)
	case n-w.last > parts:
		w.counts, w.sum, w.last = [parts + 1]int{}, 0, n
	}
	for ; w.last < n; w.last++ {
		over := w.at(w.last + 1)
		w.sum -= *over
		*over = 0
	}
}

// shift makes n the number of the last part. The parts before it become one part younger, because the
// clock may have been set to the end of a part.
func (w *Window) shift(n int64) {
	old := *w
	w.counts, w.last = [parts + 1]int{}, n
	for age := range int64(parts + 1) {
		*w.at(n - max(0, age-1)) += *old.at(old.last - age)
	}
}

// Sum returns how many were counted in the last length of time.
func (w *Window) Sum(now time.Time) int {
	w.advance(now)
	return w.sum
}

// Add counts n.
func (w *Window) Add(n int, now time.Time) {
	w.advance(now)
	*w.at(w.last) += n
	w.sum += n
}

// Remove takes back n that Add counted at a time. What Add has counted since then keeps its age.
func (w *Window) Remove(n int, at, now time.Time) {
	w.advance(now)
	k := w.part(now.Add(-now.Sub(at))) // by the monotonic clock, because the other one may have been set
	if k < w.last-parts || k > w.last {
		return
	}
	n = min(n, *w.at(k))
	*w.at(k) -= n
	w.sum -= n
}

// Next returns when n more are within a limit: now, or a later time, at most a length and a part of it
// later. 0 stands for no limit; n is at most the limit.
func (w *Window) Next(now time.Time, n, limit int) time.Time {
	if limit == 0 {
		return now
	}
	w.advance(now)
	excess := w.sum + n - limit
	if excess <= 0 {
		return now
	}
	for k := w.last - parts; k < w.last; k++ {
		if excess -= *w.at(k); excess <= 0 {
			return w.over(k, now)
		}
	}
	return w.over(w.last, now)
}

// over returns when a part counts no more. The time has the monotonic clock reading of now, so that it
// comes when it is due although the wall clock is set.
func (w *Window) over(part int64, now time.Time) time.Time {
	end := (part + parts + 1) * int64(w.length/parts)
	return now.Add(time.Duration(end - now.UnixNano()))
}

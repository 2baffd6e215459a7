package dispatch

// chain is a list whose members know their places in it. So it takes no memory of its own,
// and a member in the middle leaves as quickly as the first.
type chain[T any] struct{ first, last *place[T] }

// place is where a member stands in a chain; the zero place is in none.
type place[T any] struct {
	in            *chain[T]
	before, after *place[T]
	of            *T
}

// push appends v, whose place in c is p.
func (c *chain[T]) push(v *T, p *place[T]) {
	*p = place[T]{in: c, before: c.last, of: v}
	if c.last != nil {
		c.last.after = p
	} else {
		c.first = p
	}
	c.last = p
}

// leave takes the member at p out of its chain, if it is in one.
func (p *place[T]) leave() {
	if p.in == nil {
		return
	}
	if p.before != nil {
		p.before.after = p.after
	} else {
		p.in.first = p.after
	}
	if p.after != nil {
		p.after.before = p.before
	} else {
		p.in.last = p.before
	}
	*p = place[T]{}
}

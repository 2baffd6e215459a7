package object

// List is an array. A nil *List isn't a Value.
type List struct {
	Items []Value

	// shared is how much of the array behind Items is in use, by this list or by
	// one that Plus made of it; nil if no other list shares the array.
	shared *int
}

// NewList returns a list of items, which it keeps.
func NewList(items ...Value) *List { return &List{Items: items} }

// Strings returns a list of those strings.
func Strings[S ~string](items []S) *List {
	l := &List{Items: make([]Value, len(items))}
	for i, s := range items {
		l.Items[i] = string(s)
	}
	return l
}

// Plus returns a new list of l's elements and items, and how many elements had to
// be copied. A list that is built by adding to it again and again is copied only
// when it has doubled: the new one goes on in the array of the old one.
func (l *List) Plus(items ...Value) (sum *List, copied int) {
	n := len(l.Items) + len(items)
	if l.shared != nil && *l.shared == len(l.Items) && n <= cap(l.Items) {
		*l.shared = n
		return &List{Items: append(l.Items, items...), shared: l.shared}, len(items)
	}
	grown := make([]Value, len(l.Items), 2*n)
	copy(grown, l.Items)
	return &List{Items: append(grown, items...), shared: &n}, 2 * n
}

// Private makes sure that a change of an element isn't seen by lists that Plus
// made of l, or the other way round, and returns how many elements were copied.
func (l *List) Private() (copied int) {
	if l.shared == nil {
		return 0
	}
	l.Items = append([]Value(nil), l.Items...)
	l.shared = nil
	return len(l.Items)
}

// Add appends v in place.
func (l *List) Add(v Value) {
	l.Private()
	l.Items = append(l.Items, v)
}

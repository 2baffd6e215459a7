package replay

// table holds open sessions or messages by key. If it is full, it evicts the oldest.
type table[T any] struct {
	bound       int
	byKey       map[string]*entry[T]
	first, last *entry[T] // by age, oldest first
}

type entry[T any] struct {
	key        string
	value      T
	prev, next *entry[T]
}

func newTable[T any](bound int) table[T] {
	return table[T]{bound: bound, byKey: map[string]*entry[T]{}}
}

// find returns the value of a key without allocating.
func (t *table[T]) find(key []byte) (T, bool) {
	if e := t.byKey[string(key)]; e != nil {
		return e.value, true
	}
	var none T
	return none, false
}

// add adds a value under a new key, and returns the value that it evicts.
func (t *table[T]) add(key string, value T) (gone T, evicted bool) {
	if len(t.byKey) >= t.bound {
		gone, evicted = t.first.value, true
		t.remove(t.first.key)
	}
	e := &entry[T]{key: key, value: value, prev: t.last}
	if t.last != nil {
		t.last.next = e
	} else {
		t.first = e
	}
	t.last = e
	t.byKey[key] = e
	return gone, evicted
}

// remove removes a key.
func (t *table[T]) remove(key string) {
	e := t.byKey[key]
	if e == nil {
		return
	}
	delete(t.byKey, key)
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		t.first = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		t.last = e.prev
	}
}

// drain removes all values, oldest first, and calls f with each.
func (t *table[T]) drain(f func(T)) {
	for t.first != nil {
		v := t.first.value
		t.remove(t.first.key)
		f(v)
	}
}

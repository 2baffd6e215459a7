package permission

// Set is a set of rights. The zero Set is empty.
type Set uint64

// SetOf returns the set of the given rights.
func SetOf(rights ...Right) Set {
	var s Set
	for _, r := range rights {
		s |= 1 << r
	}
	return s
}

// Has reports whether r is in s.
func (s Set) Has(r Right) bool { return r != 0 && s&(1<<r) != 0 }

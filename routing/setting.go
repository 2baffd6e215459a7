package routing

import "fmt"

// Setting is a parameter that may be left at its documented default, as the zero
// Setting is. It exists for parameters whose own zero value says something else
// than the default. Package param has it for connectors.
type Setting[T any] struct {
	value T
	given bool
}

// Value returns the Setting of v.
func Value[T any](v T) Setting[T] { return Setting[T]{v, true} }

// Get returns the value and whether one was given.
func (s Setting[T]) Get() (T, bool) { return s.value, s.given }

// String returns the value as text, "default" if none was given.
func (s Setting[T]) String() string {
	if s.given {
		return fmt.Sprint(s.value)
	}
	return "default"
}

// Or returns the value if one was given, else def.
func (s Setting[T]) Or(def T) T {
	if s.given {
		return s.value
	}
	return def
}

// Any is Get for callers that do not know T.
func (s Setting[T]) Any() (any, bool) { return s.value, s.given }

// Ref returns a pointer to the value, a *T, for callers that do not know T. The
// value counts as given from then on.
func (s *Setting[T]) Ref() any {
	s.given = true
	return &s.value
}

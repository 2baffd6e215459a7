package param

import "github.com/interchange-smtp/interchange/routing"

// Setting is a parameter that may be left at its documented default, as the zero
// Setting is. It exists for parameters whose own zero value says something else
// than the default.
type Setting[T any] = routing.Setting[T]

// Value returns the Setting of v.
func Value[T any](v T) Setting[T] { return routing.Value(v) }

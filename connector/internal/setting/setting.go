// Package setting gives access by reflection to the fields of a configuration, of
// which some are a param.Setting of one type or another.
package setting

import "reflect"

// anySetting is a *param.Setting.
type anySetting interface {
	Any() (any, bool)
	Ref() any
}

// Is reports whether an addressable field is a param.Setting.
func Is(f reflect.Value) bool {
	_, ok := f.Addr().Interface().(anySetting)
	return ok
}

// Given reports whether a field was set: it isn't zero, or an empty list. Only the
// param.Setting that holds nothing is zero.
func Given(f reflect.Value) bool {
	if f.Kind() == reflect.Slice {
		return f.Len() > 0
	}
	return !f.IsZero()
}

// Value returns a copy of what is in a param.Setting, and other fields as they are.
// The field must be addressable, and the result is.
func Value(f reflect.Value) reflect.Value {
	s, ok := f.Addr().Interface().(anySetting)
	if !ok {
		return f
	}
	v, _ := s.Any()
	value := reflect.New(reflect.TypeOf(v)).Elem()
	value.Set(reflect.ValueOf(v))
	return value
}

// Target returns the value to set an addressable field by: the value inside a
// param.Setting, which then counts as given, and of another kind the field itself.
func Target(f reflect.Value) reflect.Value {
	if s, ok := f.Addr().Interface().(anySetting); ok {
		return reflect.ValueOf(s.Ref()).Elem()
	}
	return f
}

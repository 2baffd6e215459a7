package jsonconfig

import (
	"fmt"
	"reflect"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Decode reads settings of a program that stand beside a policy, by the rules of this
// package. v is a pointer to a struct of strings, numbers, flags, structs, lists, types of
// package param and implementations of encoding.TextUnmarshaler; its fields are the keys.
// name is the file's name, for messages. The Map has the place of every value, and the error
// is source.Diagnostics; then v has the part that could be read.
func Decode(name string, data []byte, v any) (source.Map, error) {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("settings are decoded into a pointer to a struct, not into %T", v)
	}
	p, data, stopped := decodeInto(target.Elem(), name, data)
	if stopped != nil {
		return nil, stopped
	}
	return p.places(name, data, nil), diagnostics(name, data, p.mistakes).Err()
}

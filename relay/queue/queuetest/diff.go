package queuetest

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// Diff returns a line for each field in which got and want differ, as in
//
//	Recipients[0].Reply: got "250 OK", want ""
//
// and "" if they are equal. Times are compared as instants, and a nil list equals an
// empty one.
func Diff(got, want *queue.Message) string {
	var lines []string
	diff(&lines, "", reflect.ValueOf(*got), reflect.ValueOf(*want))
	return strings.Join(lines, "\n")
}

// diff adds the differences of two values of the same type to lines.
func diff(lines *[]string, path string, got, want reflect.Value) {
	a, b := got.Interface(), want.Interface()
	if t, ok := a.(time.Time); ok {
		if !t.Equal(b.(time.Time)) {
			*lines = append(*lines, fmt.Sprintf("%s: got %v, want %v", path, a, b))
		}
		return
	}
	switch t := got.Type(); {
	case got.Kind() == reflect.Slice:
		if got.Len() != want.Len() {
			*lines = append(*lines, fmt.Sprintf("%s: got %d, want %d", path, got.Len(), want.Len()))
			return
		}
		for i := range got.Len() {
			diff(lines, fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i))
		}
	case got.Kind() == reflect.Struct && t.NumField() > 0 && t.Field(0).IsExported():
		for i := range t.NumField() {
			name := strings.TrimPrefix(path+"."+t.Field(i).Name, ".")
			if t.Field(i).Anonymous {
				name = path
			}
			diff(lines, name, got.Field(i), want.Field(i))
		}
	case got.Kind() == reflect.String:
		if a != b {
			*lines = append(*lines, fmt.Sprintf("%s: got %q, want %q", path, a, b))
		}
	case a != b:
		*lines = append(*lines, fmt.Sprintf("%s: got %v, want %v", path, a, b))
	}
}

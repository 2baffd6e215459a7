package syntax_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// dump writes a tree, one node a line, with the place and text of each.
func dump(s *syntax.Script) string {
	var b strings.Builder
	dumpValue(&b, 0, "Params", reflect.ValueOf(s.Params))
	dumpValue(&b, 0, "", reflect.ValueOf(s.Body))
	return b.String()
}

var spanType = reflect.TypeFor[syntax.Span]()

func dumpValue(b *strings.Builder, depth int, label string, v reflect.Value) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			dumpValue(b, depth, label, v.Index(i))
		}
	case reflect.Struct:
		dumpStruct(b, depth, label, v)
	}
}

func dumpStruct(b *strings.Builder, depth int, label string, v reflect.Value) {
	b.WriteString(strings.Repeat("  ", depth))
	if label != "" {
		b.WriteString(label + ": ")
	}
	b.WriteString(v.Type().Name())
	if at := v.FieldByName("Span"); at.IsValid() {
		span := at.Interface().(syntax.Span)
		fmt.Fprintf(b, " %d:%d+%d", span.Line(), span.Col(), span.Length)
	}
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if f.Type() == spanType || f.IsZero() {
			continue
		}
		switch f.Kind() {
		case reflect.String, reflect.Bool:
			fmt.Fprintf(b, " %s=%#v", name, f.Interface())
		case reflect.Interface:
			switch n := f.Interface().(type) {
			case int64, float64:
				fmt.Fprintf(b, " %s=%T(%v)", name, n, n)
			}
		case reflect.Slice:
			if f.Type().Elem().Kind() == reflect.Uint8 {
				fmt.Fprintf(b, " %s=%v", name, f.Interface())
			}
		}
	}
	b.WriteByte('\n')
	for i := range v.NumField() {
		if v.Field(i).Type() != spanType {
			dumpValue(b, depth+1, v.Type().Field(i).Name, v.Field(i))
		}
	}
}

// inside checks that a place lies within its source.
func inside(t *testing.T, s syntax.Span) {
	t.Helper()
	if s.Source == nil || s.Offset < 0 || s.Length < 0 || int(s.Offset+s.Length) > len(s.Source.Text) || s.Line() < 1 || s.Col() < 1 {
		t.Fatalf("a place outside the script: %d+%d", s.Offset, s.Length)
	}
}

// checkSpans checks the places of a whole tree.
func checkSpans(t *testing.T, s *syntax.Script) {
	t.Helper()
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Interface, reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			if v.Type() == spanType {
				inside(t, v.Interface().(syntax.Span))
				return
			}
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		}
	}
	walk(reflect.ValueOf(s.Params))
	walk(reflect.ValueOf(s.Body))
}

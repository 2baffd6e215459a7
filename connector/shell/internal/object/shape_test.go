package object_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// TestShape makes objects of one shape and changes one of them: the other must
// not notice.
func TestShape(t *testing.T) {
	for _, n := range []int{0, 1, 5, 100} {
		names := make([]string, n)
		for i := range names {
			names[i] = "Name" + strconv.Itoa(i)
		}
		shape := object.NewShape(names...)
		make := func() *object.Object {
			values := make([]object.Value, n)
			for i := range values {
				values[i] = int64(i)
			}
			return shape.Object("Thing", values)
		}
		a, b := make(), make()
		a.Set("more", "x")
		if n > 0 {
			a.Set("NAME0", "changed")
			a.Delete("name0")
		}
		if !slices.Equal(b.Names(), names) || b.Len() != n {
			t.Errorf("%d names: the other has %q", n, b.Names())
		}
		for i, name := range names {
			if v, ok := b.Get(name); !ok || v != int64(i) {
				t.Errorf("%s of the other is %v", name, v)
			}
		}
		if v, _ := a.Get("MORE"); v != "x" {
			t.Errorf("%d names: more is %v", n, v)
		}
		if _, ok := a.Get("Name0"); ok {
			t.Errorf("%d names: Name0 is still there", n)
		}
	}
}

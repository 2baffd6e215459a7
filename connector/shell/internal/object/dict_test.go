package object_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// TestTableAgainstTwin compares a Table with a slice that is searched through, on
// both sides of the size from which the Table keeps an index.
func TestTableAgainstTwin(t *testing.T) {
	type entry struct {
		name string
		v    object.Value
	}
	r := rand.New(rand.NewPCG(3, 4))
	var table object.Table
	var twin []entry
	for i := range 20_000 {
		name := fmt.Sprintf("key%d", r.IntN(60))
		if r.IntN(2) == 0 {
			name = strings.ToUpper(name)
		}
		at := slices.IndexFunc(twin, func(e entry) bool { return strings.EqualFold(e.name, name) })
		switch r.IntN(3) {
		case 0:
			table.Set(name, i)
			if at >= 0 {
				twin[at].v = i
			} else {
				twin = append(twin, entry{name, i})
			}
		case 1:
			if table.Delete(name) != (at >= 0) {
				t.Fatal("Delete is wrong")
			}
			if at >= 0 {
				twin = slices.Delete(twin, at, at+1)
			}
		default:
			v, ok := table.Get(name)
			if ok != (at >= 0) || ok && v != twin[at].v {
				t.Fatal("Get is wrong")
			}
		}
		if table.Len() != len(twin) {
			t.Fatal("Len is wrong")
		}
	}
	i := 0
	for name, v := range table.All() {
		if spelling, _ := table.Spelling(strings.ToLower(name)); name != twin[i].name || v != twin[i].v || spelling != name {
			t.Fatalf("entry %d is %s", i, name)
		}
		i++
	}
}

// TestFold: what EqualFold takes for equal has one folded spelling.
func TestFold(t *testing.T) {
	for r := rune(0); r < 0x3000; r++ {
		for _, other := range []string{strings.ToUpper(string(r)), strings.ToLower(string(r)), "K", "ſ", "s"} {
			if strings.EqualFold(string(r), other) != (object.Fold(string(r)) == object.Fold(other)) {
				t.Errorf("%q and %q", r, other)
			}
		}
	}
}

// TestListPlus: lists that share an array don't see each other's changes.
func TestListPlus(t *testing.T) {
	base := object.NewList("a")
	one, _ := base.Plus("b")
	two, _ := one.Plus("c")
	three, _ := one.Plus("d") // from the same list again
	if got := object.Text(base) + "|" + object.Text(one) + "|" + object.Text(two) + "|" + object.Text(three); got != "a|a b|a b c|a b d" {
		t.Error(got)
	}
	one.Private()
	one.Items[0] = "x"
	two.Add("e")
	four, _ := two.Plus("f")
	if got := object.Text(one) + "|" + object.Text(two) + "|" + object.Text(four); got != "x b|a b c e|a b c e f" {
		t.Error(got)
	}
	var l = object.NewList()
	copied := 0
	for i := range 10_000 {
		var n int
		l, n = l.Plus(int64(i))
		copied += n
	}
	if copied > 10*10_000 {
		t.Errorf("%d elements copied to add 10000", copied)
	}
	for i, v := range l.Items {
		if v != int64(i) {
			t.Fatalf("element %d is %v", i, v)
		}
	}
}

func TestItemsAndCollect(t *testing.T) {
	for _, v := range []object.Value{nil, "x", object.NewList("a", "b")} {
		if got := object.Text(object.Collect(object.Items(v))); got != object.Text(v) {
			t.Errorf("%v becomes %q", v, got)
		}
	}
	if v := object.Collect(object.Items(object.NewList("a"))); v != "a" {
		t.Errorf("a list of one becomes %v", v)
	}
}

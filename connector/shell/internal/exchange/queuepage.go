package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// page holds the objects that a cmdlet shows: those up to -ResultSize, in the order of -SortOrder, beginning
// at -BookmarkIndex. It never holds many more than it shows.
type page struct {
	objects []*object.Object
	skip    int // objects before -BookmarkIndex
	most    int // skip included; -1: no limit
	given   bool
	order   []sortKey
	left    bool // objects were left out
}

// sortKey is one property of -SortOrder.
type sortKey struct {
	property string
	down     bool
}

// defaultPage is -ResultSize where it isn't given.
const defaultPage = 1000

// pageOf reads the parameters.
func pageOf(call *object.Call) (*page, error) {
	p := &page{most: defaultPage}
	if v, given := call.Args["ResultSize"]; given {
		n, err := limit.read(v)
		if err != nil {
			return nil, &object.ArgumentError{Parameter: "ResultSize", Err: err}
		}
		p.given, p.most = true, int(n)
		if n == param.Unlimited {
			p.most = -1
		}
	}
	if v, given := call.Args["BookmarkIndex"]; given {
		n, err := integer.read(v)
		if err == nil && n < 1 {
			err = fmt.Errorf("%d is less than 1", n)
		}
		if err != nil {
			return nil, &object.ArgumentError{Parameter: "BookmarkIndex", Err: err}
		}
		if p.skip = n - 1; p.most >= 0 {
			p.most += p.skip
		}
	}
	if v, given := call.Args["SortOrder"]; given {
		keys, err := sortKeys(v)
		if err != nil {
			return nil, &object.ArgumentError{Parameter: "SortOrder", Err: err}
		}
		p.order = keys
	}
	return p, nil
}

// sortKeys reads +A,-B.
func sortKeys(v object.Value) ([]sortKey, error) {
	var keys []sortKey
	for _, item := range object.Items(v) {
		text, err := single(item)
		if err != nil {
			return nil, err
		}
		for name := range strings.SplitSeq(text, ",") {
			name = strings.TrimSpace(name)
			k := sortKey{property: strings.TrimLeft(name, "+-"), down: strings.HasPrefix(name, "-")}
			if k.property == "" {
				return nil, fmt.Errorf("%q names no property; give +A,-B", text)
			}
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// add adds an object, and reports whether more are wanted.
func (p *page) add(v *object.Object) bool {
	switch full := p.most >= 0 && len(p.objects) >= p.most; {
	case full && p.order == nil:
		p.left = true
		return false
	case full && len(p.objects) >= 2*p.most+64:
		p.cut()
	}
	p.objects = append(p.objects, v)
	return true
}

// cut sorts the objects and leaves out those that are too many.
func (p *page) cut() {
	if p.order != nil {
		slices.SortStableFunc(p.objects, p.compare)
	}
	if p.most >= 0 && len(p.objects) > p.most {
		p.objects, p.left = p.objects[:p.most], true
	}
}

func (p *page) compare(a, b *object.Object) int {
	for _, k := range p.order {
		x, _ := a.Get(k.property)
		y, _ := b.Get(k.property)
		order, err := object.Compare(x, y)
		if k.down {
			order = -order
		}
		if err == nil && order != 0 {
			return order
		}
	}
	return 0
}

// emit shows the objects, and warns if the default limit has left out some.
func (p *page) emit(call *object.Call) error {
	p.cut()
	for _, k := range p.order {
		if len(p.objects) > 0 {
			if _, ok := p.objects[0].Get(k.property); !ok {
				return &object.ArgumentError{Parameter: "SortOrder", Err: fmt.Errorf("there is no property %q", k.property)}
			}
		}
	}
	for _, v := range p.objects[min(p.skip, len(p.objects)):] {
		if err := call.Emit(v); err != nil {
			return err
		}
	}
	if p.left && !p.given && call.Warn != nil {
		call.Warn(fmt.Sprintf("only the first %d are shown; give -ResultSize Unlimited for all", p.most-p.skip))
	}
	return nil
}

package exchange

import (
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// apply sets what the call gives on it.
func (n *noun[C]) apply(call *object.Call, it *item[C], verb schema.Verbs) error {
	for i := range n.rows {
		r := &n.rows[i]
		v, given := call.Args[r.Name]
		if !given || r.Verbs&verb == 0 {
			continue
		}
		if err := n.org.notice(call, r.Row); err != nil {
			return err
		}
		if r.set == nil {
			continue
		}
		_, changes := v.(*object.Table)
		if changes {
			if err := n.settle(r, it); err != nil {
				return err
			}
		}
		err := r.set(it, r.Name, v)
		if errors.Is(err, errZero) {
			err = coded(source.CodeOutOfRange, "%s is out of range; give %s", object.Text(v), r.Range())
		}
		if err != nil {
			return &object.ArgumentError{Parameter: r.Name, Err: err}
		}
		if !changes && r.Kind == schema.Assertion { // all of them are new
			it.marks = moveMarks(it.marks, r.FieldName(), nil)
		}
		it.mark(r.FieldName(), at(call, r.Name))
	}
	if n.finish != nil && verb&newSet != 0 {
		return n.finish(call, it)
	}
	return nil
}

// settle sets a list that has no value to its default, so that added and removed
// elements change the list in effect.
func (n *noun[C]) settle(r *row[C], it *item[C]) error {
	if r.get == nil || len(object.Items(r.get(it, &it.cfg, r.Name))) > 0 {
		return nil
	}
	full := n.defaults(it)
	if list, ok := r.get(it, &full, r.Name).(*object.List); ok && len(list.Items) > 0 {
		return r.set(it, r.Name, list)
	}
	return nil
}

// notice refuses a parameter or, once, says that it has no effect, unless what is
// given is its default.
func (o *Org) notice(call *object.Call, r *schema.Row) error {
	switch r.Status() {
	case schema.Refused:
		return &object.ArgumentError{Parameter: r.Name, Err: unsupported("it", r.Refused)}
	case schema.Kept:
		if isDefault(r, call.Args[r.Name], o.base.Profile) {
			return nil
		}
		o.once("-"+r.Name, fmt.Sprintf("-%s is kept without effect: %s", r.Name, r.Kept), call.Warn)
	}
	return nil
}

// noticeAll is notice for cmdlets whose parameters set nothing.
func (o *Org) noticeAll(call *object.Call, rows []schema.Row) error {
	for i := range rows {
		if call.Has(rows[i].Name) {
			if err := o.notice(call, &rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

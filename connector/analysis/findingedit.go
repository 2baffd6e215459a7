package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// editing makes an edit of one that looks for the connector in a Config, where others
// may be gone. edit reports whether it changed something.
func (e *servedConnector) receiveEdit(edit func(*connector.Receive) bool) func(*connector.Config) bool {
	index, name, server := e.index, e.Name(), e.given
	return func(cfg *connector.Config) bool {
		is := func(r connector.Receive) bool { return r.Name == name && r.Server == server }
		at := index
		if at >= len(cfg.Receive) || !is(cfg.Receive[at]) {
			at = slices.IndexFunc(cfg.Receive, is)
		}
		return at >= 0 && edit(&cfg.Receive[at])
	}
}

// editingSend is the same of a Send connector.
func sendEdit(index int, out *connector.Outbound, edit func(*connector.Send) bool) func(*connector.Config) bool {
	name := out.Name()
	return func(cfg *connector.Config) bool {
		is := func(s connector.Send) bool { return s.Name == name }
		at := index
		if at >= len(cfg.Send) || !is(cfg.Send[at]) {
			at = slices.IndexFunc(cfg.Send, is)
		}
		return at >= 0 && edit(&cfg.Send[at])
	}
}

// disable sets Enabled to false and reports whether it was true.
func disable(enabled *param.Setting[bool]) bool {
	was := enabled.Or(true)
	*enabled = param.Value(false)
	return was
}

// dropLast takes the last element that is equal to x out of a list, and reports
// whether there was one.
func dropLast[T comparable](list *[]T, x T) bool {
	for i := len(*list) - 1; i >= 0; i-- {
		if (*list)[i] == x {
			*list = slices.Delete(slices.Clone(*list), i, i+1)
			return true
		}
	}
	return false
}

// dropRange takes a range out of RemoteIPRanges, the last of equal ones.
func dropRange(e *servedConnector, i int) func(*connector.Config) bool {
	given := e.Settings().RemoteIPRanges
	return e.receiveEdit(func(r *connector.Receive) bool {
		if len(r.RemoteIPRanges) == 0 {
			r.RemoteIPRanges = slices.Clone(given) // of the preset
		}
		return dropLast(&r.RemoteIPRanges, given[i])
	})
}

// mechanism is the edit that adds mechanisms and takes others away.
func (e *servedConnector) mechanismEdit(add, drop auth.Mechanism) func(*connector.Config) bool {
	preset := e.Settings().AuthMechanism.Or(0)
	return e.receiveEdit(func(r *connector.Receive) bool {
		was := r.AuthMechanism.Or(preset)
		is := (was | add) &^ drop
		r.AuthMechanism = param.Value(is)
		return is != was
	})
}

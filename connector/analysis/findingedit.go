package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// receiveEdit returns a function that applies edit to the connector in a Config from
// which other connectors may have been removed. edit reports whether it changed
// something.
func (e *servedConnector) receiveEdit(edit func(*connector.Receive) bool) func(*connector.Config) bool {
	index, name, server := e.index, e.Name(), e.givenServer
	return func(cfg *connector.Config) bool {
		is := func(r connector.Receive) bool { return r.Name == name && r.Server == server }
		at := index
		if at >= len(cfg.Receive) || !is(cfg.Receive[at]) {
			at = slices.IndexFunc(cfg.Receive, is)
		}
		return at >= 0 && edit(&cfg.Receive[at])
	}
}

// sendEdit is receiveEdit for a Send connector.
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

// dropLast removes the last element that is equal to x from a list, and reports
// whether it found one.
func dropLast[T comparable](list *[]T, x T) bool {
	for i := len(*list) - 1; i >= 0; i-- {
		if (*list)[i] == x {
			*list = slices.Delete(slices.Clone(*list), i, i+1)
			return true
		}
	}
	return false
}

// dropEach is dropLast for several elements, and reports whether it found one of them.
func dropEach[T comparable](list *[]T, all []T) bool {
	some := false
	for _, x := range all {
		some = dropLast(list, x) || some
	}
	return some
}

// dropRange returns the edit that removes a range from RemoteIPRanges, the last of
// equal ones.
func dropRange(e *servedConnector, i int) func(*connector.Config) bool {
	given := e.Settings().RemoteIPRanges
	return e.receiveEdit(func(r *connector.Receive) bool {
		if len(r.RemoteIPRanges) == 0 {
			r.RemoteIPRanges = slices.Clone(given) // of the preset
		}
		return dropLast(&r.RemoteIPRanges, given[i])
	})
}

// mechanismEdit returns the edit that adds some mechanisms and removes others.
func (e *servedConnector) mechanismEdit(add, drop auth.Mechanism) func(*connector.Config) bool {
	preset := e.Settings().AuthMechanism.Or(0)
	return e.receiveEdit(func(r *connector.Receive) bool {
		was := r.AuthMechanism.Or(preset)
		is := (was | add) &^ drop
		r.AuthMechanism = param.Value(is)
		return is != was
	})
}

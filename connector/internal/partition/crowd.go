package partition

import (
	"fmt"
	"slices"
)

// Crowd describes the users or certificates for which something is true: the
// members of one group of each list in In, except those that are also members of
// one group of each list of some element of Unless. Groups are SIDs of logins or
// names of certificates. The zero Crowd contains every user or certificate.
type Crowd struct {
	In     [][]string
	Unless [][][]string
	// Rest means that there are more members, in groups too many to combine.
	Rest bool
}

// Has reports whether a member of these groups is in the crowd.
func (c Crowd) Has(groups []string) bool {
	in := func(lists [][]string) bool {
		for _, list := range lists {
			if !slices.ContainsFunc(list, func(g string) bool { return slices.Contains(groups, g) }) {
				return false
			}
		}
		return true
	}
	return in(c.In) && !slices.ContainsFunc(c.Unless, in)
}

// kind is a set of groups whose membership has the same effect.
type kind[S any] struct {
	power   S
	members []string
}

// Bounds of crowds. maxIn lists in In, and maxUnless in an element of Unless,
// are enough for decisions on three rights in two access lists: one group for
// each right, and one that denies.
const (
	maxIn     = 4
	maxUnless = 3
	maxTried  = 50_000 // combinations of kinds

	foundPerTry = 16 // with how many that were found a combination is compared at the effort of trying it
)

// gathering collects combinations of kinds.
type gathering[S comparable] struct {
	kinds []kind[S]
	with  func(S, S) S
	holds func(S) bool
	tried int
	found []combination
}

// combination is a set of kinds that together have an effect, with the kinds
// that end it.
type combination struct {
	in     []int
	unless [][]int
}

// crowds describes the members for which holds is true. start is the power of a
// principal without groups; with combines two powers. tried is the effort, in combinations.
func crowds[S comparable](start S, kinds []kind[S], with func(S, S) S, holds func(S) bool) (all []Crowd, tried int) {
	g := gathering[S]{kinds: kinds, with: with, holds: holds}
	g.extend(start, nil, maxIn, func(power S, in []int) bool {
		g.tried += len(g.found) / foundPerTry
		at := slices.IndexFunc(g.found, func(c combination) bool { return c.covers(in) })
		if at >= 0 {
			return len(g.found[at].unless) > 0
		}
		if !holds(power) {
			return true
		}
		found := combination{in: slices.Clone(in)}
		g.extend(power, in, maxUnless, func(p S, all []int) bool {
			more := without(all, in)
			if slices.ContainsFunc(found.unless, func(x []int) bool { return containsAll(more, x) }) {
				return false
			}
			if !holds(p) {
				found.unless = append(found.unless, more)
				return false
			}
			return true
		})
		g.found = append(g.found, found)
		return len(found.unless) > 0
	})
	return g.crowds(), g.tried
}

// extend visits the combinations that add up to most kinds to set, smaller ones
// first, as long as one more kind has an effect. visit reports whether to extend a
// combination.
func (g *gathering[S]) extend(start S, set []int, most int, visit func(S, []int) bool) {
	type member struct {
		power S
		set   []int
		next  int
	}
	level := []member{{power: start, set: set}}
	for size := 0; len(level) > 0 && size <= most; size++ {
		var next []member
		for _, m := range level {
			if !visit(m.power, m.set) || size == most {
				continue
			}
			for i := m.next; i < len(g.kinds); i++ {
				if slices.Contains(m.set, i) {
					continue
				}
				if g.tried++; g.tried > maxTried {
					return
				}
				next = append(next, member{g.with(m.power, g.kinds[i].power), append(slices.Clip(m.set), i), i + 1})
			}
		}
		level = next
	}
}

// covers reports whether a member of these kinds is in the combination.
func (c combination) covers(kinds []int) bool {
	return containsAll(kinds, c.in) && !slices.ContainsFunc(c.unless, func(x []int) bool { return containsAll(kinds, x) })
}

func containsAll(set, part []int) bool {
	return !slices.ContainsFunc(part, func(i int) bool { return !slices.Contains(set, i) })
}

func without(set, part []int) []int {
	return slices.DeleteFunc(slices.Clone(set), func(i int) bool { return slices.Contains(part, i) })
}

// crowds turns the combinations found into crowds; it joins those that differ in
// one kind only.
func (g *gathering[S]) crowds() []Crowd {
	var all []Crowd
	var unless []string // of each
	for _, c := range g.found {
		crowd := Crowd{In: g.lists(c.in)}
		for _, x := range c.unless {
			crowd.Unless = append(crowd.Unless, g.lists(x))
		}
		crowd.Unless = joinLists(crowd.Unless)
		all = append(all, crowd)
		unless = append(unless, fmt.Sprint(crowd.Unless))
	}
	for i := 0; i < len(all); i++ {
		for j := i + 1; j < len(all); j++ {
			if unless[i] != unless[j] {
				continue
			}
			if lists, ok := joinTwo(all[i].In, all[j].In); ok {
				all[i].In = lists
				all, unless = slices.Delete(all, j, j+1), slices.Delete(unless, j, j+1)
				j = i // the larger crowd may join those passed over
			}
		}
	}
	if g.tried > maxTried {
		all = append(all, Crowd{Rest: true})
	}
	return all
}

func (g *gathering[S]) lists(kinds []int) [][]string {
	var lists [][]string
	for _, i := range kinds {
		lists = append(lists, g.kinds[i].members)
	}
	slices.SortFunc(lists, slices.Compare)
	return lists
}

// joinLists joins elements that differ in one list only.
func joinLists(all [][][]string) [][][]string {
	for i := 0; i < len(all); i++ {
		for j := i + 1; j < len(all); j++ {
			if lists, ok := joinTwo(all[i], all[j]); ok {
				all[i] = lists
				all = slices.Delete(all, j, j+1)
				j = i
			}
		}
	}
	return all
}

// joinTwo returns x with the members of the one list in which y differs.
func joinTwo(x, y [][]string) (joined [][]string, ok bool) {
	if len(x) != len(y) || len(x) == 0 {
		return nil, false
	}
	rest := slices.Clone(y)
	var own [][]string
	for _, list := range x {
		if at := slices.IndexFunc(rest, func(l []string) bool { return slices.Equal(l, list) }); at >= 0 {
			rest = slices.Delete(rest, at, at+1)
			joined = append(joined, list)
			continue
		}
		own = append(own, list)
	}
	if len(own) != 1 {
		return nil, false
	}
	union := slices.Concat(own[0], rest[0])
	slices.Sort(union)
	joined = append(joined, slices.Compact(union))
	slices.SortFunc(joined, slices.Compare)
	return joined, true
}

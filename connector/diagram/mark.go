package diagram

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Mark says how a part of the drawing differs from Options.Before. The zero Mark is MarkNone.
type Mark uint8

// The marks.
const (
	MarkNone     Mark = iota // it was there before, or nothing is compared
	MarkNew                  // it wasn't there before
	MarkChanged              // a connector with other parameters; an arrow for clients with or without a logon
	MarkRemoved              // it was there before
	MarkEnabled              // a connector that was disabled before
	MarkDisabled             // a connector that was enabled before
)

var marks = [...]string{MarkNew: "new", MarkChanged: "changed", MarkRemoved: "removed", MarkEnabled: "enabled", MarkDisabled: "disabled"}

// String returns "new", "changed", "removed", "enabled" or "disabled"; "" for MarkNone.
func (m Mark) String() string {
	if int(m) < len(marks) {
		return marks[m]
	}
	return "Mark(" + strconv.Itoa(int(m)) + ")"
}

// MarshalText implements [encoding.TextMarshaler].
func (m Mark) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// gone reports whether only the policy before has the part.
func (m Mark) gone() bool { return m == MarkRemoved || m == MarkDisabled }

// sign returns the sign of a line or an arrow with the mark.
func (m Mark) sign() string {
	switch m {
	case MarkNew, MarkEnabled:
		return "+"
	case MarkRemoved, MarkDisabled:
		return "−"
	case MarkChanged:
		return "≠"
	}
	return ""
}

// shown returns the text of a line with its sign.
func (l line) shown() string {
	if l.mark == MarkNone {
		return l.text
	}
	return l.mark.sign() + " " + l.text
}

// marked reports whether one of the lines has a mark.
func marked(lines []line) bool {
	return slices.ContainsFunc(lines, func(l line) bool { return l.mark != MarkNone })
}

// marking returns the mark of p.
func (p *part) marking() Mark { return p.mark }

// compareParts returns the connectors after, with marks, and those of before that are removed or
// disabled.
func compareParts(before, after []*part) []*part {
	old := map[string]*part{}
	for _, p := range before {
		old[strings.ToLower(p.name)] = p
	}
	var all []*part
	for _, p := range after {
		b := old[strings.ToLower(p.name)]
		delete(old, strings.ToLower(p.name))
		switch {
		case !p.enabled:
			if b != nil && b.enabled {
				p = b.asGone(MarkDisabled)
			}
		case b == nil:
			p.mark = MarkNew
		case !b.enabled:
			p.mark = MarkEnabled
		default:
			p.compare(b)
		}
		all = append(all, p)
	}
	for _, p := range before {
		if p.enabled && old[strings.ToLower(p.name)] != nil {
			all = append(all, p.asGone(MarkRemoved))
		}
	}
	return all
}

// asGone marks all of p.
func (p *part) asGone(m Mark) *part {
	p.mark, p.own.mark, p.other.mark = m, MarkRemoved, MarkRemoved
	return p
}

// compare marks what differs from the same connector before.
func (p *part) compare(before *part) {
	p.lines = compareLines(before.lines, p.lines)
	p.outer = compareLines(before.outer, p.outer)
	p.at = compareLines(before.at, p.at)
	p.own, p.other = compareFlows(before.own, p.own), compareFlows(before.other, p.other)
	changed := differing(before.settings, p.settings)
	if len(changed) > 0 || marked(p.lines) || marked(p.outer) || marked(p.at) || p.own.mark != MarkNone || p.other.mark != MarkNone {
		p.mark = MarkChanged
	}
	if len(changed) > 0 {
		p.lines = append(slices.Clip(p.lines), line{text: "changed: " + strings.Join(changed, ", "), mute: true})
	}
}

// compareLines returns the lines after, with marks, and then those of before that are removed.
func compareLines(before, after []line) (all []line) {
	in := func(lines []line, l line) bool {
		return slices.ContainsFunc(lines, func(m line) bool { return m.text == l.text })
	}
	for _, l := range after {
		if !in(before, l) {
			l.mark = MarkNew
		}
		all = append(all, l)
	}
	for _, l := range before {
		if !in(after, l) {
			l.mark = MarkRemoved
			all = append(all, l)
		}
	}
	return all
}

// compareFlows returns the flow after with its mark, or a flow before that is removed.
func compareFlows(before, after flow) flow {
	switch {
	case before.path == after.path:
	case before.path == pathNone:
		after.mark = MarkNew
	case after.path == pathNone:
		return flow{before.path, MarkRemoved}
	default:
		after.mark = MarkChanged
	}
	return after
}

// differing names the fields that differ between the structs that a and b point to.
func differing(a, b any) (names []string) {
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			names = append(names, x.Type().Field(i).Name)
		}
	}
	return names
}

// relayed reports whether clients might relay before.
func (p *part) relayed() bool {
	return p.other.path != pathNone && p.other.mark != MarkNew && p.mark != MarkNew && p.mark != MarkEnabled
}

// around returns the path of the arrow beside the connector: the boldest, of now or of before.
func (p *part) around() path {
	if p.mark.gone() {
		return max(p.own.path, p.other.path)
	}
	return p.boldest()
}

// ofEdge returns the mark of the arrow beside a connector with mark m.
func (m Mark) ofEdge() Mark {
	if m.gone() {
		return MarkRemoved
	}
	return MarkNone
}

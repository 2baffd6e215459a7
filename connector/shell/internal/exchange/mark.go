package exchange

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// mark is where a field of the configuration was set; without a name, where the item was made.
type mark struct {
	name string
	pos  source.Position
}

// elementMark names the mark of an element of a list.
func elementMark(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// moveMarks gives the marks of elements of a list the names of their new places, by the old
// places. Those of elements without a new place are removed.
func moveMarks(marks []mark, list string, moved map[int]int) []mark {
	names := map[string]string{}
	for from, to := range moved {
		names[elementMark(list, from)] = elementMark(list, to)
	}
	var rest []mark
	for _, m := range marks {
		if strings.HasPrefix(m.name, list+"[") {
			if m.name = names[m.name]; m.name == "" {
				continue
			}
		}
		rest = append(rest, m)
	}
	return rest
}

// markElements keeps the marks of the elements that a command left in a list, which had the
// elements before. It marks the others where the list was set.
func markElements(marks []mark, list string, before, now []string) []mark {
	old, moved := map[string][]int{}, map[int]int{}
	for i, element := range before {
		old[element] = append(old[element], i)
	}
	for to, element := range now {
		if from := old[element]; len(from) > 0 {
			moved[from[0]], old[element] = to, from[1:]
		}
	}
	marks = moveMarks(marks, list, moved)
	at := map[string]source.Position{}
	for _, m := range marks {
		at[m.name] = m.pos
	}
	for i := range now {
		name := elementMark(list, i)
		if _, known := at[name]; !known && at[list].Line > 0 {
			marks = append(marks, mark{name, at[list]})
		}
	}
	return marks
}

package interp

import (
	"cmp"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// Complete returns the completions of the word at the end of a text that is being
// typed, in the form in which they would be typed, and the offset at which the word
// starts. It runs nothing.
func (in *Interp) Complete(text string) (start int, candidates []string) {
	at := syntax.AtCursor(text)
	switch at.Slot {
	case syntax.SlotCommand:
		candidates = beginning(in.commandNames(), at.Word)
	case syntax.SlotVariable:
		candidates = in.completeVariable(at.Word)
	case syntax.SlotName:
		if cmd := in.command(at.Command); cmd != nil {
			for _, name := range beginning(cmd.parameterNames(), at.Word) {
				candidates = append(candidates, "-"+name)
			}
		}
	case syntax.SlotValue:
		candidates = in.completeValue(at)
	}
	slices.Sort(candidates)
	return at.Start, slices.Compact(candidates)
}

// beginning returns the words that begin with prefix in any letter case.
func beginning(words []string, prefix string) []string {
	folded := object.Fold(prefix)
	var found []string
	for _, w := range words {
		if strings.HasPrefix(object.Fold(w), folded) {
			found = append(found, w)
		}
	}
	return found
}

// completeVariable returns the variables whose names begin with a word.
func (in *Interp) completeVariable(word string) []string {
	names := []string{"true", "false", "null"}
	for folded := range in.global.vars {
		names = append(names, strings.ToLower(folded))
	}
	var found []string
	for _, name := range beginning(names, word) {
		found = append(found, "$"+name)
	}
	return found
}

// completeValue returns the values that a parameter could have.
func (in *Interp) completeValue(at syntax.Cursor) []string {
	cmd := in.command(at.Command)
	if cmd == nil {
		return nil
	}
	p := cmd.completed(at)
	if p == nil || p.Switch {
		return nil
	}
	var values []string
	if c, ok := cmd.external.(object.Completer); ok {
		values = c.Complete(p.Name, at.Word)
	}
	switch {
	case len(values) > 0:
	case p.Name == "Name" && (cmd.name == "Get-Help" || cmd.name == "Get-Command"):
		values = beginning(in.commandNames(), at.Word)
	default:
		values = beginning(p.Values, at.Word)
	}
	for i, v := range values {
		values[i] = typed(v, at.Quote)
	}
	return values
}

// completed returns the parameter whose value stands at the cursor, nil if that
// isn't known.
func (c *command) completed(at syntax.Cursor) *object.Parameter {
	if at.Parameter != "" {
		if i, _ := c.find(at.Parameter); i >= 0 {
			return c.parameter(i)
		}
		return nil
	}
	var places []*object.Parameter
	for i := range c.params {
		if c.params[i].Position != object.Named {
			places = append(places, &c.params[i])
		}
	}
	slices.SortStableFunc(places, func(a, b *object.Parameter) int { return cmp.Compare(a.Position, b.Position) })
	if at.Position >= len(places) {
		return nil
	}
	return places[at.Position]
}

// typed returns a value as it is typed: in quotes if one is open or it needs
// them.
func typed(value string, open rune) string {
	if value == "$true" || value == "$false" {
		return value
	}
	plain := value != "" && !strings.ContainsFunc(value, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(`-_.:\/*`, r))
	})
	switch {
	case plain && open == 0 && value[0] != '-':
		return value
	case open == '"' && !strings.ContainsAny(value, "\"$`“”„"):
		return `"` + value + `"`
	}
	return syntax.Quote(value)
}

package analysis

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
)

// maxListed is how many elements of a list a sentence names.
const maxListed = 5

// list names the first elements of all and counts the others.
func list(all []string, and string) string { return listOf(all, len(all), and) }

// listOf is list for count elements, of which all has the first.
func listOf(all []string, count int, and string) string { return cut(all, count, ", ", and) }

// cut is listOf with another separator.
func cut(all []string, count int, separator, and string) string {
	if n := count - maxListed; n > 0 {
		all = append(slices.Clone(all[:min(len(all), maxListed)]), strconv.Itoa(n)+" more")
	}
	last := len(all) - 1
	if last < 1 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:last], separator) + and + all[last]
}

// sentence returns text as a sentence, with the remarks in parentheses and with the
// list of clients at its end.
func sentence(text, list string, remarks ...string) string {
	remarks = slices.DeleteFunc(remarks, func(s string) bool { return s == "" })
	if len(remarks) > 0 {
		text += " (" + strings.Join(remarks, "; ") + ")"
	}
	return strings.ToUpper(text[:1]) + text[1:] + list + "."
}

// unlimited is the text of a limit that doesn't limit.
const unlimited = "unlimited"

// upTo returns a limit in words. unit is " recipients", or "" for sizes.
func upTo(limit, unit string) string {
	switch {
	case limit != unlimited:
		return "up to " + limit + unit
	case unit == "":
		return "any size"
	}
	return "any number of" + unit
}

// connectorText names connectors of a kind; "" without names.
func connectorText(kind string, names map[string]bool) string {
	if len(names) == 0 {
		return ""
	}
	if len(names) > 1 {
		kind += "s"
	}
	var quoted []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		quoted = append(quoted, strconv.Quote(name))
	}
	return kind + " " + list(quoted, " and ")
}

// sizeText returns a limit on sizes in words; 0 means no limit.
func sizeText(n int64) string {
	if n <= 0 {
		return unlimited
	}
	text, err := param.Size(n).MarshalText()
	if err != nil {
		return strconv.FormatInt(n, 10)
	}
	return string(text)
}

// countText returns a limit on numbers in words; 0 means no limit.
func countText(n int64) string {
	if n <= 0 {
		return unlimited
	}
	return strconv.FormatInt(n, 10)
}

// keptText returns "kept" or "removed", for header fields.
func keptText(kept bool) string {
	if kept {
		return "kept"
	}
	return "removed"
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

package analysis

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
)

// maxListed is how many elements of a list a sentence names.
const maxListed = 5

// list names the first elements of all and counts the others.
func list(all []string, and string) string {
	if len(all) > maxListed {
		rest := strconv.Itoa(len(all) - maxListed)
		return strings.Join(all[:maxListed], ", ") + and + rest + " more"
	}
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + and + all[len(all)-1]
}

// upTo returns a limit in words.
func upTo(limit, unit string) string {
	switch limit {
	case sizeText(0):
		return limit
	case countText(0):
		return "any number of" + cmp.Or(unit, " them")
	}
	return "up to " + limit + unit
}

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
	return " (" + kind + " " + list(quoted, " and ") + ")"
}

// sizeText returns a limit on sizes in words; 0 means no limit.
func sizeText(n int64) string {
	if n <= 0 {
		return "any size"
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
		return "unlimited"
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

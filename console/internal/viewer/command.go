package viewer

import (
	"strconv"
	"strings"
	"time"
)

// Filter returns the filter as the shell's -Filter takes it, in braces; "" without expressions.
func (q *Query[T]) Filter(properties []Property[T]) string {
	var all []string
	for _, e := range q.Expressions {
		if p := find(properties, e.Property); p != nil {
			all = append(all, e.Property+" -"+e.Operator+" "+literal(p.Kind, e))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "{" + strings.Join(all, " -and ") + "}"
}

// literal returns the value of an expression as the shell writes it.
func literal(kind Kind, e Expression) string {
	switch kind {
	case Number:
		return e.Value
	case Size:
		if n, err := strconv.ParseInt(e.Value, 10, 53); err == nil {
			return strconv.FormatInt(n*1024, 10)
		}
	case Time:
		if t, err := ParseTime(e.Value); err == nil {
			return Quote(t.Format(time.RFC3339))
		}
	}
	if strings.HasSuffix(e.Operator, "like") {
		return Quote("*" + wildcards.Replace(e.Value) + "*")
	}
	return Quote(e.Value)
}

// wildcards makes characters of a pattern stand for themselves.
var wildcards = strings.NewReplacer("`", "``", "*", "`*", "?", "`?", "[", "`[", "]", "`]")

// Quote returns text as a literal of the shell, which takes four other characters for the single quote, too.
func Quote(text string) string {
	return "'" + strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(text) + "'"
}

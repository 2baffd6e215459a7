package exchange

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// row is one parameter of items of C: its row of the schema, and how it is read
// and written.
type row[C any] struct {
	*schema.Row
	access[C]
}

// access reads and writes one parameter of an item. set gets what the script
// gave; get gets the configuration with its defaults filled in. The zero access is
// of parameters that aren't about the item itself: Identity, Server, a switch.
type access[C any] struct {
	set func(it *item[C], name string, v object.Value) error
	get func(it *item[C], full *C, name string) object.Value

	// fallback reads the default of a parameter that is kept by name; nil for
	// parameters that the configuration has a field for.
	fallback func(text string) object.Value
}

// value returns the value of r for it, whose configuration with its defaults is
// full.
func (r *row[C]) value(it *item[C], full *C, p connector.Profile, edge bool) object.Value {
	if r.fallback != nil {
		if _, given := it.kept[r.Name]; !given {
			return r.fallback(r.Default.For("", p == permission.Exchange2007, edge))
		}
	}
	return r.get(it, full, r.Name)
}

// isDefault reports whether v is the parameter's default.
func isDefault(r *schema.Row, v object.Value, p connector.Profile) bool {
	if r.Switch() {
		return !object.Truth(v)
	}
	return strings.EqualFold(object.Text(v), strings.TrimPrefix(r.Default.For("", p == permission.Exchange2007, false), "$"))
}

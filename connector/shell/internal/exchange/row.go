package exchange

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
)

// Status says what becomes of a parameter here.
type Status uint8

// The statuses. The zero Status is none: every row has one.
const (
	Enforced Status = iota + 1 // it does what it does in Exchange
	Kept                       // it is checked, kept and shown, and has no effect
	Refused                    // naming it is an error that says why
)

// String returns the name of s in the documentation.
func (s Status) String() string {
	return [...]string{"", "enforced", "kept", "refused"}[min(s, Refused)]
}

// Verbs are the cmdlets of a noun that have a parameter.
type Verbs uint8

// The verbs.
const (
	New Verbs = 1 << iota
	Set
	Get
	Remove
	Add
	Test

	newSet = New | Set
)

var verbNames = []string{"New", "Set", "Get", "Remove", "Add", "Test"}

// Names returns the verbs of v in order.
func (v Verbs) Names() []string {
	var names []string
	for i, n := range verbNames {
		if v&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// Info is what is known of one parameter.
type Info struct {
	Name        string
	In          Verbs    // the cmdlets of the noun that have it
	Type        string   // .NET name without a namespace
	Values      []string // of an enumeration
	Range       string   // what else limits it
	Default     string   // of a new object; "": none
	Default2007 string   // where the 2007 edition differs
	DefaultEdge string   // where Edge servers differ
	Since       string   // the editions that have it; "": all
	Here        Status
	Why         string // why it is Kept or Refused, or what to know of it

	Aliases   []string
	Position  int   // from 1; 0: named only
	Mandatory Verbs // where it can't be left out
	Switch    bool
	Pipeline  bool // takes objects of the pipeline
	ByName    bool // takes the property of its name from objects of the pipeline
}

// row is one parameter: what is known of it, and how it is read and written.
type row[C any] struct {
	Info
	access[C]
}

// access reads and writes one parameter of an item. set gets what the script
// gave; get gets the configuration with its defaults filled in. Without set, the
// parameter is not about the item itself: Identity, Server, a switch.
type access[C any] struct {
	kind   string
	values []string
	set    func(it *item[C], name string, v object.Value) error
	get    func(it *item[C], full *C, name string) object.Value

	// fallback reads the default of a parameter that is kept by name; nil for
	// those that the configuration has a field for.
	fallback func(text string) object.Value
}

// value returns the value of r for it, whose configuration with its defaults is
// full.
func (r *row[C]) value(it *item[C], full *C, p connector.Profile, edge bool) object.Value {
	if r.fallback != nil {
		if _, given := it.kept[r.Name]; !given {
			if edge && r.DefaultEdge != "" {
				return r.fallback(r.DefaultEdge)
			}
			return r.fallback(r.defaultIn(p))
		}
	}
	return r.get(it, full, r.Name)
}

// isDefault reports whether v is what the parameter is without being given.
func (i *Info) isDefault(v object.Value, p connector.Profile) bool {
	if i.Switch {
		return !object.Truth(v)
	}
	return strings.EqualFold(object.Text(v), strings.TrimPrefix(i.defaultIn(p), "$"))
}

// defaultIn returns the default in an edition.
func (i *Info) defaultIn(p connector.Profile) string {
	if p == permission.Exchange2007 && i.Default2007 != "" {
		return i.Default2007
	}
	return i.Default
}

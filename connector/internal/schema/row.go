package schema

import "strings"

// Row is one parameter of a noun.
type Row struct {
	Name  string // as Exchange spells it
	Verbs Verbs  // the cmdlets of the noun that have it
	Kind  *Kind
	List  bool // it holds several values of Kind

	Does    string   // a sentence for administrators: what the parameter does
	Limits  Limits   // of numbers, sizes and time spans
	Form    string   // how else the value is limited or written
	Default Defaults // where it isn't given
	Derived string   // in words, how the default follows from something else
	Setup   string   // what Exchange's setup gives it in a new organisation, if not the default
	Since   Editions // the editions that have it

	// A row without these is enforced: the parameter does what it does in Exchange.
	Kept    string // why it is checked, stored and shown, and has no effect
	Refused string // why naming it is an error
	Note    string // how an enforced parameter differs from Exchange's

	Field string // the field of the configuration, if it hasn't the parameter's name
	Argument

	Printed  bool  // commands that make a connector give it even at its default: it says what the connector is for
	Expected bool  // an export without it lacks what decisions depend on
	Order    Order // how two values are compared, if no decision of a session shows the difference
}

// Order says whether a greater value of a parameter lets clients do more.
type Order uint8

// The orders.
const (
	NotCompared    Order = iota // decisions show the difference, or it has no effect
	MoreIsWider                 // a greater value, or $true, lets clients do more
	MoreIsStricter              // a greater value, or $true, lets clients do less
	Unordered                   // another value is only different
)

// Argument says how a cmdlet takes a parameter. The zero Argument is a parameter
// that is named and may be left out.
type Argument struct {
	Position  int   // from 1; 0: named only
	Mandatory Verbs // the cmdlets where it can't be left out
	Pipeline  bool  // it takes objects of the pipeline
	ByName    bool  // it takes the property of its name from objects of the pipeline
}

// Status says what Interchange does with a parameter.
type Status string

// The statuses.
const (
	Enforced Status = "enforced" // it does what it does in Exchange
	Kept     Status = "kept"     // it is checked, stored and shown, and has no effect
	Refused  Status = "refused"  // naming it is an error that says why
)

// Status returns how Interchange treats the parameter.
func (r *Row) Status() Status {
	switch {
	case r.Refused != "":
		return Refused
	case r.Kept != "":
		return Kept
	}
	return Enforced
}

// Why returns the reason for the status, or what to know of an enforced parameter;
// "" if there is nothing to say.
func (r *Row) Why() string {
	switch r.Status() {
	case Refused:
		return r.Refused
	case Kept:
		return r.Kept
	}
	return r.Note
}

// Type returns the .NET name of the parameter's type without a namespace.
func (r *Row) Type() string {
	if r.List {
		return "MultiValuedProperty<" + r.Kind.Name + ">"
	}
	return r.Kind.Name
}

// Switch reports whether the parameter takes no value.
func (r *Row) Switch() bool { return r.Kind == Switch }

// zeroUnlimited is the Form of numbers of which 0 is no limit.
const zeroUnlimited = "0 for no limit"

// NoLimit reports whether the value n of a number means that there is no limit.
func (r *Row) NoLimit(n int64) bool {
	return n < 0 && r.Kind.Unlimited() || n == 0 && r.Form == zeroUnlimited
}

// FieldName returns the name of the field of the configuration that the parameter
// sets, if there is one.
func (r *Row) FieldName() string {
	if r.Field != "" {
		return r.Field
	}
	return r.Name
}

// Range says in words which values the parameter takes, apart from those of an
// enumeration; "" if its type says all.
func (r *Row) Range() string {
	limits := r.LimitsText()
	if limits == "" || r.Form == "" {
		return limits + r.Form
	}
	return limits + ", " + r.Form
}

// LimitsText writes the limits as Exchange writes such numbers; "" without limits.
func (r *Row) LimitsText() string { return r.Limits.text(r.Kind) }

// DefaultText says in words what the parameter is if it isn't given; "" if nothing.
func (r *Row) DefaultText() string {
	var parts []string
	for _, part := range []string{r.Default.text(), r.Derived} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if r.Setup != "" {
		parts = append(parts, "in a new organisation "+r.Setup)
	}
	return strings.Join(parts, "; ")
}

// Help returns the text of Get-Help on the parameter.
func (r *Row) Help() string {
	parts := []string{r.Does}
	if text := r.Range(); text != "" {
		parts = append(parts, "Range: "+text+".")
	}
	if text := r.DefaultText(); text != "" {
		parts = append(parts, "Default: "+text+".")
	}
	switch why := r.Why(); r.Status() {
	case Refused:
		parts = append(parts, "Not supported: "+why+".")
	case Kept:
		parts = append(parts, "No effect here: "+why+".")
	case Enforced:
		if why != "" {
			parts = append(parts, "Note: "+why+".")
		}
	}
	return strings.Join(parts, " ")
}

// Verbs are cmdlets of a noun.
type Verbs uint16

// The verbs.
const (
	New Verbs = 1 << iota
	Set
	Get
	Remove
	Add
	Test
	Suspend
	Resume
	Retry
	Redirect
	Export

	newSet = New | Set
	all    = New | Set | Get | Remove
)

var verbNames = []string{"New", "Set", "Get", "Remove", "Add", "Test", "Suspend", "Resume", "Retry", "Redirect", "Export"}

// Names returns the verbs in order.
func (v Verbs) Names() []string {
	var names []string
	for i, name := range verbNames {
		if v&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Editions are the versions of Exchange that have a parameter; "" is all.
type Editions string

const (
	sp1       Editions = "2007 SP1 and later"
	until10   Editions = "2007 and 2010"
	from10    Editions = "2010 and later"
	from13    Editions = "2013 and later"
	from16    Editions = "2016 and later"
	only07    Editions = "2007 only"
	only10    Editions = "2010 only"
	only13    Editions = "2013 only"
	from10to3 Editions = "2010 and 2013"
)

// In2007 reports whether Exchange 2007 has the parameter.
func (e Editions) In2007() bool { return e == "" || strings.HasPrefix(string(e), "2007") }

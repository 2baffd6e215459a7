package object

import "strings"

// Member returns the property of v with a name, in any letter case, as v.Name does,
// and whether v has it; $null and a SecureString have no properties. For a list without such a property
// it returns that property of each element (member enumeration).
func Member(v Value, name string) (Value, bool) {
	if own, ok := ownMember(v, name); ok {
		return own, true
	}
	if l, ok := v.(*List); ok {
		return l.each(name)
	}
	if _, secret := v.(*Secure); secret {
		return nil, false // PowerShell's Length is that of the secret
	}
	// Count and Length of a scalar: PowerShell 3 and later.
	switch strings.ToLower(name) {
	case "count", "length":
		if v == nil {
			return int64(0), true
		}
		return int64(1), true
	}
	return nil, false
}

// ownMember is Member without what every value has.
func ownMember(v Value, name string) (Value, bool) {
	switch v := v.(type) {
	case string:
		if strings.EqualFold(name, "length") {
			return int64(len([]rune(v))), true
		}
	case *List:
		switch strings.ToLower(name) {
		case "count", "length":
			return int64(len(v.Items)), true
		}
	case *Table:
		return v.member(name)
	case *Object:
		return v.Get(name)
	case Holder:
		return v.Member(name)
	}
	return nil, false
}

// each is the property of each element, those of elements that are lists merged.
func (l *List) each(name string) (Value, bool) {
	var out []Value
	found := false
	for _, item := range l.Items {
		if _, nested := item.(*List); nested {
			continue // a list can't walk into itself
		}
		if v, ok := ownMember(item, name); ok {
			found = true
			out = append(out, Items(v)...)
		}
	}
	return Collect(out), found
}

// member is an entry of the table, or what every hashtable has.
func (t *Table) member(name string) (Value, bool) {
	if v, ok := t.Get(name); ok {
		return v, true
	}
	switch strings.ToLower(name) {
	case "count":
		return int64(t.Len()), true
	case "keys":
		return Strings(t.Names()), true
	case "values":
		return &List{Items: append([]Value(nil), t.values...)}, true
	}
	return nil, false
}

// Lister is a Holder that names its properties.
type Lister interface {
	Holder
	Members() []string
}

// MemberNames returns the names of the properties of v, those that its type has;
// nil if they aren't known.
func MemberNames(v Value) []string {
	switch v := v.(type) {
	case string, *List:
		return []string{"Count", "Length"}
	case *Table:
		return append([]string{"Count", "Keys", "Values"}, v.Names()...)
	case *Object:
		return v.Names()
	case Lister:
		return v.Members()
	}
	return nil
}

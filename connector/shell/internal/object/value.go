package object

// Value is one value of the language. See the package doc for what it may hold.
type Value = any

// Typed is a value of Exchange's own. String returns the text that the shell
// prints; TypeName is the .NET name without a namespace, such as
// ByteQuantifiedSize.
//
// A Typed may also be a Comparer, a Holder or a Caller.
type Typed interface {
	TypeName() string
	String() string
}

// Comparer is a Typed that knows how to stand beside another value.
type Comparer interface {
	Typed

	// Compare is negative, zero or positive as the receiver is less than, equal
	// to or greater than v. It is not ok if v can't be read as the receiver's
	// type; then both are compared as text.
	Compare(v Value) (order int, ok bool)
}

// Holder is a Typed that has properties, such as .IsUnlimited.
type Holder interface {
	Typed
	Member(name string) (Value, bool)
}

// Caller is a Typed that has methods, such as .ToMB().
type Caller interface {
	Typed

	// Call runs the method of that name, in any letter case. It is not ok if
	// there is no such method.
	Call(name string, args []Value) (v Value, ok bool, err error)
}

// Items returns the elements of v as a pipeline would see them: those of a List,
// none for nil, and v itself for all else. The slice is v's own.
func Items(v Value) []Value {
	switch v := v.(type) {
	case nil:
		return nil
	case *List:
		return v.Items
	}
	return []Value{v}
}

// Collect is the reverse of Items: nil for none, the element itself for one, a
// List, which keeps items, for more.
func Collect(items []Value) Value {
	switch len(items) {
	case 0:
		return nil
	case 1:
		return items[0]
	}
	return &List{Items: items}
}

// TypeName names the type of v as the shell's messages do.
func TypeName(v Value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "Boolean"
	case int64:
		if v == int64(int32(v)) {
			return "Int32"
		}
		return "Int64"
	case float64:
		return "Double"
	case string:
		return "String"
	case *List:
		return "Object[]"
	case *Table:
		return "Hashtable"
	case *Secure:
		return "SecureString"
	case *Object:
		return v.Type
	case Typed:
		return v.TypeName()
	}
	return "Object"
}

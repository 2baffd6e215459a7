package interp

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// call evaluates object.Name(args).
func (in *Interp) call(e *syntax.Call) (object.Value, error) {
	o, err := in.eval(e.Object)
	if err != nil {
		return nil, err
	}
	args := make([]object.Value, len(e.Args))
	for i, a := range e.Args {
		if args[i], err = in.eval(a); err != nil {
			return nil, err
		}
	}
	if o == nil {
		return nil, &Error{Where: e.NameSpan, Err: errors.New("$null has no methods")}
	}
	return in.invoke(e.NameSpan, o, e.Name, args)
}

// invoke runs a method.
func (in *Interp) invoke(n syntax.Node, o object.Value, name string, args []object.Value) (object.Value, error) {
	if err := in.m.read(o); err != nil {
		return nil, at(n, err)
	}
	folded := strings.ToLower(name)
	if folded == "tostring" && len(args) == 0 {
		return in.text(n, o)
	}
	if v, ok, err := in.blockMethod(folded, o, args); ok || err != nil {
		return v, err
	}
	var v object.Value
	var ok bool
	var err error
	supported := "ToString"
	switch o := o.(type) {
	case string:
		v, ok, err = in.stringMethod(n, o, folded, args)
		supported = "Contains, EndsWith, IndexOf, PadLeft, PadRight, Replace, Split, StartsWith, Substring, ToLower, ToUpper, Trim, TrimEnd and TrimStart"
	case *object.List:
		v, ok, err = in.listMethod(n, o, folded, args)
		supported = "Add, AddRange, Clear, Contains, IndexOf and Remove"
	case *object.Table:
		v, ok, err = in.tableMethod(n, o, folded, args)
		supported = "Add, Clear, Contains, ContainsKey, GetEnumerator and Remove"
	case object.Caller:
		v, ok, err = o.Call(name, args)
	case *object.Parts: // Exchange prints them so often that scripts take them for text
		v, ok, err = in.stringMethod(n, o.String(), folded, args)
	}
	if err != nil {
		return nil, at(n, err)
	}
	if !ok {
		return nil, &Error{Where: n.Where(), Supported: supported,
			Err: errors.New(object.TypeName(o) + " has no method " + name + " for these arguments")}
	}
	return v, nil
}

// blockMethod is Where and ForEach with a script block, which every value has.
func (in *Interp) blockMethod(name string, o object.Value, args []object.Value) (object.Value, bool, error) {
	if name != "where" && name != "foreach" || len(args) != 1 {
		return nil, false, nil
	}
	b, ok := args[0].(*block)
	if !ok {
		return nil, false, nil
	}
	items, err := in.collect(b.node, func(emit emitter) error {
		return in.unroll(b.node, o, func(v object.Value) error {
			if name == "foreach" {
				return in.runBlock(b, v, emit)
			}
			yes, err := in.result(b, v)
			if err != nil || !object.Truth(yes) {
				return err
			}
			return emit(v)
		})
	})
	return &object.List{Items: items}, true, err
}

// texts are the arguments of a method as strings.
func (in *Interp) texts(n syntax.Node, args []object.Value) ([]string, error) {
	out := make([]string, len(args))
	for i, a := range args {
		s, err := in.text(n, a)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

func (in *Interp) stringMethod(n syntax.Node, s, name string, args []object.Value) (v object.Value, ok bool, err error) {
	switch name {
	case "substring":
		if err := in.m.alloc(4 * int64(len(s))); err != nil {
			return nil, false, at(n, err)
		}
		v, ok := substring(s, args)
		return v, ok, nil
	case "padleft", "padright":
		return in.pad(n, s, name, args)
	}
	texts, err := in.texts(n, args)
	if err != nil {
		return nil, false, err
	}
	switch {
	case len(texts) == 0:
		return in.plainMethod(n, s, name)
	case name == "split":
		if len(texts) == 1 { // a string is a set of separators
			texts = strings.Split(texts[0], "")
		}
		if len(texts) > maxSeparators {
			return nil, false, nil
		}
		v, err := in.cut(n, s, texts)
		return v, true, err
	case len(texts) == 2 && name == "replace":
		if texts[0] == "" {
			return nil, false, nil
		}
		count := strings.Count(s, texts[0])
		if err := in.m.text(len(s) + count*(len(texts[1])-len(texts[0]))); err != nil {
			return nil, false, at(n, err)
		}
		return strings.ReplaceAll(s, texts[0], texts[1]), true, nil
	case len(texts) == 1:
		if strings.HasPrefix(name, "trim") { // looks at the set again for each character
			if err := in.m.step(int64(len(s)) * int64(len(texts[0])) / 64); err != nil {
				return nil, false, at(n, err)
			}
		}
		v, ok := textMethod(s, name, texts[0])
		return v, ok, nil
	}
	return nil, false, nil
}

// maxSeparators is how many separators Split takes.
const maxSeparators = 32

// plainMethod is the methods without arguments.
func (in *Interp) plainMethod(n syntax.Node, s, name string) (v object.Value, ok bool, err error) {
	switch name {
	case "tolower", "tolowerinvariant":
		return strings.ToLower(s), true, at(n, in.m.text(len(s)))
	case "toupper", "toupperinvariant":
		return strings.ToUpper(s), true, at(n, in.m.text(len(s)))
	case "trim":
		return strings.TrimSpace(s), true, nil
	case "trimstart":
		return strings.TrimLeft(s, " \t\r\n"), true, nil
	case "trimend":
		return strings.TrimRight(s, " \t\r\n"), true, nil
	case "split":
		v, err := in.splitFields(n, s)
		return v, true, err
	}
	return nil, false, nil
}

// textMethod is the methods with one string. .NET compares with letter case here.
func textMethod(s, name, arg string) (object.Value, bool) {
	switch name {
	case "contains":
		return strings.Contains(s, arg), true
	case "startswith":
		return strings.HasPrefix(s, arg), true
	case "endswith":
		return strings.HasSuffix(s, arg), true
	case "indexof":
		return runeIndex(s, strings.Index(s, arg)), true
	case "lastindexof":
		return runeIndex(s, strings.LastIndex(s, arg)), true
	case "equals":
		return s == arg, true
	case "trim":
		return strings.Trim(s, arg), true
	case "trimstart":
		return strings.TrimLeft(s, arg), true
	case "trimend":
		return strings.TrimRight(s, arg), true
	}
	return nil, false
}

// runeIndex counts characters where Go counts bytes.
func runeIndex(s string, i int) int64 {
	if i < 0 {
		return -1
	}
	return int64(utf8.RuneCountInString(s[:i]))
}

// substring is Substring(start) and Substring(start, length).
func substring(s string, args []object.Value) (object.Value, bool) {
	if len(args) == 0 || len(args) > 2 {
		return nil, false
	}
	runes := []rune(s)
	from, ok := wholeNumber(args[0])
	if !ok || from < 0 || from > int64(len(runes)) {
		return nil, false
	}
	rest := runes[from:]
	if len(args) == 2 {
		length, ok := wholeNumber(args[1])
		if !ok || length < 0 || length > int64(len(rest)) {
			return nil, false
		}
		rest = rest[:length]
	}
	return string(rest), true
}

func (in *Interp) pad(n syntax.Node, s, name string, args []object.Value) (v object.Value, ok bool, err error) {
	fill := " "
	if len(args) == 2 {
		if fill, err = in.text(n, args[1]); err != nil {
			return nil, false, err
		}
	}
	if len(args) == 0 || len(args) > 2 || utf8.RuneCountInString(fill) != 1 {
		return nil, false, nil
	}
	width, ok := wholeNumber(args[0])
	if !ok || width < 0 {
		return nil, false, nil
	}
	missing := min(width, int64(in.opt.Limits.String)+1) - int64(utf8.RuneCountInString(s))
	if missing <= 0 {
		return s, true, nil
	}
	if err := in.m.text(len(s) + int(missing)*len(fill)); err != nil {
		return nil, false, at(n, err)
	}
	padding := strings.Repeat(fill, int(missing))
	if name == "padleft" {
		return padding + s, true, nil
	}
	return s + padding, true, nil
}

func (in *Interp) listMethod(n syntax.Node, l *object.List, name string, args []object.Value) (v object.Value, ok bool, err error) {
	if name == "clear" && len(args) == 0 {
		l.Private()
		l.Items = nil
		return nil, true, nil
	}
	if len(args) != 1 {
		return nil, false, nil
	}
	switch name {
	case "add":
		return nil, true, in.extend(n, l, args[0])
	case "addrange":
		return nil, true, in.extend(n, l, object.Items(args[0])...)
	case "contains", "indexof", "remove":
		i, err := in.indexOf(n, l, args[0])
		switch {
		case name == "contains":
			return i >= 0, true, err
		case name == "indexof":
			return int64(i), true, err
		case i >= 0:
			if err := in.m.alloc(int64(l.Private()) * wordBytes); err != nil {
				return nil, false, at(n, err)
			}
			l.Items = append(l.Items[:i], l.Items[i+1:]...)
		}
		return nil, true, err
	}
	return nil, false, nil
}

// extend appends to a list in place.
func (in *Interp) extend(n syntax.Node, l *object.List, items ...object.Value) error {
	if err := in.m.list(len(l.Items) + len(items)); err != nil {
		return at(n, err)
	}
	if err := in.m.alloc(int64(l.Private()+len(items)) * wordBytes); err != nil {
		return at(n, err)
	}
	l.Items = append(l.Items, items...)
	return nil
}

func (in *Interp) indexOf(n syntax.Node, l *object.List, v object.Value) (int, error) {
	for i, item := range l.Items {
		if same, err := in.equal(n, false, item, v); same || err != nil {
			return i, err
		}
	}
	return -1, nil
}

func (in *Interp) tableMethod(n syntax.Node, t *object.Table, name string, args []object.Value) (v object.Value, ok bool, err error) {
	if name == "clear" && len(args) == 0 {
		*t = object.Table{}
		return nil, true, nil
	}
	if name == "getenumerator" && len(args) == 0 {
		v, err = in.entries(t)
		return v, true, at(n, err)
	}
	if len(args) == 0 {
		return nil, false, nil
	}
	key, err := in.text(n, args[0])
	if err != nil {
		return nil, false, err
	}
	_, has := t.Get(key)
	switch {
	case name == "add" && len(args) == 2:
		if has {
			return nil, false, failf(n, "the key %.40s is there already", key)
		}
		t.Set(key, args[1])
		return nil, true, at(n, in.keep(nil, t.Len()))
	case name == "contains" && len(args) == 1, name == "containskey" && len(args) == 1:
		return has, true, nil
	case name == "remove" && len(args) == 1:
		t.Delete(key)
		return nil, true, at(n, in.m.read(t))
	}
	return nil, false, nil
}

// entries are what GetEnumerator goes through: an object for each key.
func (in *Interp) entries(t *object.Table) (object.Value, error) {
	list := new(object.List)
	for name, item := range t.All() {
		o := object.NewObject("DictionaryEntry", 3)
		o.Columns = []string{"Name", "Value"}
		o.Set("Name", name)
		o.Set("Key", name)
		o.Set("Value", item)
		if err := in.keep(o, len(list.Items)+1); err != nil {
			return nil, err
		}
		list.Add(o)
	}
	return list, nil
}

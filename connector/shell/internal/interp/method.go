package interp

import (
	"errors"
	"slices"
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
	must(n, in.m.read(o))
	folded := strings.ToLower(name)
	if folded == "tostring" && len(args) == 0 {
		return in.text(n, o), nil
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
		supported = "Contains, EndsWith, IndexOf, PadLeft, PadRight, Replace, Split, StartsWith, Substring, ToLower, ToUpper, Trim, TrimEnd or TrimStart"
	case *object.List:
		v, ok = in.listMethod(n, o, folded, args)
		supported = "Add, AddRange, Clear, Contains, IndexOf or Remove"
	case *object.Table:
		v, ok, err = in.tableMethod(n, o, folded, args)
		supported = "Add, Clear, Contains, ContainsKey, GetEnumerator or Remove"
	case object.Caller:
		v, ok, err = o.Call(name, args)
	case *object.Parts: // Exchange prints them so often that scripts take them for text
		v, ok, err = in.stringMethod(n, o.String(), folded, args)
	}
	if err != nil {
		return nil, at(n, err)
	}
	if !ok {
		return nil, &Error{Where: n.Where(), Fix: "use " + supported,
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
func (in *Interp) texts(n syntax.Node, args []object.Value) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = in.text(n, a)
	}
	return out
}

func (in *Interp) stringMethod(n syntax.Node, s, name string, args []object.Value) (v object.Value, ok bool, err error) {
	switch name {
	case "substring":
		must(n, in.m.alloc(4*int64(len(s))))
		v, ok = substring(s, args)
		return v, ok, nil
	case "padleft", "padright":
		v, ok = in.pad(n, s, name, args)
		return v, ok, nil
	}
	texts := in.texts(n, args)
	switch {
	case len(texts) == 0:
		if name == "split" {
			return in.splitFields(n, s), true, nil
		}
		f, ok := plainMethods[name]
		if !ok {
			return nil, false, nil
		}
		if strings.HasPrefix(name, "to") {
			must(n, in.m.text(len(s)))
		}
		return f(s), true, nil
	case name == "split":
		if len(texts) == 1 { // a string is a set of separators
			texts = strings.Split(texts[0], "")
		}
		if len(texts) > maxSeparators {
			return nil, false, nil
		}
		return in.cut(n, s, texts), true, nil
	case len(texts) == 2 && name == "replace":
		if texts[0] == "" {
			return nil, false, nil
		}
		count := strings.Count(s, texts[0])
		must(n, in.m.text(clamp(int64(len(s))+int64(count)*int64(len(texts[1])-len(texts[0])))))
		return strings.ReplaceAll(s, texts[0], texts[1]), true, nil
	case len(texts) == 1:
		if strings.HasPrefix(name, "trim") { // looks at the set again for each character
			must(n, in.m.step(int64(len(s))*int64(len(texts[0]))/64))
		}
		if f, ok := textMethods[name]; ok {
			return f(s, texts[0]), true, nil
		}
	}
	return nil, false, nil
}

// maxSeparators is how many separators Split takes.
const maxSeparators = 32

// plainMethods are the methods of strings without arguments.
var plainMethods = map[string]func(string) string{
	"tolower": strings.ToLower, "tolowerinvariant": strings.ToLower,
	"toupper": strings.ToUpper, "toupperinvariant": strings.ToUpper,
	"trim":      strings.TrimSpace,
	"trimstart": func(s string) string { return strings.TrimLeft(s, " \t\r\n") },
	"trimend":   func(s string) string { return strings.TrimRight(s, " \t\r\n") },
}

// textMethods are the methods with one string. .NET compares with letter case here.
var textMethods = map[string]func(s, arg string) object.Value{
	"contains":    func(s, arg string) object.Value { return strings.Contains(s, arg) },
	"startswith":  func(s, arg string) object.Value { return strings.HasPrefix(s, arg) },
	"endswith":    func(s, arg string) object.Value { return strings.HasSuffix(s, arg) },
	"indexof":     func(s, arg string) object.Value { return runeIndex(s, strings.Index(s, arg)) },
	"lastindexof": func(s, arg string) object.Value { return runeIndex(s, strings.LastIndex(s, arg)) },
	"equals":      func(s, arg string) object.Value { return s == arg },
	"trim":        func(s, arg string) object.Value { return strings.Trim(s, arg) },
	"trimstart":   func(s, arg string) object.Value { return strings.TrimLeft(s, arg) },
	"trimend":     func(s, arg string) object.Value { return strings.TrimRight(s, arg) },
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

func (in *Interp) pad(n syntax.Node, s, name string, args []object.Value) (v object.Value, ok bool) {
	fill := " "
	if len(args) == 2 {
		fill = in.text(n, args[1])
	}
	if len(args) == 0 || len(args) > 2 || utf8.RuneCountInString(fill) != 1 {
		return nil, false
	}
	width, ok := wholeNumber(args[0])
	if !ok || width < 0 {
		return nil, false
	}
	missing := min(width, int64(in.opt.Limits.String)+1) - int64(utf8.RuneCountInString(s))
	if missing <= 0 {
		return s, true
	}
	must(n, in.m.text(clamp(int64(len(s))+missing*int64(len(fill)))))
	padding := strings.Repeat(fill, int(missing))
	if name == "padleft" {
		return padding + s, true
	}
	return s + padding, true
}

func (in *Interp) listMethod(n syntax.Node, l *object.List, name string, args []object.Value) (v object.Value, ok bool) {
	if name == "clear" && len(args) == 0 {
		l.Private()
		l.Items = nil
		return nil, true
	}
	if len(args) != 1 {
		return nil, false
	}
	switch name {
	case "add":
		in.extend(n, l, args[0])
		return nil, true
	case "addrange":
		in.extend(n, l, object.Items(args[0])...)
		return nil, true
	case "contains":
		return in.indexOf(n, l, args[0]) >= 0, true
	case "indexof":
		return int64(in.indexOf(n, l, args[0])), true
	case "remove":
		if i := in.indexOf(n, l, args[0]); i >= 0 {
			must(n, in.m.alloc(int64(l.Private())*wordBytes))
			l.Items = append(l.Items[:i], l.Items[i+1:]...)
		}
		return nil, true
	}
	return nil, false
}

// extend appends to a list in place.
func (in *Interp) extend(n syntax.Node, l *object.List, items ...object.Value) {
	must(n, in.m.list(len(l.Items)+len(items)))
	must(n, in.m.alloc(int64(l.Private()+len(items))*wordBytes))
	l.Items = append(l.Items, items...)
}

func (in *Interp) indexOf(n syntax.Node, l *object.List, v object.Value) int {
	return slices.IndexFunc(l.Items, func(item object.Value) bool { return in.equal(n, false, item, v) })
}

func (in *Interp) tableMethod(n syntax.Node, t *object.Table, name string, args []object.Value) (v object.Value, ok bool, err error) {
	if name == "clear" && len(args) == 0 {
		*t = object.Table{}
		return nil, true, nil
	}
	if name == "getenumerator" && len(args) == 0 {
		return in.entries(n, t), true, nil
	}
	if len(args) == 0 {
		return nil, false, nil
	}
	key := in.text(n, args[0])
	_, has := t.Get(key)
	switch {
	case name == "add" && len(args) == 2:
		if has {
			return nil, false, failf(n, "the key %.40s is there already", key)
		}
		t.Set(key, args[1])
		must(n, in.keep(nil, t.Len()))
		return nil, true, nil
	case name == "contains" && len(args) == 1, name == "containskey" && len(args) == 1:
		return has, true, nil
	case name == "remove" && len(args) == 1:
		t.Delete(key)
		must(n, in.m.read(t))
		return nil, true, nil
	}
	return nil, false, nil
}

// entries returns the objects of GetEnumerator: one for each key.
func (in *Interp) entries(n syntax.Node, t *object.Table) object.Value {
	list := new(object.List)
	for name, item := range t.All() {
		o := row("DictionaryEntry", "Name", name, "Key", name, "Value", item)
		o.Columns = []string{"Name", "Value"}
		must(n, in.keep(o, len(list.Items)+1))
		list.Add(o)
	}
	return list
}

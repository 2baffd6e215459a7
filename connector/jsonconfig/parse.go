package jsonconfig

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// Parse reads a configuration. name is the file's name, for messages. The error is
// source.Diagnostics, and then the Config is zero. What Parse returns is well-formed;
// connector.Compile decides whether it makes sense.
func Parse(name string, data []byte) (connector.Config, error) {
	d, err := ParseDocument(name, data)
	if err != nil {
		return connector.Config{}, err
	}
	return d.Config, nil
}

// ParseDocument is Parse for callers that need the positions of the parameters.
func ParseDocument(name string, data []byte) (*Document, error) {
	d, mistakes := Draft(name, data)
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return d, nil
}

// Draft reads a text to find all mistakes in it: with the mistakes it returns the part
// that could be read, so that connector.Compile can find the others. What Compile finds
// may follow from a mistake already reported; see [Follows]. The document is nil if the
// text isn't JSON. A document with mistakes is for examination only; never serve its
// Config.
func Draft(name string, data []byte) (*Document, source.Diagnostics) {
	d := &Document{}
	p, data, stopped := decodeInto(reflect.ValueOf(&d.Config).Elem(), name, data)
	if stopped != nil {
		return nil, stopped
	}
	p.finish(name, data, d)
	return d, diagnostics(name, data, p.mistakes)
}

// decodeInto decodes a text into v. It returns the parser with the mistakes and the text that
// their offsets refer to. stopped is the mistake of a text that isn't JSON.
func decodeInto(v reflect.Value, name string, data []byte) (p *parser, text []byte, stopped source.Diagnostics) {
	data = unmarked(data)
	root, err := readTree(data)
	if err != nil {
		only := &mistake{Diagnostic: source.Wrap("", source.CodeSyntax, err)}
		errors.As(err, &only)
		return nil, data, diagnostics(name, data, []mistake{*only})
	}
	p = &parser{lists: map[source.Path][]source.Path{}}
	p.decode(root, "", v)
	return p, data, nil
}

// parser decodes a tree and collects the mistakes.
type parser struct {
	mistakes []mistake
	values   []value
	lists    map[source.Path][]source.Path // of the Config, and the paths of their elements
}

// value is where a value is in the text.
type value struct {
	path   source.Path
	offset int
}

// finish sets the Places and the Unread of d, and gives list elements in them and in
// the mistakes the paths that they have in the Config.
func (p *parser) finish(name string, data []byte, d *Document) {
	moved := map[source.Path]source.Path{}
	for list, from := range p.lists {
		for i, to := range d.Config.ElementPaths(string(list)) {
			moved[from[i]] = to
		}
	}
	d.Places = p.places(name, data, moved)
	for i := range p.mistakes {
		m := &p.mistakes[i]
		m.Path, m.unread = m.Path.Moved(moved), m.unread.Moved(moved)
		if m.unread != "" {
			d.Unread = append(d.Unread, m.unread)
		}
	}
}

// places finds the lines of all values. A list element that is in moved gets the path there.
func (p *parser) places(name string, data []byte, moved map[source.Path]source.Path) source.Map {
	slices.SortStableFunc(p.values, func(a, b value) int { return a.offset - b.offset }) // usually they are in order
	places := make(source.Map, len(p.values))
	reader := newLineReader(name, data)
	for _, v := range p.values {
		places[v.path.Moved(moved)] = reader.position(v.offset)
	}
	return places
}

func (p *parser) fail(offset int, path source.Path, code source.Code, format string, args ...any) {
	p.mistakes = append(p.mistakes, mistake{source.Mistake(path, code, format, args...), offset, path})
}

// invalid reports a value that isn't one of the parameter.
func (p *parser) invalid(n *node, path source.Path, format string, args ...any) {
	p.fail(n.offset, path, source.CodeValueInvalid, format, args...)
}

// decode stores n in v.
func (p *parser) decode(n *node, path source.Path, v reflect.Value) {
	v = setting.Target(v)
	if p.special(n, path, v.Addr().Interface()) {
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		p.text(n, path, u.UnmarshalText)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		p.object(n, path, v)
	case reflect.Slice:
		p.array(n, path, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		p.decode(n, path, v.Elem())
	case reflect.String:
		p.text(n, path, func(b []byte) error { v.SetString(string(b)); return nil })
	case reflect.Bool:
		if b, ok := n.value.(bool); ok {
			v.SetBool(b)
		} else {
			p.invalid(n, path, "give true or false, not %s", n.kind())
		}
	default:
		p.integer(n, path, v)
	}
}

// special decodes the types whose JSON form isn't that of their Go kind.
func (p *parser) special(n *node, path source.Path, target any) bool {
	switch t := target.(type) {
	case *time.Duration:
		p.text(n, path, func(b []byte) (err error) { *t, err = param.ParseTimeSpan(string(b)); return err })
	case *netip.AddrPort:
		p.text(n, path, func(b []byte) (err error) { *t, err = param.ParseBinding(string(b)); return err })
	case *param.Size:
		p.number(n, path, t.UnmarshalText)
	case *param.Limit:
		p.number(n, path, t.UnmarshalText)
	case *auth.Secret:
		p.text(n, path, func(b []byte) error {
			if string(b) == redacted {
				missing := source.Mistake("", connector.CodeCredentialMissing, "the secret was left out when this was written; put it in again")
				return &missing
			}
			*t = auth.Secret(b)
			return nil
		})
	case *[]param.SmartHostCredential:
		p.hostCredentials(n, path, t)
	case *permission.Grant:
		p.grant(n, path, t)
	default:
		return false
	}
	return true
}

// text decodes a string through set.
func (p *parser) text(n *node, path source.Path, set func([]byte) error) {
	s, ok := n.value.(string)
	if !ok {
		p.invalid(n, path, "give a string, not %s", n.kind())
	} else if err := set([]byte(s)); err != nil {
		p.mistakes = append(p.mistakes, mistake{source.Wrap(path, source.CodeValueInvalid, err), n.offset, path})
	}
}

// number is text for values that may be written as numbers, too.
func (p *parser) number(n *node, path source.Path, set func([]byte) error) {
	if number, ok := n.value.(json.Number); ok {
		n = &node{n.offset, number.String()}
	}
	p.text(n, path, set)
}

func (p *parser) integer(n *node, path source.Path, v reflect.Value) {
	number, ok := n.value.(json.Number)
	if !ok {
		p.invalid(n, path, "give a whole number, not %s", n.kind())
		return
	}
	i, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || v.OverflowInt(i) {
		p.invalid(n, path, "%s is not a whole number that fits", number)
		return
	}
	v.SetInt(i)
}

// array decodes a list. An empty list has the same effect as a missing one.
func (p *parser) array(n *node, path source.Path, v reflect.Value) {
	list, ok := n.value.([]*node)
	if !ok {
		p.invalid(n, path, "give an array, not %s", n.kind())
		return
	}
	if len(list) == 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	seen := map[source.Path]bool{}
	for i, item := range list {
		at := elementPath(path, i, item)
		if seen[at] {
			at = path.Index(i) // an earlier element has the name
		}
		seen[at] = true
		p.values = append(p.values, value{at, item.offset})
		if path.Parent() == "" {
			p.lists[path] = append(p.lists[path], at)
		}
		p.decode(item, at, v.Index(i))
	}
}

// elementPath names a list element by its Name if it has one.
func elementPath(list source.Path, i int, item *node) source.Path {
	name := ""
	if o, ok := item.value.(*object); ok {
		if n := o.get("Name"); n != nil {
			name, _ = n.value.(string)
		}
	}
	return source.Element(list, i, name)
}

// object decodes a struct. null leaves a field as it is.
func (p *parser) object(n *node, path source.Path, v reflect.Value) {
	o, ok := n.value.(*object)
	if !ok {
		p.invalid(n, path, "give an object, not %s", n.kind())
		return
	}
	fields := make([]string, v.NumField())
	for i := range fields {
		fields[i] = v.Type().Field(i).Name
	}
	seen := make(map[string]bool, len(o.members))
	for _, m := range o.members {
		at := path.Field(source.Path(m.key))
		switch i := slices.Index(fields, m.key); {
		case i < 0:
			p.unknownKey(m, path, fields)
		case seen[m.key]:
			p.fail(m.offset, at, source.CodeParameterDuplicate, "it is given twice; keep one")
		default:
			seen[m.key] = true
			p.values = append(p.values, value{at, m.value.offset})
			if m.value.value != nil {
				p.decode(m.value, at, v.Field(i))
			}
		}
	}
}

// hostCredentials decodes an object of credentials by smart host.
func (p *parser) hostCredentials(n *node, path source.Path, to *[]param.SmartHostCredential) {
	o, ok := n.value.(*object)
	if !ok {
		p.invalid(n, path, `give an object of credentials by host, as in {"smtp.example.net": {"UserName": …, "Password": …}}, not %s`, n.kind())
		return
	}
	for _, m := range o.members {
		host, err := param.ParseSmartHost(m.key)
		if err != nil {
			p.fail(m.offset, source.Named(path, m.key), source.CodeValueInvalid, "%w", err)
			continue
		}
		at := source.Named(path, host.String())
		if slices.ContainsFunc(*to, func(c param.SmartHostCredential) bool { return c.Host == host }) {
			p.fail(m.offset, at, source.CodeParameterDuplicate, "it is given twice; keep one")
			continue
		}
		c := param.SmartHostCredential{Host: host}
		p.values = append(p.values, value{at, m.value.offset})
		p.decode(m.value, at, reflect.ValueOf(&c.Credential).Elem())
		*to = append(*to, c)
	}
}

// grantFields is the JSON form of an explicit grant, with the names of
// Add-ADPermission.
type grantFields struct {
	User           string
	ExtendedRights []permission.Right
	Deny           bool
	Removed        bool // taken from what PermissionGroups or the making of the connector gives
}

func (p *parser) grant(n *node, path source.Path, g *permission.Grant) {
	before := len(p.mistakes)
	var f grantFields
	p.object(n, path, reflect.ValueOf(&f).Elem())
	if len(p.mistakes) > before {
		return
	}
	if len(f.ExtendedRights) == 0 {
		p.fail(n.offset, path.Field("ExtendedRights"), source.CodeParameterMissing, "give the rights, as in ms-Exch-SMTP-Accept-Any-Recipient")
	}
	who, err := permission.ParsePrincipal(f.User)
	if err == nil && len(who.SIDs) != 1 {
		err = fmt.Errorf("%q names %d of them", f.User, len(who.SIDs))
	}
	if err != nil {
		p.invalid(n, path.Field("User"), "give a user, a group or a SID: %w", err)
		return
	}
	g.To = who.SIDs[0]
	switch rights := permission.SetOf(f.ExtendedRights...); {
	case f.Deny && f.Removed:
		p.invalid(n, path.Field("Removed"), "Deny and Removed exclude each other; make two grants of it")
	case f.Deny:
		g.Deny = rights
	case f.Removed:
		g.Removed = rights
	default:
		g.Allow = rights
	}
}

// unknownKey reports a key that isn't a field, and says which one it might be.
func (p *parser) unknownKey(m member, path source.Path, fields []string) {
	detail, meant := fmt.Sprintf("there is no parameter %q here", m.key), source.Path("")
	if best := resembling(m.key, fields); best != "" {
		detail, meant = detail+"; "+best+" is one", path.Field(source.Path(best))
	} else {
		detail += "; leave it out"
	}
	p.mistakes = append(p.mistakes, mistake{source.Mistake(path, source.CodeParameterUnknown, "%s", detail), m.offset, meant})
}

// resembling returns the field that is most similar to key; "" if no field is similar.
func resembling(key string, fields []string) string {
	best, distance := "", 4
	for _, f := range fields {
		if d := editDistance(strings.ToLower(key), strings.ToLower(f)); d < distance && d <= len(f)/2 {
			best, distance = f, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions and replacements between a and
// b. Long keys are cut: they resemble nothing.
func editDistance(a, b string) int {
	a = a[:min(len(a), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

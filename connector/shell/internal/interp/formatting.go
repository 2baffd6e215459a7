package interp

import (
	"bytes"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// nowhere is the node of what no part of the script stands for.
var nowhere = syntax.Span{}

// formatting are the cmdlets that say how objects look.
func formatting() []*command {
	property := parameter("Property", "Object[]", 0, "Names, patterns or calculated properties, @{n='Name';e={…}}.")
	return []*command{
		{name: "Format-List", aliases: []string{"fl"}, start: func(inv *invocation) (stage, error) { return startFormat(inv, false) },
			synopsis: "Shows objects as lists of their properties.", params: []object.Parameter{property, inputObject}},
		{name: "Format-Table", aliases: []string{"ft"}, start: func(inv *invocation) (stage, error) { return startFormat(inv, true) },
			synopsis: "Shows objects as the rows of a table.",
			params: []object.Parameter{property,
				flag("AutoSize", "Makes columns as wide as they need, which they always are here."),
				flag("HideTableHeaders", "Leaves the headings out."),
				flag("Wrap", "Cuts nothing; lines become as long as they need."), inputObject}},
		{name: "Out-String", start: startOutString, synopsis: "Makes text of how objects look.",
			params: []object.Parameter{
				parameter("Width", "Int32", object.Named, "Characters of a line."),
				flag("Stream", "Emits the lines one by one."), inputObject}},
	}
}

func startFormat(inv *invocation, table bool) (stage, error) {
	fields, err := inv.fields("Property")
	if err != nil {
		return nil, err
	}
	return inv.gather(func(items []object.Value) error {
		r := &rendering{table: table, whole: inv.on("Wrap"), bare: inv.on("HideTableHeaders")}
		for _, v := range items {
			o, ok := v.(*object.Object)
			if ok && fields != nil {
				if o, err = inv.in.project(v, o.Type, fields, nil); err != nil {
					return err
				}
				if r.names == nil {
					r.names = o.Names()
				}
				v = o
			}
			r.values = append(r.values, v)
		}
		if len(r.values) == 0 {
			return nil
		}
		out := object.NewObject("FormatEntryData", 0)
		out.Text = "Microsoft.PowerShell.Commands.Internal.Format.FormatEntryData"
		out.Ref = r
		return inv.emit(out)
	}), nil
}

func startOutString(inv *invocation) (stage, error) {
	width, err := inv.number("Width", 0)
	if err != nil {
		return nil, err
	}
	b := &boundedBuffer{m: inv.in.m}
	d := &display{in: inv.in, w: b, width: int(min(width, DefaultList))}
	return inv.work(d.add, func() error {
		if err := d.flush(); err != nil {
			return at(inv.node.NameSpan, err)
		}
		if !inv.on("Stream") {
			return inv.emit(b.String())
		}
		return emitAll(inv, strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"))
	}), nil
}

// boundedBuffer is a buffer that pays for what it holds.
type boundedBuffer struct {
	bytes.Buffer
	m *meter
}

// Write implements io.Writer.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if err := b.m.grow(b.Len()+len(p), 2*len(p)); err != nil {
		return 0, err
	}
	return b.Buffer.Write(p)
}

// WriteString implements io.StringWriter.
func (b *boundedBuffer) WriteString(s string) (int, error) { return b.Write([]byte(s)) }

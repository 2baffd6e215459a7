package interp

import (
	"bytes"

	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// startExport makes the start of a cmdlet that writes all its objects to a file.
func startExport(render func(*invocation, []object.Value) ([]byte, error)) func(*invocation) (stage, error) {
	return func(inv *invocation) (stage, error) {
		if err := inv.checkEncoding(true); err != nil {
			return nil, err
		}
		path := inv.text("Path")
		return inv.gather(func(items []object.Value) error {
			data, err := render(inv, items)
			if err != nil {
				return at(inv.node.NameSpan, err)
			}
			must(inv.node.NameSpan, inv.in.m.alloc(int64(len(data))))
			if ok, err := inv.confirm("Output to file", path); !ok || err != nil {
				return err
			}
			if inv.in.opt.FS == nil {
				return inv.fail(errNoFiles)
			}
			return inv.writeFile(path, inv.behind(path, data))
		}), nil
	}
}

// behind returns data behind the present content of the file, if the command appends.
// A header that the file has already isn't written again.
func (inv *invocation) behind(path string, data []byte) []byte {
	if !inv.on("Append") && inv.cmd.name != "Add-Content" {
		return data
	}
	old, err := inv.in.opt.FS.ReadFile(path)
	if err != nil || len(old) == 0 { // if the file is there and can't be read, writing reports why
		return data
	}
	must(inv.node.NameSpan, inv.in.m.alloc(int64(len(old)+len(data))))
	if inv.cmd.name == "Export-Csv" {
		for header := true; header && len(data) > 0; {
			header = data[0] == '#'
			_, data, _ = bytes.Cut(data, []byte("\n"))
		}
	}
	return append(bytes.Clone(old), data...)
}

// lineEnd is the line end that PowerShell writes on Windows, where exports are read.
const lineEnd = "\r\n"

func csvFile(inv *invocation, items []object.Value) ([]byte, error) {
	lines, err := inv.csvLines(items)
	if err != nil {
		return nil, err
	}
	return joinLines(inv, lines, lineEnd), nil
}

// joinLines makes the content of a file of lines, each with an end.
func joinLines(inv *invocation, lines []string, end string) []byte {
	size := 0
	for _, line := range lines {
		size += len(line) + len(end)
	}
	must(inv.node.NameSpan, inv.in.m.alloc(int64(size)))
	b := make([]byte, 0, size)
	for _, line := range lines {
		b = append(append(b, line...), end...)
	}
	return b
}

func clixmlFile(inv *invocation, items []object.Value) ([]byte, error) {
	// PowerShell's depth of 1 would lose the elements of a list within a property
	// of a property; one more costs little.
	depth, err := inv.number("Depth", 2)
	if err != nil {
		return nil, err
	}
	text, err := format.CLIXML(items, int(min(depth, maxDepth)), int(inv.in.opt.Limits.Output))
	return []byte(text), tooLong(err)
}

func textFile(inv *invocation, items []object.Value) ([]byte, error) {
	width, err := inv.number("Width", 0)
	if err != nil {
		return nil, err
	}
	b := &boundedBuffer{m: inv.in.m}
	d := &display{in: inv.in, w: b, width: int(min(width, DefaultList))}
	for _, v := range items {
		if err := d.add(v); err != nil {
			return nil, err
		}
	}
	if err := d.flush(); err != nil {
		return nil, err
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte(lineEnd)), nil
}

func contentFile(inv *invocation, items []object.Value) ([]byte, error) {
	var lines []string
	for _, v := range items {
		lines = append(lines, inv.in.text(inv.node, v))
	}
	if inv.on("NoNewline") {
		return joinLines(inv, lines, ""), nil
	}
	return joinLines(inv, lines, lineEnd), nil
}

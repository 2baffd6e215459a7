package interp

import (
	"errors"
	"path"
	"regexp"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// searching are the cmdlets that look for text, differences and files.
func searching() []*command {
	lines := inputObject
	file := parameter("Path", "String[]", 1, "The files.", "LiteralPath", "PSPath")
	onePath := required(parameter("Path", "String", 0, "The path.", "LiteralPath", "PSPath"))
	onePath.Pipeline = true
	return []*command{
		{name: "Select-String", aliases: []string{"sls"}, synopsis: "Finds the lines that match a pattern.", start: startSelectString,
			params: []object.Parameter{
				required(parameter("Pattern", "String[]", 0, "Regular expressions, or text with -SimpleMatch.")), file,
				flag("SimpleMatch", "Takes the patterns as text."), flag("CaseSensitive", "Minds letter case."),
				flag("NotMatch", "Finds the other lines."), flag("Quiet", "Reports only whether there is one."),
				flag("List", "Stops after the first line of a file."), lines}},
		{name: "Compare-Object", aliases: []string{"compare", "diff"}, synopsis: "Finds the objects that only one of two lists has.", start: startCompare,
			params: []object.Parameter{
				required(parameter("ReferenceObject", "Object[]", 0, "One list.")), required(pipelined(parameter("DifferenceObject", "Object[]", 1, "The other list."))),
				parameter("Property", "Object[]", 2, "What to compare by; without it, the objects themselves."),
				flag("IncludeEqual", "Shows the objects that both have, too."), flag("ExcludeDifferent", "Leaves out the others."),
				flag("PassThru", "Emits the objects themselves."), flag("CaseSensitive", "Minds letter case.")}},
		{name: "Test-Path", synopsis: "Reports whether there is a file.", start: startTestPath,
			params: []object.Parameter{onePath, parameter("PathType", "String", object.Named, "Any or Leaf; directories aren't looked for.")}},
		{name: "New-Item", aliases: []string{"ni"}, synopsis: "Makes an empty file. A directory is made when a file is written into it.", start: startNewItem,
			params: []object.Parameter{onePath, parameter("ItemType", "String", object.Named, "File or Directory.", "Type"), parameter("Name", "String", object.Named, "What is within the path."),
				parameter("Value", "String", object.Named, "What the file holds."), flag("Force", "Replaces a file that is there.")}},
		{name: "Join-Path", synopsis: "Puts a path together.", start: startJoinPath,
			params: []object.Parameter{onePath, required(parameter("ChildPath", "String", 1, "What stands within it."))}},
		{name: "Split-Path", synopsis: "Takes a path apart.", start: startSplitPath,
			params: []object.Parameter{onePath, flag("Parent", "The directory, as without it."), flag("Leaf", "The last part.")}},
	}
}

// lineTest says whether a line is one that Select-String looks for.
type lineTest = func(line string) (pattern string, found bool)

func (inv *invocation) lineTest() (lineTest, error) {
	in, node := inv.in, inv.where("Pattern")
	exact := inv.on("CaseSensitive")
	var sources []string
	var patterns []pattern
	for _, v := range object.Items(inv.args["Pattern"]) {
		text := in.text(node, v)
		source := text
		if inv.on("SimpleMatch") {
			source = regexp.QuoteMeta(text)
		}
		p, err := in.regex(node, source, exact)
		if err != nil {
			return nil, err
		}
		sources, patterns = append(sources, text), append(patterns, p)
	}
	return func(line string) (string, bool) {
		for i, p := range patterns {
			if in.first(node, p, line) != nil {
				return sources[i], !inv.on("NotMatch")
			}
		}
		return "", inv.on("NotMatch")
	}, nil
}

func startSelectString(inv *invocation) (stage, error) {
	test, err := inv.lineTest()
	if err != nil {
		return nil, err
	}
	found := false
	number := int64(0)
	look := func(file, line string, number int64) (bool, error) {
		pattern, ok := test(line)
		if !ok {
			return false, nil
		}
		found = true
		if inv.on("Quiet") {
			return true, nil
		}
		m := row("MatchInfo", "Line", line, "LineNumber", number, "Path", file, "Filename", path.Base(file), "Pattern", pattern)
		m.Text = line
		must(inv.node, inv.in.keep(m, 0))
		return true, inv.emit(m)
	}
	each := func(v object.Value) error {
		text := inv.in.text(inv.node, v)
		number++
		_, err = look("InputStream", text, number)
		return err
	}
	return inv.work(each, func() error {
		if err := inv.readLines(look); err != nil {
			return err
		}
		if inv.on("Quiet") {
			return inv.emit(found)
		}
		return nil
	}), nil
}

// readLines goes through the lines of the files of -Path.
func (inv *invocation) readLines(look func(file, line string, number int64) (bool, error)) error {
	for _, v := range object.Items(inv.args["Path"]) {
		name := inv.in.text(inv.where("Path"), v)
		data, ok, err := inv.readFile(name)
		if err != nil || !ok {
			return err
		}
		text, ok, err := inv.decode(name, data)
		if err != nil || !ok {
			return err
		}
		number := int64(0)
		for line := range strings.Lines(text) {
			number++
			hit, err := look(name, strings.TrimRight(line, "\r\n"), number)
			if err != nil {
				return err
			}
			if hit && inv.on("List") {
				break
			}
		}
	}
	return nil
}

// compared is an object with what it is compared by.
type compared struct {
	v     object.Value
	key   string
	taken bool
}

func (inv *invocation) compared(list []object.Value, fields []field) ([]*compared, error) {
	var out []*compared
	for _, v := range list {
		must(inv.node, inv.in.keep(nil, len(out)+1))
		must(inv.node, inv.in.m.alloc(2*mapEntryBytes))
		must(inv.node, inv.in.m.step(2))
		name, err := inv.groupName(fields, v)
		if err != nil {
			return nil, err
		}
		if !inv.on("CaseSensitive") {
			name = object.Fold(name)
		}
		out = append(out, &compared{v: v, key: name})
	}
	return out, nil
}

func startCompare(inv *invocation) (stage, error) {
	fields, err := inv.fields("Property")
	if err != nil {
		return nil, err
	}
	return inv.gather(func(other []object.Value) error {
		if !inv.piped {
			other = object.Items(inv.args["DifferenceObject"])
		}
		left, err := inv.compared(object.Items(inv.args["ReferenceObject"]), fields)
		if err != nil {
			return err
		}
		right, err := inv.compared(other, fields)
		if err != nil {
			return err
		}
		return inv.emitDifferences(left, right, fields)
	}), nil
}

// emitDifferences emits what both lists have, then what only one has.
func (inv *invocation) emitDifferences(left, right []*compared, fields []field) error {
	free := map[string][]*compared{}
	for _, c := range left {
		free[c.key] = append(free[c.key], c)
	}
	for _, c := range right {
		if same := free[c.key]; len(same) > 0 {
			same[0].taken, c.taken = true, true
			free[c.key] = same[1:]
		}
	}
	for _, side := range []struct {
		sign  string
		list  []*compared
		equal bool
	}{{"==", right, true}, {"=>", right, false}, {"<=", left, false}} {
		if side.equal && !inv.on("IncludeEqual") || !side.equal && inv.on("ExcludeDifferent") {
			continue
		}
		for _, c := range side.list {
			if c.taken != side.equal {
				continue
			}
			if err := inv.emitDifference(c.v, side.sign, fields); err != nil {
				return err
			}
		}
	}
	return nil
}

func (inv *invocation) emitDifference(v object.Value, sign string, fields []field) error {
	if inv.on("PassThru") {
		return inv.emit(v)
	}
	out := object.NewObject(customObject, 2)
	if fields == nil {
		out.Set("InputObject", v)
	} else {
		var err error
		if out, err = inv.in.project(v, customObject, fields, nil); err != nil {
			return err
		}
	}
	out.Set("SideIndicator", sign)
	return inv.emit(out)
}

func startTestPath(inv *invocation) (stage, error) {
	return inv.eachPath(func(name string) error {
		if inv.in.opt.FS == nil {
			return inv.emit(false)
		}
		data, err := inv.in.opt.FS.ReadFile(name)
		must(inv.node, inv.in.m.alloc(int64(len(data))))
		return inv.emit(err == nil)
	})
}

func startNewItem(inv *invocation) (stage, error) {
	kind := inv.text("ItemType")
	value := inv.text("Value")
	name := inv.text("Name")
	return inv.eachPath(func(file string) error {
		if name != "" {
			file = joinPath(file, name)
		}
		info := row("FileInfo", "FullName", file, "Name", path.Base(strings.ReplaceAll(file, `\`, "/")))
		info.Text = file
		if strings.EqualFold(kind, "Directory") {
			return inv.emit(info)
		}
		if inv.in.opt.FS == nil {
			return inv.fail(errNoFiles)
		}
		if _, err := inv.in.opt.FS.ReadFile(file); err == nil && !inv.on("Force") {
			return inv.fail(&object.ArgumentError{Parameter: "Path", Err: errors.New("there is such a file already")})
		}
		if err := inv.in.opt.FS.WriteFile(file, []byte(value)); err != nil {
			return inv.fail(&object.ArgumentError{Parameter: "Path", Err: err})
		}
		return inv.emit(info)
	})
}

// joinPath puts a path together with the separator that it has.
func joinPath(parent, child string) string {
	between := "/"
	if strings.Contains(parent, `\`) {
		between = `\`
	}
	return strings.TrimRight(parent, `\/`) + between + strings.TrimLeft(child, `\/`)
}

func startJoinPath(inv *invocation) (stage, error) {
	child := inv.text("ChildPath")
	return inv.eachPath(func(name string) error {
		return inv.emit(joinPath(name, child))
	})
}

func startSplitPath(inv *invocation) (stage, error) {
	if inv.on("Leaf") && inv.on("Parent") {
		return nil, &Error{Where: inv.where("Leaf").Where(), Err: errors.New("-Leaf and -Parent don't go together")}
	}
	return inv.eachPath(func(name string) error {
		name = strings.ReplaceAll(name, `\`, "/")
		if inv.on("Leaf") {
			return inv.emit(path.Base(name))
		}
		return inv.emit(path.Dir(name))
	})
}

// eachPath makes the stage of a cmdlet that does something with each -Path.
func (inv *invocation) eachPath(use func(name string) error) (stage, error) {
	return inv.each("Path", func(v object.Value) error { return use(inv.in.text(inv.where("Path"), v)) }), nil
}

package interp

import (
	"errors"
	"io"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// printing are the cmdlets that show texts and objects, or nothing.
func printing() []*command {
	message := required(parameter("Message", "String", 0, "The text.", "Msg"))
	message.Pipeline = true
	many := parameter("InputObject", "Object[]", 0, "The objects.", "Object")
	many.Remaining, many.Pipeline = true, true
	shown := parameter("Object", "Object", 0, "What to show.", "Message")
	shown.Remaining, shown.Pipeline = true, true
	null := inputObject
	return []*command{
		{name: "Write-Output", aliases: []string{"echo", "write"}, synopsis: "Emits objects.", params: []object.Parameter{many},
			start: func(inv *invocation) (stage, error) { return inv.work(inv.emit, nil), nil }},
		{name: "Write-Host", synopsis: "Shows text that isn't part of the pipeline.", start: startWriteHost,
			params: []object.Parameter{shown,
				flag("NoNewline", "Stays on the line."),
				parameter("Separator", "String", object.Named, "What stands between objects; a blank unless given."),
				parameter("ForegroundColor", "ConsoleColor", object.Named, "Has no effect here: output has no colours."),
				parameter("BackgroundColor", "ConsoleColor", object.Named, "Has no effect here: output has no colours.")}},
		{name: "Write-Warning", synopsis: "Gives a warning.", params: []object.Parameter{message},
			start: startMessage(func(inv *invocation, text string) error { inv.warn(text); return nil })},
		{name: "Write-Verbose", synopsis: "Shows a text if -Verbose is given.", params: []object.Parameter{message},
			start: startMessage(func(inv *invocation, text string) error { inv.verbose(text); return nil })},
		{name: "Write-Error", synopsis: "Reports an error.", params: []object.Parameter{message},
			start: startMessage(func(inv *invocation, text string) error { return inv.fail(errors.New(text)) })},
		{name: "Out-Null", synopsis: "Throws the objects away.", params: []object.Parameter{null},
			start: func(inv *invocation) (stage, error) {
				return inv.work(func(object.Value) error { return nil }, nil), nil
			}},
		{name: "Out-Host", aliases: []string{"oh", "Out-Default"}, synopsis: "Shows the objects.", params: []object.Parameter{null},
			start: startOutHost},
	}
}

func startOutHost(inv *invocation) (stage, error) {
	d := &display{in: inv.in}
	return inv.work(d.add, d.flush), nil
}

func startWriteHost(inv *invocation) (stage, error) {
	sep := " "
	if _, ok := inv.args["Separator"]; ok {
		sep = inv.text("Separator")
	}
	show := func(v object.Value) error {
		line := inv.in.join(inv.node, v, sep)
		end := "\n"
		if inv.on("NoNewline") {
			end = ""
		}
		_, err := io.WriteString(inv.in.out, visible(line)+end)
		return at(inv.node, err)
	}
	return inv.work(show, func() error {
		if inv.piped {
			return nil
		}
		return show(inv.args["Object"])
	}), nil
}

// startMessage makes the start of a cmdlet that shows a text.
func startMessage(say func(*invocation, string) error) func(*invocation) (stage, error) {
	return func(inv *invocation) (stage, error) {
		each := func(v object.Value) error {
			text := inv.in.text(inv.node, v)
			return say(inv, visible(text))
		}
		return inv.work(each, func() error {
			if inv.piped {
				return nil
			}
			return each(inv.args["Message"])
		}), nil
	}
}

// visible replaces what would steer a terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || 0x7F <= r && r < 0xA0 {
			return '\uFFFD'
		}
		return r
	}, s)
}

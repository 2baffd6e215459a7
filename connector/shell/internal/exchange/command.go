package exchange

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// command is one cmdlet.
type command struct {
	name     string
	synopsis string
	params   []object.Parameter
	run      func(*object.Call) error
	confirms bool // asks even without -Confirm
	complete func(parameter, prefix string) []string
}

func (c *command) Name() string                   { return c.name }
func (c *command) Parameters() []object.Parameter { return c.params }
func (c *command) Run(call *object.Call) error    { return c.run(call) }
func (c *command) ConfirmsByDefault() bool        { return c.confirms }
func (c *command) Synopsis() string               { return c.synopsis }

// Complete returns values of enumerations, Booleans and identities.
func (c *command) Complete(parameter, prefix string) []string {
	for _, p := range c.params {
		if !strings.EqualFold(p.Name, parameter) {
			continue
		}
		switch {
		case len(p.Values) > 0:
			return withPrefix(p.Values, prefix)
		case p.Type == "Boolean":
			return withPrefix([]string{"$true", "$false"}, prefix)
		}
	}
	if c.complete == nil {
		return nil
	}
	return c.complete(parameter, prefix)
}

// maxCompletions bounds the list that a prompt shows.
const maxCompletions = 200

func withPrefix(values []string, prefix string) []string {
	var found []string
	begin := fold(prefix)
	for _, v := range values {
		if strings.HasPrefix(fold(v), begin) && len(found) < maxCompletions {
			found = append(found, v)
		}
	}
	return found
}

// parameters are the parameters that a verb has, as the interpreter binds them.
func parameters(infos []Info, verb Verbs) []object.Parameter {
	var params []object.Parameter
	for _, i := range infos {
		if i.In&verb == 0 {
			continue
		}
		if i.Switch {
			i.Type = "SwitchParameter"
		}
		p := object.Parameter{
			Name: i.Name, Aliases: i.Aliases, Type: i.Type, Values: i.Values, Position: i.Position - 1, Help: i.help(),
			Mandatory: i.Mandatory&verb != 0, Switch: i.Switch, Pipeline: i.Pipeline, PipelineByName: i.Pipeline || i.ByName,
		}
		if i.Name == "Server" && verb == Get {
			p.Objects = serverTypes()
		}
		if i.Position == 0 || i.Name == "Name" && verb != New { // there Identity has the place
			p.Position = object.Named
		}
		params = append(params, p)
	}
	return params
}

// help is the sentence that Get-Help shows.
func (i *Info) help() string {
	var parts []string
	if i.Range != "" {
		parts = append(parts, i.Range)
	}
	if i.Default != "" {
		parts = append(parts, "default "+i.Default)
	}
	if i.Here != Enforced {
		parts = append(parts, i.Here.String()+" here")
	}
	if i.Why != "" {
		parts = append(parts, i.Why)
	}
	return strings.Join(parts, "; ")
}

// infos are the descriptions of rows, with the types of their values.
func infos[C any](rows []row[C]) []Info {
	list := make([]Info, len(rows))
	for i, r := range rows {
		list[i] = r.Info
		if r.Type == "" {
			list[i].Type = r.kind
		}
		if r.Values == nil {
			list[i].Values = r.values
		}
	}
	return list
}

// commands are the cmdlets of a noun.
func (n *noun[C]) commands(verbs Verbs, about string) []object.Command {
	all := infos(n.rows)
	var list []object.Command
	for _, c := range []struct {
		verb     Verbs
		run      func(*object.Call) error
		synopsis string
	}{
		{New, n.make, "Makes " + about + "."},
		{Set, n.set, "Changes " + about + "."},
		{Get, n.get, "Shows " + about + ", or all that there are."},
		{Remove, n.remove, "Removes " + about + "."},
	} {
		if verbs&c.verb == 0 {
			continue
		}
		list = append(list, &command{
			name: c.verb.Names()[0] + "-" + n.name, synopsis: c.synopsis, run: c.run, confirms: c.verb == Remove,
			params: parameters(all, c.verb), complete: n.identities,
		})
	}
	return list
}

// identities completes -Identity.
func (n *noun[C]) identities(parameter, prefix string) []string {
	if !strings.EqualFold(parameter, "Identity") || n.shelf == nil {
		return nil
	}
	if n.refresh != nil {
		n.refresh()
	}
	var names []string
	for it := range n.shelf.all() {
		names = append(names, it.key)
		if short := it.key[strings.LastIndex(it.key, `\`)+1:]; short != it.key {
			names = append(names, short)
		}
	}
	return withPrefix(names, prefix)
}

package exchange

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
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
func parameters(rows []schema.Row, verb schema.Verbs) []object.Parameter {
	var params []object.Parameter
	for i := range rows {
		r := &rows[i]
		if r.Verbs&verb == 0 {
			continue
		}
		p := object.Parameter{
			Name: r.Name, Type: r.Type(), Values: r.Kind.Values, Position: r.Position - 1, Help: r.Help(),
			Mandatory: r.Mandatory&verb != 0, Switch: r.Switch(), Pipeline: r.Pipeline, PipelineByName: r.Pipeline || r.ByName,
		}
		if r.Name == "Server" && verb == schema.Get {
			p.Objects = serverTypes()
		}
		if r.Name == "Queue" {
			p.Objects = []string{queueType}
		}
		if r.Position == 0 || r.Name == "Name" && verb != schema.New { // there Identity has the place
			p.Position = object.Named
		}
		params = append(params, p)
	}
	return params
}

// commands are the cmdlets of a noun.
func (n *noun[C]) commands(of *schema.Noun) []object.Command {
	var list []object.Command
	for _, c := range []struct {
		verb     schema.Verbs
		run      func(*object.Call) error
		synopsis string
	}{
		{schema.New, n.make, "Makes " + of.Thing + "."},
		{schema.Set, n.set, "Changes " + of.Thing + "."},
		{schema.Get, n.get, "Shows " + of.Thing + ", or all that there are."},
		{schema.Remove, n.remove, "Removes " + of.Thing + "."},
	} {
		if of.Verbs&c.verb == 0 {
			continue
		}
		list = append(list, &command{
			name: c.verb.Names()[0] + "-" + n.name, synopsis: c.synopsis, run: c.run, confirms: c.verb == schema.Remove,
			params: parameters(of.Rows, c.verb), complete: n.identities,
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

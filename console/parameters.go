package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// kind is a kind of object whose parameters a page lists.
type kind struct {
	name string // in addresses
	noun string // of the cmdlets
	is   string // for people
	list string // the field of the configuration; "": the one object of the kind is Transport
}

var kinds = []kind{
	{"receive", "ReceiveConnector", "Receive connector", "Receive"},
	{"send", "SendConnector", "Send connector", "Send"},
	{"accepted-domain", "AcceptedDomain", "accepted domain", "Accepted"},
	{"remote-domain", "RemoteDomain", "remote domain", "Remote"},
	{"server", "TransportService", "server", "Services"},
	{"organization", "TransportConfig", "organisation", ""},
}

// parameterRow is a parameter with its value.
type parameterRow struct {
	shell.Parameter
	Value  string
	Origin string // the file and line that set it; "": the default
	Change string // the page with the form to change it
}

// parameters is the data of the page All parameters.
type parameters struct {
	Kind, ID string
	Made     string // where the object was made; "": by setup
	Rows     listing[parameterRow]
	Change   *parameterRow // the one that the form is for; nil: there is no form
}

// parametersOf finds the object that a request names, and the path of its part of the configuration.
func (r *request) parametersOf(cfg *connector.Config) (k kind, id string, path source.Path, err error) {
	name, id := r.FormValue("kind"), r.FormValue("id")
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, "", "", notFound("kind of object", name)
	}
	k = kinds[i]
	path, ok := k.path(cfg, id)
	if !ok {
		return k, id, "", notFound(k.is, id)
	}
	return k, id, path, nil
}

// path returns the path of the object with an identity.
func (k kind) path(cfg *connector.Config, id string) (source.Path, bool) {
	at := func(i int) (source.Path, bool) {
		if i < 0 {
			return "", false
		}
		return cfg.ElementPaths(k.list)[i], true
	}
	switch k.list {
	case "Receive":
		return at(slices.IndexFunc(cfg.Receive, func(c connector.Receive) bool {
			return strings.EqualFold(cmp.Or(c.Server, dialog.ThisServer(cfg))+`\`+c.Name, id)
		}))
	case "Send":
		return at(slices.IndexFunc(cfg.Send, func(c connector.Send) bool { return strings.EqualFold(c.Name, id) }))
	case "Accepted":
		for i, d := range cfg.Accepted {
			if strings.EqualFold(cmp.Or(d.Name, d.DomainName), id) {
				return at(i)
			}
		}
		return "", false
	case "Remote":
		return at(slices.IndexFunc(cfg.Remote, func(d connector.RemoteDomain) bool { return strings.EqualFold(d.Name, id) }))
	case "Services":
		return source.Named("Services", id), true
	}
	return "Transport", true
}

// identity returns the arguments that name the object in a command.
func (k kind) identity(id string) string {
	if k.list == "" {
		return ""
	}
	return " -Identity " + shell.Quote(id)
}

// parametersPage lists all parameters of an object, with their values and where these were set.
func parametersPage(r *request) error {
	v, err := r.version()
	if err != nil {
		return err
	}
	k, id, path, err := r.parametersOf(&v.Config)
	if err != nil {
		return err
	}
	output, err := v.Query(r.Context(), "Get-"+k.noun+k.identity(id)+" | ConvertTo-Json")
	if list, ok := mistakes(err); ok && v.Mistakes == nil {
		return &problem{status: http.StatusNotFound, text: list[0].Detail}
	}
	if err != nil {
		return err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(output), &values); err != nil {
		return fmt.Errorf("the parameters of %s can't be read: %w", id, err)
	}
	p := parameters{Kind: k.name, ID: id}
	if at, ok := v.Loaded.Places[path]; ok {
		p.Made = at.String()
	}
	var rows []parameterRow
	for _, parameter := range shell.Parameters(k.noun) {
		row := parameterRow{Parameter: parameter, Value: plainValue(values[parameter.Name])}
		if at, ok := v.Loaded.Places[path+source.Path("."+parameter.Field)]; ok {
			row.Origin = at.String()
		}
		row.Change = r.c.path("/parameters", "kind", k.name, "id", id, "change", row.Name, "filter", r.FormValue("filter")) + "#change"
		if row.Name == r.FormValue("change") {
			p.Change = &row
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b parameterRow) int { return strings.Compare(a.Name, b.Name) })
	p.Rows = listOf(r, rows, func(row *parameterRow) string { return row.Name + "\n" + row.Value + "\n" + row.Help })
	return r.render("parameters", view{Title: "All parameters of the " + k.is + " " + id, Nav: k.page(), Data: p})
}

// page returns the page that lists objects of the kind.
func (k kind) page() string {
	if k.list == "Receive" || k.list == "Services" {
		return "/server"
	}
	return "/organization"
}

// plainValue returns a value as the shell prints it. Passwords are never among the values: the shell has them as
// objects without text.
func plainValue(raw json.RawMessage) string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, ", ")
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil || value == nil {
		return ""
	}
	switch value := value.(type) {
	case bool:
		if value {
			return "True"
		}
		return "False"
	case string:
		return value
	}
	return string(raw)
}

// changeParameter proposes another value of a parameter.
func changeParameter(r *request) error {
	v, err := r.version()
	if err != nil {
		return err
	}
	k, id, _, err := r.parametersOf(&v.Config)
	if err != nil {
		return err
	}
	name := r.PostFormValue("parameter")
	all := shell.Parameters(k.noun)
	i := slices.IndexFunc(all, func(p shell.Parameter) bool { return p.Name == name })
	if i < 0 {
		return notFound("parameter", name)
	}
	return r.propose(policyfiles.Change{
		Title:    fmt.Sprintf("Change %s of the %s %s", name, k.is, id),
		Commands: fmt.Sprintf("Set-%s%s -%s %s\n", k.noun, k.identity(id), name, argument(&all[i], r.PostForm["value"])),
	}, "Apply", within("/parameters", "kind", k.name, "id", id))
}

// argument writes the value of a parameter in the shell language. A list has an element on each line, or between
// commas. Without a value it is $null.
func argument(p *shell.Parameter, given []string) string {
	var values []string
	for _, text := range given {
		parts := []string{text}
		if p.List {
			parts = strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == '\n' || c == '\r' })
		}
		for _, part := range parts {
			if part = strings.TrimSpace(part); part != "" {
				values = append(values, shell.Quote(part))
			}
		}
	}
	switch {
	case len(values) == 0:
		return "$null"
	case p.Type == "Boolean" && strings.EqualFold(values[0], "'True'"):
		return "$true"
	case p.Type == "Boolean" && strings.EqualFold(values[0], "'False'"):
		return "$false"
	}
	return strings.Join(values, ",")
}

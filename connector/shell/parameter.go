package shell

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
)

// Parameter describes a parameter of a Set cmdlet, for programs that show or ask for its value.
type Parameter struct {
	Name     string   // as Exchange spells it
	Field    string   // the field of the configuration's struct that it sets
	Type     string   // its .NET type without a namespace
	Values   []string // of an enumeration; nil: the type is not an enumeration
	List     bool     // it takes several values
	Help     string   // the text of Get-Help
	Enforced bool     // it has an effect; otherwise it is checked, stored and shown, and Help says why
}

// Parameters returns the parameters of the Set cmdlet of a noun, such as ReceiveConnector, in the order of
// docs/cmdlets.md, without those whose use is an error and without Identity. It returns nil if there is no such cmdlet.
func Parameters(noun string) (list []Parameter) {
	i := slices.IndexFunc(schema.Nouns, func(n schema.Noun) bool { return strings.EqualFold(n.Names[0], noun) })
	if i < 0 || schema.Nouns[i].Verbs&schema.Set == 0 {
		return nil
	}
	for _, r := range schema.Nouns[i].Rows {
		if r.Verbs&schema.Set == 0 || r.Status() == schema.Refused || r.Switch() || r.Position > 0 {
			continue
		}
		list = append(list, Parameter{
			Name: r.Name, Field: r.FieldName(), Type: r.Type(), Values: slices.Clone(r.Kind.Values), List: r.List || r.Kind.Flags,
			Help: r.Help(), Enforced: r.Status() == schema.Enforced,
		})
	}
	return list
}

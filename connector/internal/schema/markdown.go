package schema

import (
	"fmt"
	"strings"
)

// docsHead is the beginning of docs/cmdlets.md.
const docsHead = `# Cmdlets and parameters

This page is made from the table that the program itself reads; a test keeps the
two equal.

*Here* says what Interchange does with a parameter: **enforced**, it does what it
does in Exchange; **kept**, it is checked, stored and shown, and has no effect,
which is reported once by name; **refused**, naming it is an error. Parameters of
all editions are accepted in every profile; *Editions* says which of Exchange's
have one. A default *in 2007* is that of the profile Exchange2007; of several that
apply the last one counts.

-WhatIf, -Confirm, -Verbose and -ErrorAction belong to every cmdlet.
[Scripts](scripts.md) describes the language around the cmdlets.

A value of an enumeration may be abbreviated, and be the number that .NET gives it.
Where a parameter takes several values, one text may hold them all, with ; or |
between them, if it can't be read as one value. A time span of 0 is no time; any
other bare number would mean days, and is refused.

## Where the cmdlets differ from Exchange's

- An identity that is $null or unknown is an error. Exchange's Get cmdlets
  return everything then, and what follows in the pipeline changes it all.
- A bare name of a Receive connector is looked up on the local server, a name
  with wildcards on all.
- Set fails and changes nothing if the result would break a rule of connectors.
  Problems that were there before don't count against it.
- Adding what a list holds already, and removing what it doesn't hold, is an
  error.
- Remove-ADPermission also takes away rights that a permission group or the
  making of a connector gave. Set-ReceiveConnector -PermissionGroups gives them
  back, as does Add-ADPermission.
- A server that a command names and that isn't listed is treated as another one of
  the organisation, with a warning; where the servers are listed, it is an error.
- Without a terminal, a missing parameter is an error.
- Zero is out of range for the Port and the MaxMessageSize of Send connectors and
  for the limits of Set-TransportConfig. Exchange takes it and doesn't say what it
  means.
- Servers that come through the pipeline are those of -Server:
  Get-ExchangeServer | Get-ReceiveConnector.
- A queue is named as gateway queue hops names the next hop, not by a number, and
  its NextHopDomain stands for it if no other queue has that. A message is named by
  its ID. Suspend-Message and Resume-Message concern all recipients of a message,
  also those in other queues. Changes to queues and messages need a running gateway;
  Get-Queue, Get-Message and Export-Message do not.
- GUIDs are made from names, so that they are the same each time. There are no
  times of change.
`

// Markdown returns docs/cmdlets.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(docsHead)
	for _, n := range Nouns {
		var names []string
		for name := range n.Cmdlets() {
			names = append(names, name)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", strings.Join(names, ", "), n.about())
		b.WriteString("| Parameter | What it does | Cmdlets | Type | Values | Default | Editions | Here |\n|---|---|---|---|---|---|---|---|\n")
		for i := range n.Rows {
			if verbs := n.Rows[i].Verbs & n.Verbs; verbs != 0 {
				b.WriteString(n.Rows[i].markdown(verbs))
			}
		}
	}
	return b.String()
}

// markdown returns one parameter as a line of a table.
func (r *Row) markdown(verbs Verbs) string {
	var values []string
	if r.Mandatory&verbs != 0 {
		values = append(values, "mandatory on "+strings.Join((r.Mandatory&verbs).Names(), ", "))
	}
	if r.Kind.Values != nil {
		values = append(values, strings.Join(r.Kind.Values, ", "))
	}
	if text := r.Range(); text != "" {
		values = append(values, text)
	}
	status := "**" + string(r.Status()) + "**"
	if why := r.Why(); why != "" {
		status += ": " + escape(why)
	}
	cells := []string{r.Name, r.Does, strings.Join(verbs.Names(), ", "), r.Type(), strings.Join(values, "; "), r.DefaultText(), string(r.Since)}
	for i, c := range cells {
		cells[i] = escape(c)
	}
	return "| " + strings.Join(append(cells, status), " | ") + " |\n"
}

// escape returns text for a cell of a table.
func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`).Replace(text)
}

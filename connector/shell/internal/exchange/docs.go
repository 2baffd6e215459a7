package exchange

import (
	"fmt"
	"slices"
	"strings"
)

// Section is one group of cmdlets and their parameters.
type Section struct {
	Nouns  []string // New-ReceiveConnector is New of ReceiveConnector
	Verbs  Verbs
	About  string
	Params []Info
}

// Table returns all cmdlets and parameters that are known, in the order of the
// documentation. The slices are the caller's.
func Table() []Section {
	all := New | Set | Get | Remove
	list := []Section{
		{[]string{"ReceiveConnector"}, all, "Receive connectors take mail in.", infos(receiveRows)},
		{[]string{"SendConnector"}, all, "Send connectors send mail on.", infos(sendRows)},
		{[]string{"ADPermission"}, Add | Get | Remove, "Extended rights on connectors. The identity is that of a connector.", slices.Clone(permissionRows)},
		{[]string{"AcceptedDomain"}, all, "The domains that mail is taken for from anybody.", infos(acceptedRows)},
		{[]string{"RemoteDomain"}, all, "What senders of other domains are told of their mail. Message formats are kept only.", infos(remoteRows)},
		{[]string{"TransportConfig"}, Get | Set, "The limits of the organisation, and what goes for delivery reports.", infos(transportRows)},
		{[]string{"TransportService", "TransportServer"}, Get | Set, "The Transport service of a server: retries, expiry and connections; 2007 and 2010 have the second name only.", infos(serviceRows)},
		{[]string{"FrontendTransportService"}, Get | Set, "The Front End Transport service of a server, which the Transport service stands for here.", infos(frontendRows)},
		{[]string{"MailboxTransportService"}, Get | Set, "The Mailbox Transport services of a server, which deliver to mailboxes.", infos(mailboxRows)},
		{[]string{"AdSite"}, Get | Set, "Active Directory sites. They come from the servers and links of the configuration.", infos(siteRows)},
		{[]string{"AdSiteLink"}, Get | Set, "What it costs to send mail from site to site.", infos(linkRows)},
		{[]string{"ExchangeServer"}, Get, "The servers of the organisation.", infos(serverRows)},
		{[]string{"SmtpConnectivity"}, Test, "What becomes of connections to each binding of a server.", slices.Clone(connectivityRows)},
		{[]string{"ExchangeCertificate"}, Get, "The certificates that the server is run with, those of `-cert`.", slices.Clone(certificateInfos)},
		{[]string{"Credential"}, Get, "A user name and a password, from a prompt, a file or the environment.", slices.Clone(credentialRows)},
	}
	for _, n := range absentNouns {
		list = append(list, Section{[]string{n.name}, Get, "There are no " + n.why + " here, so nothing is returned.", absentInfos(n)})
	}
	for _, n := range refusedNouns {
		list = append(list, Section{[]string{n.name}, n.verbs, "Not supported: " + n.why + ".", slices.Clone(n.rows)})
	}
	for _, s := range list {
		for i := range s.Params {
			if s.Params[i].Switch {
				s.Params[i].Type = "SwitchParameter"
			}
		}
	}
	return list
}

// docsHead is the beginning of docs/cmdlets.md.
const docsHead = `# Cmdlets and parameters

This page is made from the table that the shell itself works by; a test keeps
the two equal.

*Here* says what becomes of a parameter: **enforced**, it does what it does in
Exchange; **kept**, it is checked, stored and shown, and has no effect, which is
reported once by name; **refused**, naming it is an error. Parameters of all
editions are accepted in every profile; *Editions* says which of Exchange's have
one. A default in parentheses is that of the profile Exchange2007.

-WhatIf, -Confirm, -Verbose and -ErrorAction belong to every cmdlet.
[Scripts](scripts.md) describes the language around the cmdlets.

A value of an enumeration may be abbreviated, and be the number that .NET gives it.
Where a parameter takes several values, one text may hold them all, with ; or |
between them, if it can't be read as one value. A time span of 0 is no time; any
other bare number would mean days, and is refused.

## Where the cmdlets differ from Exchange's

- An identity that is $null or nobody's is an error. Exchange's Get cmdlets
  return everything then, and what follows in the pipeline changes it all.
- A bare name of a Receive connector is looked up on the local server, a name
  with wildcards on all.
- Set fails and changes nothing if the result would break a rule of connectors.
  Problems that were there before don't count against it.
- Adding what a list holds already, and removing what it doesn't hold, is an
  error.
- Remove-ADPermission takes away what a permission group or the making of a
  connector gave to somebody, too. Set-ReceiveConnector -PermissionGroups gives it
  back, as does Add-ADPermission.
- A server that a command names and nobody listed is taken for another one of
  the organisation, with a warning; where the servers are listed, it is an error.
- Where nobody can be asked, a missing parameter is an error.
- Zero is out of range for the Port and the MaxMessageSize of Send connectors and
  for the limits of Set-TransportConfig. Exchange takes it and doesn't say what it
  would mean.
- Servers that come through the pipeline are those of -Server:
  Get-ExchangeServer | Get-ReceiveConnector.
- GUIDs are made from names, so that they are the same each time. There are no
  times of change.
`

// Markdown renders the table as docs/cmdlets.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(docsHead)
	for _, s := range Table() {
		var names []string
		for _, noun := range s.Nouns {
			for _, verb := range s.Verbs.Names() {
				names = append(names, verb+"-"+noun)
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", strings.Join(names, ", "), s.About)
		b.WriteString("| Parameter | Cmdlets | Type | Values | Default | Editions | Here |\n|---|---|---|---|---|---|---|\n")
		for _, i := range s.Params {
			if i.In &= s.Verbs; i.In != 0 {
				b.WriteString(i.markdown())
			}
		}
	}
	return b.String()
}

// markdown renders one parameter as a line of a table.
func (i *Info) markdown() string {
	values := i.Range
	if len(i.Values) > 0 {
		if values = strings.Join(i.Values, ", "); i.Range != "" {
			values += "; " + i.Range
		}
	}
	if i.Mandatory != 0 {
		values = strings.TrimSuffix("mandatory on "+strings.Join(i.Mandatory.Names(), ", ")+"; "+values, "; ")
	}
	def := i.Default
	if i.Default2007 != "" {
		def += " (" + i.Default2007 + ")"
	}
	if i.DefaultEdge != "" {
		def += ", on Edge " + i.DefaultEdge
	}
	here := "**" + i.Here.String() + "**"
	if i.Why != "" {
		here += ": " + i.Why
	}
	cells := []string{i.Name, strings.Join(i.In.Names(), ", "), i.Type, values, def, i.Since, here}
	for n, c := range cells {
		cells[n] = strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`).Replace(c)
		if n == 0 || n == 6 {
			cells[n] = strings.ReplaceAll(cells[n], `\*\*`, "**")
		}
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

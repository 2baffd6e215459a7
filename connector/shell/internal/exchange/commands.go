package exchange

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// Commands returns all cmdlets, which work on o. credential answers
// Get-Credential; nil: nothing does.
func (o *Org) Commands(credential func(Request) (param.Credential, error)) []object.Command {
	c := &commandSet{org: o, receive: o.receiveNoun(), send: o.sendNoun()}
	var list []object.Command
	list = append(list, c.receive.commands(&schema.ReceiveConnector)...)
	list = append(list, c.send.commands(&schema.SendConnector)...)
	list = append(list, o.acceptedNoun().commands(&schema.AcceptedDomain)...)
	list = append(list, o.remoteNoun().commands(&schema.RemoteDomain)...)
	list = append(list, c.permissionCommands()...)
	list = append(list, o.transportNoun().commands(&schema.TransportConfig)...)
	for _, of := range serviceNouns {
		for _, name := range of.Names {
			list = append(list, o.serviceNoun(name, of).commands(of)...)
		}
	}
	list = append(list, o.siteNoun().commands(&schema.AdSite)...)
	list = append(list, o.linkNoun().commands(&schema.AdSiteLink)...)
	list = append(list, o.serverNoun().commands(&schema.ExchangeServer)...)
	list = append(list,
		&command{name: "Test-SmtpConnectivity", synopsis: "Shows what happens to connections to each binding of a server.",
			params: parameters(schema.SmtpConnectivity.Rows, schema.Test), run: c.testConnectivity},
		&command{name: "Get-ExchangeCertificate", synopsis: "Shows the certificates that the server is run with.",
			params: parameters(schema.ExchangeCertificate.Rows, schema.Get), run: o.getCertificates},
		&command{name: "Get-Credential", synopsis: "Asks for a user name and a password.",
			params: parameters(schema.GetCredential.Rows, schema.Get), run: getCredential(credential)})
	list = append(list, o.queueCommands()...)
	list = append(list, o.trackingCommands()...)
	list = append(list, o.saveCommand())
	return append(list, o.absentCommands()...)
}

func (c *commandSet) permissionCommands() []object.Command {
	complete := func(parameter, prefix string) []string {
		switch {
		case strings.EqualFold(parameter, "Identity"):
			return append(c.receive.identities(parameter, prefix), c.send.identities(parameter, prefix)...)
		case strings.EqualFold(parameter, "ExtendedRights"):
			return withPrefix(rightNames(), prefix)
		case strings.EqualFold(parameter, "User"):
			return withPrefix(wellKnownUsers(), prefix)
		}
		return nil
	}
	return []object.Command{
		&command{name: "Add-ADPermission", synopsis: "Grants or denies extended rights on a connector.",
			params: parameters(schema.ADPermission.Rows, schema.Add), run: c.addPermission, complete: complete},
		&command{name: "Get-ADPermission", synopsis: "Shows who has which extended rights on a connector.",
			params: parameters(schema.ADPermission.Rows, schema.Get), run: c.getPermission, complete: complete},
		&command{name: "Remove-ADPermission", synopsis: "Takes back extended rights on a connector.",
			params: parameters(schema.ADPermission.Rows, schema.Remove), run: c.removePermission, confirms: true, complete: complete},
	}
}

// absentCommands are the cmdlets of nouns that don't exist here: Get returns
// nothing, the others say why.
func (o *Org) absentCommands() []object.Command {
	var list []object.Command
	for _, n := range schema.Nouns {
		for name, verb := range n.Cmdlets() {
			switch {
			case n.Absent != "":
				list = append(list, &command{name: name, synopsis: "Shows " + n.Absent + ", which can't exist here.",
					params: parameters(n.Rows, verb), run: o.getAbsent(&n)})
			case n.Refused != "":
				list = append(list, &command{name: name, synopsis: "Not supported: " + n.Refused + ".", params: parameters(n.Rows, verb),
					run: func(*object.Call) error { return unsupported(name, n.Refused) }})
			}
		}
	}
	return list
}

// getAbsent is Get of an absent noun: nothing, and not found for an identity.
func (o *Org) getAbsent(n *schema.Noun) func(*object.Call) error {
	return func(call *object.Call) error {
		if err := o.noticeAll(call, n.Rows); err != nil {
			return err
		}
		if v, given := call.Args["Identity"]; given {
			text, err := single(v)
			if err == nil && !hasWildcard(text) {
				err = &NotFoundError{Noun: n.Names[0], Identity: text}
			}
			return about(call, "Identity", err)
		}
		return nil
	}
}

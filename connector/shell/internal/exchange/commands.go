package exchange

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// commandSet is the nouns that several cmdlets share.
type commandSet struct {
	org     *Org
	receive *noun[receive]
	send    *noun[send]
}

// Commands returns all cmdlets, which work on o. credential answers
// Get-Credential; nil: nothing does.
func (o *Org) Commands(credential func(Request) (param.Credential, error)) []object.Command {
	c := &commandSet{org: o, receive: o.receiveNoun(), send: o.sendNoun()}
	all := New | Set | Get | Remove
	var list []object.Command
	list = append(list, c.receive.commands(all, "a Receive connector")...)
	list = append(list, c.send.commands(all, "a Send connector")...)
	list = append(list, o.acceptedNoun().commands(all, "an accepted domain")...)
	list = append(list, o.remoteNoun().commands(all, "a remote domain")...)
	list = append(list, c.permissionCommands()...)
	list = append(list, o.transportNoun().commands(Get|Set, "the limits of the organisation")...)
	for _, s := range serviceNouns() {
		list = append(list, o.serviceNoun(s.name, s.rows).commands(Get|Set, s.about)...)
	}
	list = append(list, o.siteNoun().commands(Get|Set, "an Active Directory site")...)
	list = append(list, o.linkNoun().commands(Get|Set, "an Active Directory site link")...)
	list = append(list, o.serverNoun().commands(Get, "a server")...)
	list = append(list,
		&command{name: "Test-SmtpConnectivity", synopsis: "Shows what becomes of connections to each binding of a server.",
			params: parameters(connectivityRows, Test), run: c.testConnectivity},
		&command{name: "Get-ExchangeCertificate", synopsis: "Shows the certificates that the server is run with.",
			params: parameters(certificateInfos, Get), run: o.getCertificates},
		&command{name: "Get-Credential", synopsis: "Asks for a user name and a password.",
			params: parameters(credentialRows, Get), run: getCredential(credential)})
	for _, n := range absentNouns {
		list = append(list, &command{name: "Get-" + n.name, synopsis: "Shows " + n.why + ", of which there are none.",
			params: parameters(absentInfos(n), Get), run: o.getAbsent(n)})
	}
	return append(list, refusedCommands()...)
}

// serviceNouns are the names under which the services of a server are known.
func serviceNouns() []struct {
	name, about string
	rows        []row[service]
} {
	return []struct {
		name, about string
		rows        []row[service]
	}{
		{"TransportService", "the Transport service of a server", serviceRows},
		{"TransportServer", "the Transport service of a server, by its name in 2007 and 2010", serviceRows},
		{"FrontendTransportService", "the Front End Transport service of a server", frontendRows},
		{"MailboxTransportService", "the Mailbox Transport service of a server", mailboxRows},
	}
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
			params: parameters(permissionRows, Add), run: c.addPermission, complete: complete},
		&command{name: "Get-ADPermission", synopsis: "Shows who has which extended rights on a connector.",
			params: parameters(permissionRows, Get), run: c.getPermission, complete: complete},
		&command{name: "Remove-ADPermission", synopsis: "Takes back extended rights on a connector.",
			params: parameters(permissionRows, Remove), run: c.removePermission, confirms: true, complete: complete},
	}
}

// refusedCommands are the cmdlets that say why they aren't here.
func refusedCommands() []object.Command {
	var list []object.Command
	for _, n := range refusedNouns {
		for i, verb := range verbNames {
			if n.verbs&(1<<i) == 0 {
				continue
			}
			name := verb + "-" + n.name
			list = append(list, &command{
				name: name, synopsis: "Isn't supported: " + n.why + ".", params: parameters(n.rows, 1<<i),
				run: func(*object.Call) error { return fmt.Errorf("%s isn't supported: %s", name, n.why) },
			})
		}
	}
	return list
}

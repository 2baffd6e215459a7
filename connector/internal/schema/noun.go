package schema

import (
	"iter"
	"slices"
	"strings"
)

// Noun is a kind of object that some cmdlets work on, and their parameters.
type Noun struct {
	Names []string // ReceiveConnector for New-ReceiveConnector; an older name after it
	Verbs Verbs
	About string // a sentence for docs/cmdlets.md
	Thing string // one of them, for the synopsis of the cmdlets
	Rows  []Row

	Refused string // why none of the cmdlets is supported; "": they are
	Absent  string // plural, if there can't be any, so that Get returns nothing
}

// The nouns whose parameters the configuration has.
var (
	ReceiveConnector = Noun{Names: []string{"ReceiveConnector"}, Verbs: all, Rows: receiveRows,
		Thing: "a Receive connector", About: "Receive connectors take mail in."}
	SendConnector = Noun{Names: []string{"SendConnector"}, Verbs: all, Rows: sendRows,
		Thing: "a Send connector", About: "Send connectors send mail on."}
	AcceptedDomain = Noun{Names: []string{"AcceptedDomain"}, Verbs: all, Rows: acceptedRows,
		Thing: "an accepted domain", About: "The domains that any client may send to."}
	RemoteDomain = Noun{Names: []string{"RemoteDomain"}, Verbs: all, Rows: remoteRows,
		Thing: "a remote domain", About: "Which delivery reports senders in other domains get. Message formats are kept only."}
	TransportConfig = Noun{Names: []string{"TransportConfig"}, Verbs: Get | Set, Rows: transportRows,
		Thing: "the limits of the organisation", About: "The limits of the organisation, and its settings for delivery reports."}
	TransportService = Noun{Names: []string{"TransportService", "TransportServer"}, Verbs: Get | Set, Rows: serviceRows,
		Thing: "the Transport service of a server",
		About: "The Transport service of a server: retries, expiry and connections; 2007 and 2010 have the second name only."}
)

// The other nouns.
var (
	ADPermission = Noun{Names: []string{"ADPermission"}, Verbs: Add | Get | Remove, Rows: permissionRows,
		About: "Extended rights on connectors. The identity is that of a connector."}
	FrontendTransportService = Noun{Names: []string{"FrontendTransportService"}, Verbs: Get | Set, Rows: frontendRows,
		Thing: "the Front End Transport service of a server",
		About: "The Front End Transport service of a server, whose work the Transport service does here."}
	MailboxTransportService = Noun{Names: []string{"MailboxTransportService"}, Verbs: Get | Set, Rows: mailboxRows,
		Thing: "the Mailbox Transport service of a server",
		About: "The Mailbox Transport services of a server, which deliver to mailboxes."}
	AdSite = Noun{Names: []string{"AdSite"}, Verbs: Get | Set, Rows: siteRows,
		Thing: "an Active Directory site", About: "Active Directory sites. They come from the servers and links of the configuration."}
	AdSiteLink = Noun{Names: []string{"AdSiteLink"}, Verbs: Get | Set, Rows: linkRows,
		Thing: "an Active Directory site link", About: "What it costs to send mail from site to site."}
	ExchangeServer = Noun{Names: []string{"ExchangeServer"}, Verbs: Get, Rows: serverRows,
		Thing: "a server", About: "The servers of the organisation."}
	SmtpConnectivity = Noun{Names: []string{"SmtpConnectivity"}, Verbs: Test, Rows: connectivityRows,
		About: "What happens to connections to each binding of a server."}
	ExchangeCertificate = Noun{Names: []string{"ExchangeCertificate"}, Verbs: Get, Rows: certificateRows,
		About: "The certificates that the server is run with, those of `-cert`."}
	Queue = Noun{Names: []string{"Queue"}, Verbs: Get | Suspend | Resume | Retry, Rows: queueRows,
		About: "The queue of a running gateway by next hop. The shell needs -data, which names the gateway's data directory."}
	QueueDigest = Noun{Names: []string{"QueueDigest"}, Verbs: Get, Rows: digestRows,
		About: "The queue of a running gateway in groups. The shell needs -data."}
	Message = Noun{Names: []string{"Message"}, Verbs: Get | Remove | Suspend | Resume | Redirect | Export, Rows: messageRows,
		About: "The messages in the queue of a running gateway. The shell needs -data."}
	MessageTrackingLog = Noun{Names: []string{"MessageTrackingLog"}, Verbs: Get, Rows: trackingRows,
		About: "The message tracking log of a gateway, whether it runs or not. The shell needs -data or -logs."}
	GetCredential = Noun{Names: []string{"Credential"}, Verbs: Get, Rows: credentialRows,
		About: "A user name and a password, from a prompt, a file or the environment."}
)

// Nouns are all nouns in the order of docs/cmdlets.md.
var Nouns = slices.Concat([]Noun{
	ReceiveConnector, SendConnector, ADPermission, AcceptedDomain, RemoteDomain, TransportConfig, TransportService, FrontendTransportService,
	MailboxTransportService, AdSite, AdSiteLink, ExchangeServer, SmtpConnectivity, ExchangeCertificate, GetCredential,
	Queue, QueueDigest, Message, MessageTrackingLog,
}, absentNouns, refusedNouns)

// Row returns the row of the parameter of that name, in any letter case; nil if the noun
// has no such parameter.
func (n *Noun) Row(name string) *Row {
	i := slices.IndexFunc(n.Rows, func(r Row) bool { return strings.EqualFold(r.Name, name) })
	if i < 0 {
		return nil
	}
	return &n.Rows[i]
}

// Cmdlets yields the names of the cmdlets and their verbs.
func (n *Noun) Cmdlets() iter.Seq2[string, Verbs] {
	return func(yield func(string, Verbs) bool) {
		for _, noun := range n.Names {
			for i, verb := range verbNames {
				if one := n.Verbs & (1 << i); one != 0 && !yield(verb+"-"+noun, one) {
					return
				}
			}
		}
	}
}

// about returns a sentence on the cmdlets.
func (n *Noun) about() string {
	switch {
	case n.Refused != "":
		return "Not supported: " + n.Refused + "."
	case n.Absent != "":
		return "There are no " + n.Absent + " here, so nothing is returned."
	}
	return n.About
}

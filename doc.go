// Package interchange is the map of a library for SMTP connector policy and
// relaying in Exchange's model: Receive connectors, Send connectors, permission
// groups and address spaces as Go values. It holds no code; the packages below
// it do.
//
// # Layers
//
// A package imports those beside it, and what they import. Internal packages are left
// out:
//
//	package           imports                       contents
//
//	connector/source  -                             places in configuration files, and what is wrong there
//	permission        -                             rights and access lists
//	routing           connector/source              domains, addresses, the routing table
//	auth              permission, routing           mechanisms, SASL exchanges, who checks passwords
//	connector/param   auth                          the types of parameters
//	connector/reply   permission                    replies, and the reasons for them
//	connector/order   connector/reply               which command may come when
//	connector         connector/param, /order       Config -> Compile -> Policy -> decisions, with reasons
//	connector/jsonconfig  connector                 a configuration, and a program's settings, as JSON
//	connector/...     connector/jsonconfig          shell, foreign, analysis, access, explain, replay, diagram, policytest, proof
//
//	relay/envelope    routing                       one mail transaction
//	relay/message     routing                       a whole message, for hooks and signers
//	relay/queue       relay/envelope                the Store of messages
//	relay/event       connector, relay/envelope     what happened to messages
//	relay/tracking    relay/event                   the message tracking log
//	relay/jwt         relay/event                   checks access tokens
//	relay/dsn         connector, relay/envelope     delivery reports
//	relay             relay/dsn, /event, /message   SMTP server that asks the policy
//	relay/verify      relay                         SPF, DKIM and DMARC of messages that arrive
//	relay/recipients  relay                         which recipients exist
//	relay/delivery    relay                         one attempt at a next hop
//	relay/oauth       connector/jsonconfig, relay/delivery   OAuth tokens for smart hosts
//	relay/mxpolicy    relay/delivery                DANE and MTA-STS: TLS as domains require it
//	relay/sign        relay                         signs messages with DKIM
//	relay/dispatch    relay/delivery, relay/queue   queue, retry, report
//	relay/gosmtp      relay/delivery                the policy for servers and clients of go-smtp
//	relay/gateway     relay/dispatch, relay/tracking   server, queue and reload in one value
//	relay/gateway/queues  connector/..., relay/gateway   the queue in the words of Exchange's cmdlets
//	console           relay/gateway/queues   the policy and the gateway in a browser
//	examples          all                           programs
//
// permission, auth, routing and everything under connector are pure: no
// sockets, no TLS, no clock. They never import net or crypto/tls. What a policy
// can't know (DNS, the time, whether a password is right) is an argument.
//
// # Tour
//
// A connector.Config holds plain structs with the parameter names of
// Exchange's cmdlets; zero fields mean Exchange's defaults. connector.Compile
// checks it, reports all mistakes at once and returns an immutable
// connector.Policy. Select finds the Receive connector for a connection, Open
// begins a session, and the session's methods decide on each command: a
// connector.Decision allows it or carries the reason for the refusal, and the
// zero Decision refuses. Policy.Route chooses the Send connector for a
// recipient. Policy.Walk does all of that for one described session and
// explains every step; the example of this package shows it.
//
// relay.Server holds the same sessions on the wire, by the same code.
// dispatch.Dispatcher takes the messages and keeps the promise of a 250:
// delivered or on disk. gateway.Gateway assembles both.
//
// # Which package for which need
//
//	ask a policy in Go, without a socket          connector
//	read Exchange's commands                      connector/shell
//	read Exchange's exports                       connector/shell/export
//	read Postfix's main.cf, the metabase of IIS   connector/foreign
//	read a policy from files of any kind          connector/load
//	read and write JSON                           connector/jsonconfig
//	find who may relay, compare two policies      connector/analysis
//	let others check what a policy decides        connector/proof
//	say why a session is refused, and what cures  connector/explain
//	list who may do what on each connector        connector/access
//	test a policy                                 connector/policytest
//	hold old logs against a policy                connector/replay
//	draw a policy                                 connector/diagram
//	check passwords from a file or a database     auth/userfile
//	check access tokens of an identity provider   relay/jwt
//	serve SMTP by a policy                        relay
//	servers, backends and clients of go-smtp      relay/gosmtp
//	check SPF, DKIM and DMARC                     relay/verify
//	refuse recipients that don't exist            relay/recipients
//	deliver by Send connectors                    relay/delivery
//	log on to Microsoft 365 or Gmail              relay/oauth
//	follow DANE and MTA-STS                       relay/mxpolicy
//	queue, retry, report                          relay/dispatch
//	learn what became of a message                relay/event
//	keep and search a message tracking log        relay/tracking
//	keep the queue in a directory                 relay/queue/spool
//	keep the queue elsewhere                      relay/queue, relay/queue/queuetest
//	all of it as one value, with reload           relay/gateway
//	show and change the policy in a browser       console
//	test what happens on the wire                 relay/relaytest
//
// docs/embedding.md shows ten programs of at most a hundred lines, says how the
// parts fit together, and what a Handler, a Transport or a Store must do. The
// internal packages, and the way of one message through the code, are in
// docs/code.md; the words are explained in docs/terms.md.
//
// # Compatibility
//
// Before version 1.0 any release may change the API; CHANGELOG.md lists
// breaking changes first. Stable already, because scripts and stored files
// depend on them: the codes of problems and findings, the names of reasons, the
// JSON configuration, the commands of the shell, and the format of the spool. A
// release that changes one of these reads the old form.
package interchange

// Package milter asks content filters that Postfix and Sendmail ask as milters: rspamd, OpenDKIM,
// ClamAV, SpamAssassin.
//
// A [Milter] has the address of one filter; [Milter.Hooks] are its relay.Hooks. Several filters
// are asked in the order of relay.Server.Hooks, and each sees the changes of those before it.
//
//	g.Server.Hooks = []relay.Hooks{(&milter.Milter{Address: "inet:127.0.0.1:11332"}).Hooks()}
//
// # What a filter sees and may do
//
// One connection to the filter follows each SMTP connection: its client, EHLO, MAIL, RCPT, and
// of a message the header, the body and the end. It sees commands that the policy has allowed,
// and the message without this server's Received field, as from Postfix. At each of these it
// may accept (it isn't asked any more), refuse with a reply, refuse for now, or discard the
// message, which the client believes accepted. At the end it may add, insert, change and remove
// header fields, replace the body, change the sender and recipients, and ask for quarantine. The
// policy isn't asked about such changes.
//
// The macros are Postfix's: j, {daemon_name}, v, {client_addr}, {client_port}, {tls_version},
// {cipher}, i, {mail_addr}, {rcpt_addr}, {auth_authen}.
//
// # A filter that is away
//
// [Milter.DefaultAction] decides, as Postfix's milter_default_action: by default the client
// gets 451 4.7.1 at MAIL, or at the end of the message, and tries again. Milter.Events learn
// of it, with the connection and the message.
package milter

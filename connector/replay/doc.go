// Package replay reads the logs of a mail server, decides their sessions again by a
// policy, and reports which sessions would have another result.
//
// It reads Exchange's protocol logs of Receive and of Send connectors, the protocol log
// of package relay, which has the same form, and Postfix's mail log with the time
// stamps of syslog or of RFC 3339. It recognises the kind of a log; UTF-8, UTF-16 with
// a byte order mark, and gzip are decoded. It counts and lists malformed lines and
// continues. It recognises logs of other kinds (message tracking, connectivity, agents)
// and doesn't judge them.
//
// It decides every command of every session again, by the code that the relay
// runs, and compares the decision with the reply of the old system:
//
//   - connector: another Receive connector serves the connection, or no connector
//   - verdict: an accepted command is refused, or a refused command accepted
//   - reply: both refuse, with other codes; texts don't count
//   - route: a recipient leaves by another Send connector or next hop, or can't
//     leave at all
//
// The report lists these differences, equal ones together and with examples. It says
// how often the log's connectors, rights and routes are the policy's, and for each
// connector its clients, its unused ranges and grants, and the narrowest ranges that
// include all clients in the logs.
//
// # What a log can't tell
//
// Refusals for reasons that a policy doesn't know (an unknown mailbox, a filter, a
// wrong password, load, a command out of order) where the policy would accept are
// counted separately and aren't differences. So are refusals at the end of a
// message, because a log has neither its header nor its text; a size counts if it
// was declared or if Exchange logged it.
//
// Groups and addresses of users are not logged: set Options.Identify. Of client
// certificates Exchange logs subjects and the relay logs names. Postfix's log has no
// certificates, no EHLO name of sessions that went well, and no local addresses (see
// Options.Local). There, a rewritten recipient counts as the client wrote it, and a
// next hop is compared only if the policy names smart hosts and no address was
// rewritten. Of refusals in Postfix's log only those for relaying, for senders that
// don't belong to the user and for missing TLS are judged.
//
// # Memory
//
// No conversation is kept, so logs may have any length. Everything else has a limit,
// most of them in Options. Beyond MaxOpen, the oldest open session or message is cut
// short. Beyond MaxClients, clients with the fewest sessions are replaced: then the
// counts have a stated error, and there are no narrowest ranges. A thousand kinds of
// differences are kept, and the given numbers of examples and malformed lines.
package replay

// Package tracing makes OpenTelemetry spans of what a gateway does. It is a module of its own, so
// that only programs with traces get its dependencies. Begin at [Tracer].
//
//	smtp.session   SERVER    a connection, from the greeting to its end
//	smtp.message   INTERNAL  a transaction, from MAIL to its end; its parent is the session
//	smtp.delivery  CLIENT    an attempt to hand a message to a next hop, for some of its recipients
//
// A delivery is a trace of its own with a link to the message that it delivers, because it may come
// days later: each retry is another span with the same link. The queue keeps the link, so that it is
// there after a restart. Where the client waits for the next hop, the delivery is a child of the
// message.
//
// # Attributes
//
// network.peer.address and network.peer.port are the client or the host, server.address and
// server.port this server's end of a session, or the host of a delivery; tls.protocol.version is absent in the
// clear. error.type is the reason of a refusal, as in package reply, or the enhanced status code of a
// delivery. interchange.connector is the Receive or the Send connector, interchange.session.id and
// interchange.message.id are those of the log; interchange.messages, interchange.refused,
// interchange.recipients, interchange.failed and interchange.size are numbers. No attribute has the
// address of a sender or a recipient, unless [Tracer.Addresses] asks for that, nor a user or a subject.
package tracing

package relay

import (
	"context"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// transaction is a mail transaction, from MAIL to its end.
type transaction struct {
	env    Envelope
	ctx    context.Context
	cancel context.CancelFunc
	router Router // nil until Route was called
	server *Server
	memory budget

	// Memory that nearly every transaction needs.
	rcpt  envelope.Recipient // of the RCPT at hand
	first [1]envelope.Recipient
	field [384]byte // the Received field
	in    limitReader
	out   messageReader
}

// transaction returns the transaction that an accepted MAIL begins.
func (s *session) transaction(m envelope.Envelope) *transaction {
	principal := s.rules.Identity().Principal
	m.ID, m.Connector, m.Remote, m.Helo, m.User = newID(), s.service.in.Name(), s.channel.Remote, s.helo, principal.Name
	tx := &transaction{server: s.server,
		env: Envelope{Envelope: m, Inbound: s.service.in, Principal: principal, TLS: s.channel.TLS}}
	tx.memory = budget{memory: &s.server.memory, source: s.source}
	tx.env.To = tx.first[:0]
	// After the end of the connection no reply could reach the client.
	tx.ctx, tx.cancel = context.WithDeadline(s.server.closed, s.until)
	return tx
}

// end releases everything that the transaction holds.
func (tx *transaction) end() {
	if tx.router != nil {
		tx.router.Release(&tx.env)
	}
	tx.cancel()
	tx.memory.release()
	tx.server.transactions.release(tx.memory.source, 1)
}

// acceptedReply returns the reply to an accepted message: the client's own Message-ID,
// if that can be shown, and the id that this server gave it.
func (s *session) acceptedReply(tx *transaction, messageID string) reply.Reply {
	r := reply.Queued(tx.env.ID, s.service.in.Fqdn())
	if messageID != "" {
		r.Text = messageID + " " + r.Text
	}
	return r
}

package relay

import (
	"bytes"
	"context"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/mailheader"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// transaction is what MAIL begins.
type transaction struct {
	env    Envelope
	ctx    context.Context
	cancel context.CancelFunc
	router Router // once it was asked
	server *Server
	source netip.Addr // whose share of the Server's limits it takes
	held   int64      // memory

	// Memory for what nearly every transaction needs.
	rcpt  envelope.Recipient // that is being asked about
	first [1]envelope.Recipient
	field [384]byte // our trace field
	in    limitReader
	out   messageReader
}

// take takes n bytes of the Server's memory, which end gives back. False means that
// the transaction's share is used up, and nothing was taken.
func (tx *transaction) take(n int64) bool {
	if tx.held+n > memoryMost || !tx.server.memory.take(tx.source, n, tx.held+n <= memoryFree) {
		return false
	}
	tx.held += n
	return true
}

// keep is take for p, a part of a header. A header that is more than any
// transaction may have is too large; otherwise there is no memory now.
func (tx *transaction) keep(p []byte) error {
	ends := bytes.Count(p, []byte{'\r'}) + bytes.Count(p, []byte{'\n'})
	n := int64(len(p) + ends*memoryEOL)
	switch {
	case tx.held+n > memoryMost:
		return mailheader.ErrTooLarge
	case !tx.take(n):
		return errNoMemory
	}
	return nil
}

// transaction returns the transaction that an accepted MAIL begins.
func (s *session) transaction(m envelope.Envelope) *transaction {
	principal := s.rules.Identity().Principal
	m.ID, m.Connector, m.Remote, m.Helo, m.User = newID(), s.service.in.Name(), s.channel.Remote, s.helo, principal.Name
	tx := &transaction{server: s.server, source: s.source,
		env: Envelope{Envelope: m, Inbound: s.service.in, Principal: principal, TLS: s.channel.TLS}}
	tx.env.To = tx.first[:0]
	// Beyond the connection's time nobody could be told how it went.
	tx.ctx, tx.cancel = context.WithDeadline(s.server.hard, s.until)
	return tx
}

// end lets go of all that the transaction holds.
func (tx *transaction) end() {
	if tx.router != nil {
		tx.router.Release(&tx.env)
	}
	tx.cancel()
	tx.server.memory.give(tx.source, tx.held)
	tx.server.transactions.give(tx.source, 1)
}

// accepted returns the reply to a message that was taken: the client's own
// Message-ID, if that can be shown, and ours.
func (s *session) accepted(tx *transaction, messageID string) reply.Reply {
	r := reply.Queued(tx.env.ID, s.service.in.Fqdn())
	if messageID != "" {
		r.Text = messageID + " " + r.Text
	}
	return r
}

package relay

import (
	"bytes"
	"context"
	"sync/atomic"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/guard"
)

// Headers and recipients are kept in memory, and a connector's limits for one
// message times its limit for connections would be gigabytes. So all of a
// Server's transactions share a budget; who would exceed it is told to come
// back. It is counted in octets as sent, which take about three in memory.
const (
	memoryBudget = 10 << 20
	memoryFree   = 4 << 10 // what every transaction may have even so
	memoryRcpt   = 256     // a recipient, apart from its text
	memoryEOL    = 16      // a line end: a note is kept on every field of a header
)

// transaction is what MAIL begins.
type transaction struct {
	env    Envelope
	ctx    context.Context
	cancel context.CancelFunc
	router Router // once it was asked
	memory *atomic.Int64
	held   int64

	// Memory for what nearly every transaction needs.
	rcpt  Recipient // that is being asked about
	first [1]Recipient
	field [384]byte // our trace field
	in    limitReader
	out   messageReader
}

// take takes n octets from the budget, which end gives back. False means that
// there is too little, and nothing was taken.
func (tx *transaction) take(n int64) bool {
	if tx.memory.Add(n) > memoryBudget && tx.held+n > memoryFree {
		tx.memory.Add(-n)
		return false
	}
	tx.held += n
	return true
}

// keep is take for p, a part of a header.
func (tx *transaction) keep(p []byte) bool {
	ends := bytes.Count(p, []byte{'\r'}) + bytes.Count(p, []byte{'\n'})
	return tx.take(int64(len(p) + ends*memoryEOL))
}

// transaction returns the transaction that an accepted MAIL begins.
func (s *session) transaction(m guard.Mail) *transaction {
	tx := &transaction{memory: &s.server.memory, env: Envelope{
		ID:        newID(),
		From:      m.From,
		Size:      m.Size,
		Body:      bodyType(m.Body),
		UTF8:      m.UTF8,
		Ret:       m.Ret,
		EnvID:     m.EnvID,
		Connector: s.service.in.Name(),
		Inbound:   s.service.in,
		Remote:    s.channel.Remote,
		Helo:      s.helo,
		User:      s.rules.Identity().Principal,
		TLS:       s.channel.TLS,
	}}
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
	tx.memory.Add(-tx.held)
}

// bodyType returns the guard's body type as ours.
func bodyType(b guard.Body) BodyType {
	switch b {
	case guard.Body8BitMIME:
		return EightBitMIME
	case guard.BodyBinaryMIME:
		return BinaryMIME
	}
	return SevenBit
}

// accepted returns the reply to a message that was taken: the client's own
// Message-ID, if that can be shown, and ours.
func (s *session) accepted(tx *transaction, messageID string) connector.Reply {
	r := connector.Queued(tx.env.ID, s.service.in.Fqdn())
	if messageID != "" {
		r.Text = messageID + " " + r.Text
	}
	return r
}

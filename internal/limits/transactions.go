package limits

import (
	"bytes"
	"errors"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// All clients share a server's transactions, and the memory for their headers and
// recipients: a connector's limits for one message times its limit for connections
// would be gigabytes. Each source gets a part of both only. A client that would exceed
// it is refused for now. Memory is counted in bytes as sent; it takes about three times
// as much.
const (
	maxTransactions = 1024 // at a time; Postfix serves 100 clients at a time by default

	memoryLimit = 10 << 20
	memoryMost  = memoryLimit / 8 // the most of one transaction
	memoryFree  = 2 << 10         // every transaction gets so much, whatever the others have
	memoryRcpt  = 256             // for a recipient, beside its text
	memoryEOL   = 16              // for a line end: each field of a header has an entry
)

var (
	transactionPool = pool{"Transactions", maxTransactions, quarter}
	memoryPool      = pool{"TransactionMemory", memoryLimit, quarter}
)

// Transactions bounds the open transactions of a server, and the memory that they hold.
// It is safe for concurrent use. The zero value is ready to use.
type Transactions struct {
	open, memory shares
}

// Begin begins a transaction of a source, by network.Source, and returns its budget, or the limit if too
// many are open. The caller must call End of the budget.
func (t *Transactions) Begin(source netip.Addr) (b Budget, over *Reached) {
	if s := t.open.reserve(&transactionPool, source, 1, false); s != nil {
		return Budget{}, &Reached{*s, reply.InsufficientResources}
	}
	return Budget{of: t, source: source}, nil
}

// States returns the counters of a source.
func (t *Transactions) States(source netip.Addr) []State {
	return []State{t.open.current(&transactionPool, source), t.memory.current(&memoryPool, source)}
}

// Budget is the memory of one transaction, for use by one goroutine at a time.
type Budget struct {
	of     *Transactions
	source netip.Addr
	held   int64
	over   *Reached
}

// Reached returns why there was no memory for a recipient or for a part of the header; nil if there was.
func (b *Budget) Reached() *Reached { return b.over }

// End ends the transaction and gives everything back.
func (b *Budget) End() {
	b.of.memory.release(b.source, b.held)
	b.of.open.release(b.source, 1)
	b.held = 0
}

// Recipient reserves memory for a recipient with text of so many bytes, and reports
// whether there is any.
func (b *Budget) Recipient(text int) bool { return b.reserve(int64(memoryRcpt + text)) }

// reserve reports whether n more bytes fit the budget; if not, it reserves none.
func (b *Budget) reserve(n int64) bool {
	if b.held+n > memoryMost {
		b.over = &Reached{State{Limit: memoryPool.name, By: ByMessage, Value: b.held + n, Bound: memoryMost}, reply.InsufficientResources}
		return false
	}
	if s := b.of.memory.reserve(&memoryPool, b.source, n, b.held+n <= memoryFree); s != nil {
		b.over = &Reached{*s, reply.InsufficientResources}
		return false
	}
	b.held += n
	return true
}

// ErrNoMemory is the error of a header for which there is no memory for now.
var ErrNoMemory = errors.New("no memory left for headers")

// Header reserves memory for p, a part of a header. A header for which no transaction
// could have the memory is mailheader.ErrTooLarge; with ErrNoMemory it may succeed later.
func (b *Budget) Header(p []byte) error {
	ends := bytes.Count(p, []byte{'\r'}) + bytes.Count(p, []byte{'\n'})
	n := int64(len(p) + ends*memoryEOL)
	switch {
	case b.held+n > memoryMost:
		return mailheader.ErrTooLarge
	case !b.reserve(n):
		return ErrNoMemory
	}
	return nil
}

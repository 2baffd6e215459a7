package analysis

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// sizes compares how large messages may be.
func (e *sessionPair) sizes() {
	if e.submit != [2]bool{true, true} {
		return
	}
	a, b := e.opened[0].MaxSize(), e.opened[1].MaxSize()
	declared := e.inbounds[index(smaller(a, b) == b)].Settings().SizeEnabled != param.SizeDisabled // so that MAIL shows it
	if a != b && (declared || e.bothAccept()) {
		d := e.dialogWithRecipient(smaller(a, b) + 1)
		e.record(delta{aspect: AspectSize, direction: toward(smaller(a, b) == a), before: sizeText(a), after: sizeText(b)}, d)
	}
}

// recipientCount compares how many recipients a message may have.
func (e *sessionPair) recipientCount() {
	if !e.bothAccept() {
		return
	}
	a, b := e.recipientLimit(0), e.recipientLimit(1)
	if a == b {
		return
	}
	d := e.dialogWithRecipient(0)
	const reasonable = 5000 // recipients of a witness
	if n := smaller(a, b); len(d.To) > 0 && n < reasonable {
		for range n {
			d.To = append(d.To, d.To[0])
		}
	}
	e.record(delta{aspect: AspectRecipientCount, direction: toward(smaller(a, b) == a), before: countText(a), after: countText(b)}, d)
}

// recipientLimit returns how many recipients a message of the session may have; 0
// means no limit. Only the limits of both policies need to be tried.
func (e *sessionPair) recipientLimit(i int) int64 {
	lowest := int64(0)
	for j, in := range e.inbounds {
		for _, n := range []int64{int64(in.Settings().MaxRecipientsPerMessage), int64(e.configs[j].Transport.MaxRecipientEnvelopeLimit)} {
			if n <= 0 || lowest > 0 && n >= lowest {
				continue
			}
			d := e.opened[i].Rcpt(connector.Rcpt{To: partition.Mailbox("user", e.domains.Cells[0].Witness), Accepted: int(n)})
			if d.Reason == reply.TooManyRecipients || d.Reason == reply.EnvelopeTooLarge {
				lowest = n
			}
		}
	}
	return lowest
}

// smaller returns the smaller of two limits, where 0 means no limit.
func smaller(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

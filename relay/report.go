package relay

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// reportRefused reports to the sender the recipients that the Handler refused at the end
// of a message. If it refused all, the error is the first one, and there is no report. A
// report that can't be handed over is an event: the other recipients have the message, and a
// refusal would make the client send it to them again.
func (s *session) reportRefused(tx *transaction, refused []Refused, header []byte) error {
	switch {
	case len(refused) == 0:
		return nil
	case len(refused) >= len(tx.env.To):
		return refused[0].Err
	}
	for _, r := range refused {
		e := tx.event(event.RecipientRefusedAtEnd, r.Recipient.To)
		e.Err = r.Err
		s.emit(e)
	}
	report := s.newReport(tx, refused)
	if report == nil {
		return nil
	}
	text, err := report.Reader(bytes.NewReader(header))
	if err == nil {
		err = s.deliverReport(tx, report, text)
	}
	if err != nil {
		e := tx.event(event.ReportNotSent, tx.env.From)
		e.Report, e.Err = report.ID, err
		s.emit(e)
	}
	return nil
}

// newReport returns the report about refused recipients, nil if the policy, the sender or
// NOTIFY asks for no report. It returns the original's header only, because the rest of
// the message is gone.
func (s *session) newReport(tx *transaction, refused []Refused) *dsn.Report {
	allowed := tx.env.Policy.Reports(tx.env.From)
	if !allowed.Failed || tx.env.Report {
		return nil
	}
	report := &dsn.Report{
		Kind:       dsn.Failed,
		ID:         envelope.NewID(),
		Postmaster: allowed.Postmaster,
		MTA:        s.endpoint.in.Fqdn(),
		Arrived:    time.Now(),
		UTF8:       !tx.env.From.IsASCII() || !allowed.Postmaster.IsASCII(),
		Original:   tx.env.Envelope,
	}
	report.Original.Size, report.Original.Return = tx.message.Size(), envelope.ReturnHeader
	for _, r := range refused {
		if dsn.Wants(r.Recipient.Notify, dsn.Failed) {
			said := replyFor(s.endpoint.in, r.Err)
			report.Recipients = append(report.Recipients, dsn.Recipient{Recipient: r.Recipient, Reply: said.String(), Tried: report.Arrived})
		}
	}
	if len(report.Recipients) == 0 {
		return nil
	}
	return report
}

// deliverReport hands a report to the Handler for reports.
func (s *session) deliverReport(tx *transaction, report *dsn.Report, text io.Reader) error {
	handler := s.server.Reports
	if handler == nil {
		handler = s.server.Handler
	}
	ctx := context.WithoutCancel(tx.ctx) // a client that hangs up now must not prevent the report
	env := &Envelope{Envelope: report.Envelope(), To: []envelope.Recipient{report.To()}, Inbound: tx.env.Inbound, Policy: tx.env.Policy}
	receipt, err := Deliver(ctx, handler, env, text)
	if err == nil && len(receipt.Refused) > 0 {
		err = receipt.Refused[0].Err
	}
	return err
}

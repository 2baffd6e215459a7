package milter

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	gomilter "github.com/emersion/go-milter"

	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/routing"
)

// change makes the changes of a filter, in their order; the body is replaced at the end.
func (s *session) change(ctx context.Context, env *relay.Envelope, m *message.Message, changes []gomilter.ModifyAction) error {
	var body bytes.Buffer
	replaced, quarantined, reason := false, false, ""
	for i := range changes {
		c := &changes[i]
		var err error
		switch c.Code {
		case gomilter.ActReplBody:
			replaced = true
			body.Write(c.Body)
		case gomilter.ActQuarantine:
			quarantined, reason = true, c.Reason
		case gomilter.ActAddRcpt, gomilter.ActDelRcpt, gomilter.ActChangeFrom:
			err = changeEnvelope(env, c)
		default:
			err = changeHeader(m.Header(), c)
		}
		if err != nil {
			return fmt.Errorf("a change of the milter: %w", err)
		}
	}
	if replaced {
		if err := m.SetBody(&body); err != nil {
			return fmt.Errorf("the body that the milter has set: %w", err)
		}
	}
	switch {
	case !quarantined:
		return nil
	case s.filter.Quarantine != nil:
		return s.filter.Quarantine(ctx, env, m, reason)
	}
	return m.Header().Prepend(quarantineField + ": " + printable(reason))
}

// printable returns the text of a field for a reason.
func printable(reason string) string {
	if reason = strings.TrimSpace(ascii.Printable(reason[:min(len(reason), maxText)])); reason == "" {
		return "yes"
	}
	return reason
}

// changeEnvelope changes the sender or the recipients.
func changeEnvelope(env *relay.Envelope, c *gomilter.ModifyAction) error {
	text := c.Rcpt
	if c.Code == gomilter.ActChangeFrom {
		text = c.From
	}
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "<"), ">")
	if c.Code == gomilter.ActChangeFrom && text == "" {
		env.From = routing.Address{}
		return nil
	}
	a, err := routing.ParseAddress(text)
	if err != nil {
		return err
	}
	same := func(r envelope.Recipient) bool { return r.To.EqualFold(a) }
	switch c.Code {
	case gomilter.ActChangeFrom:
		env.From = a
	case gomilter.ActDelRcpt:
		env.To = slices.DeleteFunc(slices.Clone(env.To), same)
	case gomilter.ActAddRcpt:
		if !slices.ContainsFunc(env.To, same) {
			env.To = append(slices.Clip(env.To), envelope.Recipient{To: a})
		}
	}
	return nil
}

// changeHeader adds, inserts, replaces or removes a field. Positions count the fields that the
// filter sees: those of one name from 1 to change, all from 1 to insert.
func changeHeader(h *message.Header, c *gomilter.ModifyAction) error {
	if c.HeaderName == "" || strings.ContainsFunc(c.HeaderName, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
		return fmt.Errorf("%.60q is not the name of a field", c.HeaderName)
	}
	field := c.HeaderName + ": " + folded(c.HeaderValue)
	seen := visible(h)
	switch c.Code {
	case gomilter.ActAddHeader:
		return h.Append(field)
	case gomilter.ActInsertHeader:
		switch n := int(min(c.HeaderIndex, 1<<20)); {
		case n <= 1:
			return h.Prepend(field)
		case n <= len(seen):
			return h.Insert(seen[n-1].position, field)
		}
		return h.Append(field)
	}
	seen = slices.DeleteFunc(seen, func(f shown) bool { return !strings.EqualFold(f.Name, c.HeaderName) })
	n := int(min(max(c.HeaderIndex, 1), 1<<20))
	switch {
	case n > len(seen) && c.HeaderValue == "":
		return nil
	case n > len(seen):
		return h.Append(field)
	case c.HeaderValue == "":
		i := -1
		h.DropFunc(func(message.Field) bool { i++; return i == seen[n-1].position })
		return nil
	}
	return h.Replace(seen[n-1].position, field)
}

// folded returns a value whose lines after the first begin with a blank, with CRLF between.
func folded(value string) string {
	lines := strings.Split(strings.ReplaceAll(strings.TrimRight(value, "\r\n"), "\r\n", "\n"), "\n")
	for i, line := range lines[1:] {
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			lines[i+1] = "\t" + line
		}
	}
	return strings.TrimLeft(strings.Join(lines, "\r\n"), " \t")
}

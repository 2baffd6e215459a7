package milter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	gomilter "github.com/emersion/go-milter"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/message"
)

// quarantineField marks a message that a filter has quarantined.
const quarantineField = "X-Milter-Quarantine"

// message shows the filter a message and makes its changes.
func (s *session) message(ctx context.Context, env *relay.Envelope, m *message.Message) error {
	if s.passed {
		if s.discard {
			env.To = nil
		}
		return nil
	}
	if s.talk == nil {
		return s.unavailable()
	}
	dropForged(m.Header())
	var changes []gomilter.ModifyAction
	act, err := s.ask(ctx, orDefault(s.filter.MessageTimeout, defaultMessage), func() (act *gomilter.Action, err error) {
		changes, act, err = s.show(env, m)
		return act, err
	})
	s.open = false
	if err := s.verdict(ctx, act, err); err != nil || s.discard {
		if err == nil {
			env.To = nil
		}
		return err
	}
	if s.passed && act == nil { // the filter is away, and its DefaultAction is Accept
		return nil
	}
	if err := s.change(ctx, env, m, changes); err != nil {
		return fmt.Errorf("%s: %w", s.filter.Address, err)
	}
	return nil
}

// dropForged removes the fields below this server's Received field, which the client has
// written, that say that a filter has quarantined the message.
func dropForged(h *message.Header) {
	own, i := h.Index("Received", 0), -1
	h.DropFunc(func(f message.Field) bool {
		i++
		return i > own && strings.EqualFold(f.Name, quarantineField)
	})
}

// show sends header, body and end, until the filter has decided.
func (s *session) show(env *relay.Envelope, m *message.Message) ([]gomilter.ModifyAction, *gomilter.Action, error) {
	fields := visible(m.Header())
	for _, f := range fields {
		_, value, _ := strings.Cut(string(f.Raw), ":")
		value = strings.ReplaceAll(strings.TrimRight(value, "\r\n"), "\r\n", "\n")
		act, err := s.talk.HeaderField(f.Name, strings.TrimLeft(value, " \t"))
		if err != nil || act.Code != gomilter.ActContinue {
			return nil, act, err
		}
	}
	act, err := s.talk.HeaderEnd()
	if err != nil || act.Code != gomilter.ActContinue {
		return nil, act, err
	}
	body := m.Body()
	chunk := make([]byte, gomilter.MaxBodyChunk)
	for {
		n, err := io.ReadFull(body, chunk)
		if n > 0 {
			act, err := s.talk.BodyChunk(chunk[:n])
			if err != nil || act.Code != gomilter.ActContinue {
				return nil, act, err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if err := s.talk.Macros(gomilter.CodeEOB, "i", env.ID); err != nil {
		return nil, nil, err
	}
	return s.talk.End()
}

// shown is a field that the filter sees, with its position in the header.
type shown struct {
	message.Field
	position int
}

// visible returns the fields that a filter sees: all but the Received field of this server, and
// lines that have no name. Filters count without these.
func visible(h *message.Header) []shown {
	own := h.Index("Received", 0)
	var all []shown
	i := 0
	for f := range h.Fields() {
		if i != own && f.Name != "" {
			all = append(all, shown{f, i})
		}
		i++
	}
	return all
}

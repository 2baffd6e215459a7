//go:build linux

package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// mailbox is a mail server that keeps the messages it receives.
type mailbox struct {
	sink *relaytest.Sink
	seen int // messages that next has returned
}

// newMailbox serves at an address of h. It has a mailbox for every name except absent.
func newMailbox(t *testing.T, h *host, addr string) *mailbox {
	t.Helper()
	m := &mailbox{sink: &relaytest.Sink{Hostname: "mailbox.example", Script: func(stage relaytest.Stage, argument string) string {
		if stage == relaytest.StageRcpt && strings.HasPrefix(argument, "absent@") {
			return "550 5.1.1 No such user here"
		}
		return ""
	}}}
	go m.sink.Serve(h.listen(t, addr))
	t.Cleanup(func() { m.sink.Close() })
	return m
}

// next waits for the next message.
func (m *mailbox) next(t *testing.T) received {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	all, err := m.sink.Wait(ctx, m.seen+1)
	if err != nil {
		t.Fatalf("message %d did not arrive: %v", m.seen+1, err)
	}
	m.seen++
	return received{all[m.seen-1]}
}

// nothing fails the test if a message arrived that next has not returned.
func (m *mailbox) nothing(t *testing.T) {
	t.Helper()
	if all := m.sink.Messages(); len(all) > m.seen {
		t.Fatalf("this arrived: from <%s> to %v\n%s", all[m.seen].From, all[m.seen].To, all[m.seen].Data)
	}
}

// received is a message that arrived.
type received struct {
	relaytest.Message
}

// fields returns the header fields of that name in order, unfolded.
func (r received) fields(name string) []string {
	head, _, _ := strings.Cut(string(r.Data), "\r\n\r\n")
	head = strings.NewReplacer("\r\n\t", " ", "\r\n ", " ").Replace(head)
	var values []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

// envelope fails the test unless the message came from and to these.
func (r received) envelope(t *testing.T, from, to string) {
	t.Helper()
	if got := strings.Join(r.To, " "); r.From != from || got != to {
		t.Fatalf("it came from <%s> to <%s>, want from <%s> to <%s>", r.From, got, from, to)
	}
}

// came fails the test unless HubA's Received field has the message come from an
// address by that protocol.
func (r received) came(t *testing.T, from, protocol string) {
	t.Helper()
	for _, hop := range r.fields("Received") {
		if strings.Contains(hop, "by "+hubName) {
			if !strings.Contains(hop, from) || !strings.Contains(hop, "with "+protocol+" ") {
				t.Errorf("Received: %s; want it from %s with %s", hop, from, protocol)
			}
			return
		}
	}
	t.Errorf("no Received field of HubA in\n%s", r.Data)
}

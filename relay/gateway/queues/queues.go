package queues

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// The names of queues in Exchange that aren't those of next hops.
const (
	Submission  = "Submission" // of messages that were not tried yet
	Unreachable = "Unreachable"

	unreachableDomain = "Unreachable Domain"
)

// Live is the queue of a gateway, for the cmdlets of a shell.
type Live struct {
	// Ask sends a request to the gateway and yields its answer, as control.Do does. It must be set.
	Ask func(ctx context.Context, r control.Request) iter.Seq2[control.Event, error]

	// Now is the time. Nil: time.Now.
	Now func() time.Time

	// Expiration is the time after which the gateway gives messages up; 0: it isn't known. Nil: likewise.
	Expiration func() time.Duration

	// Problem is called with what can't be read when next hops are listed. Nil: it is left out.
	Problem func(text string)
}

var _ operations.Queues = (*Live)(nil)

// now returns the time.
func (q *Live) now() time.Time {
	if q.Now == nil {
		return time.Now()
	}
	return q.Now()
}

// Queues implements operations.Queues.
func (q *Live) Queues(ctx context.Context) ([]operations.Queue, error) {
	var list []operations.Queue
	for e, err := range q.Ask(ctx, control.Request{Action: control.Hops}) {
		switch {
		case err != nil:
			return nil, err
		case e.Problem != "" && q.Problem != nil:
			q.Problem(e.Problem)
		case e.Hop != nil:
			list = append(list, OfHop(e.Hop, q.now()))
		}
	}
	return list, nil
}

// OfHop returns the queue of a next hop as it is at the time now.
func OfHop(h *control.Hop, now time.Time) operations.Queue {
	q := operations.Queue{
		Name: NameOf(h.Name), DeliveryType: h.DeliveryType, NextHopDomain: h.Destination, NextHopConnector: h.Connector, Status: status(h, now),
		Messages: h.Messages, Deferred: h.Deferred, LastError: FoundBy(h.Host, h.Reply), Failures: h.Failures, LastRetry: h.Tried, NextRetry: h.Retry,
		IncomingRate: h.Incoming, OutgoingRate: h.Outgoing,
	}
	if h.Name == Unreachable {
		q.DeliveryType, q.NextHopDomain = Unreachable, unreachableDomain
	}
	return q
}

// NameOf returns the name of the queue of a next hop.
func NameOf(hop string) string {
	if hop == "" || strings.HasPrefix(hop, "(") {
		return Submission
	}
	return hop
}

// FoundBy says whose words the reply of the last attempt are: those of host or, without one, this server's.
func FoundBy(host, reply string) string {
	switch {
	case reply == "":
		return ""
	case host == "":
		return "this server: " + reply
	}
	return host + ": " + reply
}

// status returns the Status of a queue as Exchange says it.
func status(h *control.Hop, now time.Time) string {
	switch {
	case h.Suspended:
		return "Suspended"
	case h.Sending > 0 && h.Failures > 0:
		return "Connecting"
	case h.Sending > 0:
		return "Active"
	case h.Retry.After(now):
		return "Retry"
	}
	return "Ready"
}

// Messages implements operations.Queues.
func (q *Live) Messages(ctx context.Context, s operations.Selection) iter.Seq2[operations.Message, error] {
	return func(yield func(operations.Message, error) bool) {
		var expiration time.Duration
		if q.Expiration != nil {
			expiration = q.Expiration()
		}
		r := control.Request{Action: control.List, Filter: control.Filter{IDs: s.IDs, NextHop: hopFilter(s.Queue)}}
		for e, err := range q.Ask(ctx, r) {
			switch {
			case err != nil:
				yield(operations.Message{}, err)
				return
			case e.Problem != "":
				if !yield(operations.Message{}, errors.New(e.Problem)) {
					return
				}
			case e.Message != nil:
				for _, m := range OfMessage(e.Message, q.now(), expiration) {
					if (s.Queue == "" || strings.EqualFold(s.Queue, m.Queue)) && !yield(m, nil) {
						return
					}
				}
			}
		}
	}
}

// hopFilter returns the next hop that selects the messages of a queue; "": none does.
func hopFilter(queue string) string {
	if queue == Submission {
		return ""
	}
	return queue
}

// OfMessage returns m once for each queue that its recipients wait in at the time now. Messages expire after the time
// expiration; 0: when isn't known.
func OfMessage(m *control.Message, now time.Time, expiration time.Duration) []operations.Message {
	var list []operations.Message
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status != "waiting" {
			continue
		}
		name := NameOf(r.NextHop)
		k := slices.IndexFunc(list, func(have operations.Message) bool { return have.Queue == name })
		if k < 0 {
			k = len(list)
			list = append(list, inQueue(m, name, expiration))
		}
		in := &list[k]
		status, failure := "Ready", FoundBy(r.Host, r.Reply)
		if r.Next.After(now) {
			status = "Retry"
		}
		in.Recipients = append(in.Recipients, operations.Recipient{Address: r.To, Status: status, LastError: failure})
		in.Retries = max(in.Retries, r.Attempts)
		if failure != "" {
			in.LastError = failure
		}
		if status == "Retry" && !m.Suspended {
			in.Status = status
		}
	}
	return list
}

// inQueue returns m in a queue, without its recipients.
func inQueue(m *control.Message, queue string, expiration time.Duration) operations.Message {
	out := operations.Message{ID: m.ID, Queue: queue, Status: "Ready", From: m.From, Subject: m.Subject, InternetMessageID: m.MessageID,
		Size: m.Size, Connector: m.Connector, Received: m.Arrived}
	if m.Suspended {
		out.Status = "Suspended"
	}
	if from, err := netip.ParseAddrPort(m.Remote); err == nil {
		out.Source = from.Addr().String()
	}
	if expiration > 0 {
		out.Expires = m.Arrived.Add(expiration)
	}
	return out
}

// messageActions are the actions of verbs about messages.
var messageActions = map[operations.Verb]control.Action{
	operations.RetryQueue: control.Retry, operations.ResubmitQueue: control.Resubmit, operations.SuspendMessages: control.Suspend,
	operations.ResumeMessages: control.Resume, operations.RemoveMessages: control.Drop, operations.RemoveMessagesWithNDR: control.Drop,
	operations.RedirectMessages: control.Redirect,
}

// Change implements operations.Queues.
func (q *Live) Change(ctx context.Context, a operations.Action, s operations.Selection) (messages int, err error) {
	r := control.Request{Action: messageActions[a.Do], To: a.Target, Report: a.Do == operations.RemoveMessagesWithNDR,
		Filter: control.Filter{IDs: s.IDs, NextHop: hopFilter(s.Queue)}}
	switch a.Do {
	case operations.SuspendQueue:
		r = control.Request{Action: control.SuspendHop, Hop: s.Queue}
	case operations.ResumeQueue:
		r = control.Request{Action: control.ResumeHop, Hop: s.Queue}
	}
	if a.Do <= operations.ResubmitQueue && s.Queue == Submission {
		return 0, fmt.Errorf("the queue %s has messages that were not tried yet, and no next hop", Submission)
	}
	for e, err := range q.Ask(ctx, r) {
		switch {
		case err != nil:
			return messages, err
		case e.End != nil:
			messages = e.End.Messages
		}
	}
	return messages, nil
}

// maxContent bounds the content of a message that a cmdlet exports, because it is in memory as a whole.
const maxContent = 256 << 20

// Content implements operations.Queues.
func (q *Live) Content(ctx context.Context, id string) ([]byte, error) {
	var content bytes.Buffer
	r := control.Request{Action: control.Export, Filter: control.Filter{IDs: []string{id}}}
	for e, err := range q.Ask(ctx, r) {
		switch {
		case err != nil:
			return nil, err
		case e.Problem != "":
			return nil, errors.New(e.Problem)
		case e.Message != nil && e.Message.Size > maxContent:
			return nil, fmt.Errorf("the message has %d bytes; use gateway queue export", e.Message.Size)
		}
		content.Write(e.Content)
	}
	return content.Bytes(), nil
}

package main

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

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// The names of queues in Exchange that aren't those of next hops.
const (
	submissionQueue   = "Submission" // of messages that were not tried yet
	unreachableQueue  = "Unreachable"
	unreachableDomain = "Unreachable Domain"
)

// liveQueues is the queue of the gateway on a data directory, for the cmdlets of gateway shell.
type liveQueues struct {
	cli    *cli
	dir    string
	config func() connector.Config // the shell's, for the time after which messages expire

	expiration time.Duration // that time, while Messages runs; 0: not known
}

// Queues implements operations.Queues.
func (q *liveQueues) Queues(ctx context.Context) ([]operations.Queue, error) {
	hops, err := q.cli.listHops(ctx, q.dir)
	if err != nil {
		return nil, err
	}
	list := make([]operations.Queue, len(hops))
	for i, h := range hops {
		list[i] = operations.Queue{
			Name: queueName(h.Name), DeliveryType: h.DeliveryType, NextHopDomain: h.Destination, NextHopConnector: h.Connector, Status: queueStatus(h, q.cli.now()),
			Messages: h.Messages, Deferred: h.Deferred, LastError: foundBy(h.Host, h.Reply), Failures: h.Failures, LastRetry: h.Tried, NextRetry: h.Retry,
			IncomingRate: h.Incoming, OutgoingRate: h.Outgoing,
		}
		if h.Name == unreachableQueue {
			list[i].DeliveryType, list[i].NextHopDomain = unreachableQueue, unreachableDomain
		}
	}
	return list, nil
}

// queueName returns the name of the queue of a next hop.
func queueName(hop string) string {
	if hop == "" || strings.HasPrefix(hop, "(") {
		return submissionQueue
	}
	return hop
}

// queueStatus returns the Status of a queue as Exchange says it.
func queueStatus(h *control.Hop, now time.Time) string {
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
func (q *liveQueues) Messages(ctx context.Context, s operations.Selection) iter.Seq2[operations.Message, error] {
	return func(yield func(operations.Message, error) bool) {
		if policy, err := connector.Compile(q.config()); err == nil {
			q.expiration = policy.Service().MessageExpirationTimeout
		}
		r := control.Request{Action: control.List, Filter: control.Filter{IDs: s.IDs, NextHop: hopFilter(s.Queue)}}
		for e, err := range q.cli.ask(ctx, q.dir, r, nil) {
			switch {
			case err != nil:
				yield(operations.Message{}, err)
				return
			case e.Problem != "":
				if !yield(operations.Message{}, errors.New(e.Problem)) {
					return
				}
			case e.Message != nil:
				for _, m := range q.inQueues(e.Message) {
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
	if queue == submissionQueue {
		return ""
	}
	return queue
}

// inQueues returns m once for each queue that its recipients wait in.
func (q *liveQueues) inQueues(m *control.Message) []operations.Message {
	var list []operations.Message
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status != "waiting" {
			continue
		}
		name := queueName(r.NextHop)
		k := slices.IndexFunc(list, func(have operations.Message) bool { return have.Queue == name })
		if k < 0 {
			k = len(list)
			list = append(list, q.message(m, name))
		}
		in := &list[k]
		status, failure := "Ready", foundBy(r.Host, r.Reply)
		if r.Next.After(q.cli.now()) {
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

// message returns m in a queue, without its recipients.
func (q *liveQueues) message(m *control.Message, queue string) operations.Message {
	out := operations.Message{ID: m.ID, Queue: queue, Status: "Ready", From: m.From, Subject: m.Subject, InternetMessageID: m.MessageID,
		Size: m.Size, Connector: m.Connector, Received: m.Arrived}
	if m.Suspended {
		out.Status = "Suspended"
	}
	if from, err := netip.ParseAddrPort(m.Remote); err == nil {
		out.Source = from.Addr().String()
	}
	if q.expiration > 0 {
		out.Expires = m.Arrived.Add(q.expiration)
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
func (q *liveQueues) Change(ctx context.Context, a operations.Action, s operations.Selection) (messages int, err error) {
	r := control.Request{Action: messageActions[a.Do], To: a.Target, Report: a.Do == operations.RemoveMessagesWithNDR,
		Filter: control.Filter{IDs: s.IDs, NextHop: hopFilter(s.Queue)}}
	switch a.Do {
	case operations.SuspendQueue:
		r = control.Request{Action: control.SuspendHop, Hop: s.Queue}
	case operations.ResumeQueue:
		r = control.Request{Action: control.ResumeHop, Hop: s.Queue}
	}
	if a.Do <= operations.ResubmitQueue && s.Queue == submissionQueue {
		return 0, fmt.Errorf("the queue %s has messages that were not tried yet, and no next hop", submissionQueue)
	}
	for e, err := range control.Do(ctx, q.dir, r) {
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
func (q *liveQueues) Content(ctx context.Context, id string) ([]byte, error) {
	var content bytes.Buffer
	r := control.Request{Action: control.Export, Filter: control.Filter{IDs: []string{id}}}
	for e, err := range q.cli.ask(ctx, q.dir, r, nil) {
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

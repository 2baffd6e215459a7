package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
)

// queueCommands are the cmdlets that work on the queue of a running server.
func (o *Org) queueCommands() []object.Command {
	var list []object.Command
	add := func(of *schema.Noun, verb schema.Verbs, synopsis string, confirms bool, run func(*object.Call) error) {
		list = append(list, &command{name: verb.Names()[0] + "-" + of.Names[0], synopsis: synopsis, confirms: confirms,
			params: parameters(of.Rows, verb), complete: o.queueNames,
			run: func(call *object.Call) error {
				if err := o.noticeAll(call, of.Rows); err != nil {
					return err
				}
				if o.Queues == nil {
					return errNotRunning
				}
				return run(call)
			}})
	}
	add(&schema.Queue, schema.Get, "Shows the queue of a running gateway by next hop.", false, o.getQueues)
	add(&schema.Queue, schema.Suspend, "Stops all attempts at a next hop until Resume-Queue.", true, o.onQueues(operations.SuspendQueue))
	add(&schema.Queue, schema.Resume, "Tries a next hop again that Suspend-Queue has stopped.", false, o.onQueues(operations.ResumeQueue))
	add(&schema.Queue, schema.Retry, "Tries a next hop now, or routes its messages again.", false, o.retryQueues)
	add(&schema.QueueDigest, schema.Get, "Shows the queue of a running gateway in groups.", false, o.getQueueDigest)
	add(&schema.Message, schema.Get, "Shows the messages in the queue of a running gateway.", false, o.getMessages)
	add(&schema.Message, schema.Remove, "Gives messages up, with or without a delivery report.", true, o.removeMessages)
	add(&schema.Message, schema.Suspend, "Makes messages wait until Resume-Message.", true, o.onMessages(operations.SuspendMessages))
	add(&schema.Message, schema.Resume, "Sends messages that Suspend-Message has stopped.", false, o.onMessages(operations.ResumeMessages))
	add(&schema.Message, schema.Redirect, "Sends messages by another Send connector.", true, o.redirectMessages)
	add(&schema.Message, schema.Export, "Writes the content of a message to a file.", false, o.exportMessage)
	return list
}

// errNotRunning is the error of cmdlets that need a running server.
var errNotRunning = errors.New("it needs a running gateway: start gateway shell with -data DIR, the data directory of that gateway")

// contextOf returns the context of a call, which tests leave out.
func contextOf(call *object.Call) context.Context {
	if call.Context == nil {
		return context.Background()
	}
	return call.Context
}

// queueNames completes -Identity and -Queue.
func (o *Org) queueNames(parameter, prefix string) []string {
	if o.Queues == nil || !strings.EqualFold(parameter, "Identity") && !strings.EqualFold(parameter, "Queue") {
		return nil
	}
	queues, err := o.Queues.Queues(context.Background())
	if err != nil {
		return nil
	}
	var names []string
	for i := range queues {
		names = append(names, o.queueIdentity(queues[i].Name), queues[i].Name)
	}
	return withPrefix(names, prefix)
}

func (o *Org) queueIdentity(name string) string { return o.LocalName() + `\` + name }

// queueType is the type of the objects of Get-Queue.
const queueType = "ExtensibleQueueInfo"

var queueShape = object.NewShape("Identity", "DeliveryType", "NextHopDomain", "NextHopConnector", "NextHopCategory", "Status", "MessageCount", "LastError",
	"RetryCount", "LastRetryTime", "NextRetryTime", "DeferredMessageCount", "LockedMessageCount", "IncomingRate", "OutgoingRate", "Velocity",
	"RiskLevel", "OutboundIPPool", "QueueIdentity", "ServerName", "IsValid", "ObjectState")

// queueObject is the object of Get-Queue.
func (o *Org) queueObject(q *operations.Queue) *object.Object {
	id := typed{"QueueIdentity", o.queueIdentity(q.Name)}
	v := queueShape.Object(queueType, []object.Value{
		id, typed{"DeliveryType", q.DeliveryType}, q.NextHopDomain, showText(q.NextHopConnector), typed{"NextHopCategory", category(q)}, typed{"QueueStatus", q.Status},
		int64(q.Messages), showText(q.LastError), int64(q.Failures), showTime(q.LastRetry), showTime(q.NextRetry), int64(q.Deferred), int64(0),
		roundedRate(q.IncomingRate), roundedRate(q.OutgoingRate), roundedRate(q.OutgoingRate - q.IncomingRate), typed{"RiskLevel", "Normal"}, int64(0), id, o.LocalName(),
		true, typed{"ObjectState", "New"},
	})
	v.Ref, v.Text = q, id.text
	v.Columns = []string{"Identity", "DeliveryType", "Status", "MessageCount", "Velocity", "NextHopDomain"}
	return v
}

// category is NextHopCategory.
func category(q *operations.Queue) string {
	if strings.HasPrefix(q.DeliveryType, "SmtpRelay") {
		return "Internal"
	}
	return "External"
}

// showTime shows a time in the time zone of this machine, and the absence of one as $null.
func showTime(t time.Time) object.Value {
	if t.IsZero() {
		return nil
	}
	return object.Time(t.Local())
}

// queuesOf returns the queues that a command selects by -Identity, -Filter and -Server.
func (o *Org) queuesOf(call *object.Call) ([]*object.Object, error) {
	if err := o.checkServers(call); err != nil {
		return nil, err
	}
	wanted, err := o.filterOf(call)
	if err != nil {
		return nil, err
	}
	queues, err := o.Queues.Queues(contextOf(call))
	if err != nil {
		return nil, err
	}
	var named func(*operations.Queue) bool
	if v, given := call.Args["Identity"]; given {
		if named, err = o.queueNamed(v, queues); err != nil {
			return nil, about(call, "Identity", err)
		}
	}
	var found []*object.Object
	for i := range queues {
		if named != nil && !named(&queues[i]) {
			continue
		}
		v := o.queueObject(&queues[i])
		if ok, err := wanted.match(v); err != nil {
			return nil, about(call, "Filter", err)
		} else if ok {
			found = append(found, v)
		}
	}
	return found, nil
}

// queueNamed returns which of the queues an identity stands for: SERVER\name, the name, or a
// NextHopDomain. One with wildcards may stand for none.
func (o *Org) queueNamed(v object.Value, queues []operations.Queue) (func(*operations.Queue) bool, error) {
	text, err := single(v)
	if err != nil {
		return nil, err
	}
	name, err := o.withoutServer(text)
	if err != nil {
		return nil, err
	}
	byName := func(q *operations.Queue) bool { return strings.EqualFold(q.Name, name) }
	byDomain := func(q *operations.Queue) bool {
		return q.NextHopDomain != "" && strings.EqualFold(q.NextHopDomain, name)
	}
	has := func(match func(*operations.Queue) bool) bool {
		return slices.ContainsFunc(queues, func(q operations.Queue) bool { return match(&q) })
	}
	switch {
	case hasWildcard(name):
		return func(q *operations.Queue) bool { return object.Like(q.Name, name) || object.Like(q.NextHopDomain, name) }, nil
	case has(byName):
		return byName, nil
	case has(byDomain):
		return byDomain, nil
	}
	return nil, &NotFoundError{Noun: "Queue", Identity: text}
}

// withoutServer returns an identity without the name of this server. Another server is an error.
func (o *Org) withoutServer(text string) (string, error) {
	server, name, qualified := strings.Cut(text, `\`)
	if !qualified {
		return text, nil
	}
	if server != "" && server != "*" && !o.isLocal(server) {
		return "", notLocal(server, o.LocalName())
	}
	return name, nil
}

// getQueues is Get-Queue.
func (o *Org) getQueues(call *object.Call) error {
	found, err := o.queuesOf(call)
	if err != nil {
		return err
	}
	for _, name := range []string{"Include", "Exclude"} {
		v, given := call.Args[name]
		if !given {
			continue
		}
		kinds, err := queueKinds(v)
		if err != nil {
			return about(call, name, err)
		}
		found = slices.DeleteFunc(found, func(v *object.Object) bool {
			return slices.ContainsFunc(kinds, func(k string) bool { return ofKind(v.Ref.(*operations.Queue), k) }) != (name == "Include")
		})
	}
	p, err := pageOf(call)
	if err != nil {
		return err
	}
	for _, v := range found {
		if !p.add(v) {
			break
		}
	}
	return p.emit(call)
}

// queueKinds reads what -Include and -Exclude take.
func queueKinds(v object.Value) ([]string, error) {
	var kinds []string
	for _, item := range object.Items(v) {
		text, err := single(item)
		if err != nil {
			return nil, err
		}
		for k := range strings.SplitSeq(text, ",") {
			kinds = append(kinds, strings.TrimSpace(k))
		}
	}
	return kinds, nil
}

// ofKind reports whether q is of a kind of -Include and -Exclude.
func ofKind(q *operations.Queue, kind string) bool {
	if strings.EqualFold(kind, "Empty") {
		return q.Messages == 0
	}
	return strings.EqualFold(kind, category(q)) || strings.EqualFold(kind, q.DeliveryType) || strings.EqualFold(kind, q.Status)
}

// onQueues is a cmdlet that does something to queues.
func (o *Org) onQueues(do operations.Verb) func(*object.Call) error {
	return func(call *object.Call) error {
		if err := selects(call, "Identity", "Filter"); err != nil {
			return err
		}
		found, err := o.queuesOf(call)
		if err != nil {
			return err
		}
		for _, v := range found {
			q := v.Ref.(*operations.Queue)
			if ok, err := call.Confirm(queueActions[do], v.Text); err != nil || !ok {
				return err
			}
			if _, err := o.Queues.Change(contextOf(call), operations.Action{Do: do}, operations.Selection{Queue: q.Name}); err != nil {
				return err
			}
		}
		return nil
	}
}

// queueActions name cmdlets in questions.
var queueActions = map[operations.Verb]string{operations.SuspendQueue: "Suspend-Queue", operations.ResumeQueue: "Resume-Queue",
	operations.RetryQueue: "Retry-Queue", operations.ResubmitQueue: "Retry-Queue -Resubmit"}

// retryQueues is Retry-Queue.
func (o *Org) retryQueues(call *object.Call) error {
	do := operations.RetryQueue
	if v, given := call.Args["Resubmit"]; given {
		again, err := boolean.read(v)
		if err != nil {
			return about(call, "Resubmit", err)
		}
		if again {
			do = operations.ResubmitQueue
		}
	}
	return o.onQueues(do)(call)
}

// selects returns an error unless one of the parameters is given, so that no cmdlet changes everything by
// mistake.
func selects(call *object.Call, names ...string) error {
	if slices.ContainsFunc(names, call.Has) {
		return nil
	}
	return errors.New("give -" + strings.Join(names, " or -"))
}

var digestShape = object.NewShape("GroupByValue", "MessageCount", "DeferredMessageCount", "LockedMessageCount", "StaleMessageCount", "Details")

// getQueueDigest is Get-QueueDigest: the queues with the same value of a property, counted together.
func (o *Org) getQueueDigest(call *object.Call) error {
	by := "NextHopDomain"
	if v, given := call.Args["GroupBy"]; given {
		var err error
		if by, err = words(schema.QueueDigest.Row("GroupBy").Kind).read(v); err != nil {
			return about(call, "GroupBy", err)
		}
	}
	found, err := o.queuesOf(call)
	if err != nil {
		return err
	}
	groups := map[string][]*object.Object{}
	var values []string
	for _, v := range found {
		of, _ := v.Get(by)
		key := object.Text(of)
		if groups[key] == nil {
			values = append(values, key)
		}
		groups[key] = append(groups[key], v)
	}
	p, err := pageOf(call)
	if err != nil {
		return err
	}
	total := func(key, name string) (n int64) {
		for _, v := range groups[key] {
			of, _ := v.Get(name)
			n += of.(int64)
		}
		return n
	}
	slices.SortStableFunc(values, func(a, b string) int { return cmp.Compare(total(b, "MessageCount"), total(a, "MessageCount")) })
	for _, key := range values {
		details := &object.List{}
		for _, v := range groups[key] {
			details.Items = append(details.Items, v)
		}
		v := digestShape.Object("QueueDigestPresentationObject", []object.Value{key, total(key, "MessageCount"), total(key, "DeferredMessageCount"), int64(0), int64(0), details})
		v.Columns, v.Text = []string{"GroupByValue", "MessageCount", "DeferredMessageCount", "LockedMessageCount", "StaleMessageCount", "Details"}, key
		if !p.add(v) {
			break
		}
	}
	return p.emit(call)
}

// isLocal reports whether a name is that of this server.
func (o *Org) isLocal(name string) bool {
	local := o.local()
	return strings.EqualFold(name, local.Name) || strings.EqualFold(name, local.FQDN)
}

// notLocal is the error of an identity of another server.
func notLocal(server, local string) error {
	return fmt.Errorf("the queue of this server, %s, can be reached, not that of %s", local, quote(server))
}

// checkServers returns an error if -Server names another server.
func (o *Org) checkServers(call *object.Call) error {
	for _, item := range object.Items(call.Args["Server"]) {
		name, err := single(item)
		if err == nil && !o.isLocal(serverName(name)) {
			err = notLocal(name, o.LocalName())
		}
		if err != nil {
			return about(call, "Server", err)
		}
	}
	return nil
}

// roundedRate rounds a rate to two decimals, as Exchange shows it.
func roundedRate(perSecond float64) object.Value { return math.Round(perSecond*100) / 100 }

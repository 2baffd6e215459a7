package exchange

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
)

var messageShape = object.NewShape("Identity", "Subject", "InternetMessageId", "FromAddress", "Status", "Size", "MessageSourceName", "SourceIP", "SCL",
	"DateReceived", "ExpirationTime", "LastError", "RetryCount", "Queue", "Recipients", "RecipientCount", "MessageIdentity", "IsValid", "ObjectState")

// messageObject is the object of Get-Message.
func (o *Org) messageObject(m *operations.Message, recipients bool) *object.Object {
	queue := o.queueIdentity(m.Queue)
	id := typed{"MessageIdentity", queue + `\` + m.ID}
	from := "SMTP:" + m.Connector
	if m.Connector == "" {
		from = "DSN"
	}
	var to object.Value
	if recipients {
		l := &object.List{}
		for _, r := range m.Recipients {
			l.Items = append(l.Items, recipientObject(&r))
		}
		to = l
	}
	sender := m.From
	if sender == "" {
		sender = "<>"
	}
	v := messageShape.Object("ExtensibleMessageInfo", []object.Value{
		id, showText(m.Subject), showText(m.InternetMessageID), sender, typed{"MessageStatus", m.Status}, showSize(param.Size(m.Size)), from, showText(m.Source), int64(-1),
		showTime(m.Received), showTime(m.Expires), showText(m.LastError), int64(m.Retries), typed{"QueueIdentity", queue}, to, int64(len(m.Recipients)), id,
		true, typed{"ObjectState", "New"},
	})
	v.Ref, v.Text = m, id.text
	v.Columns = []string{"Identity", "FromAddress", "Status", "Size", "Subject"}
	return v
}

var recipientShape = object.NewShape("Address", "Status", "LastError")

func recipientObject(r *operations.Recipient) *object.Object {
	v := recipientShape.Object("RecipientInfo", []object.Value{r.Address, typed{"RecipientStatus", r.Status}, showText(r.LastError)})
	v.Text = r.Address
	return v
}

// messagesOf calls do for each message that a command selects by -Identity, -Queue, -Filter and -Server, until
// it returns false.
func (o *Org) messagesOf(call *object.Call, do func(*object.Object) bool) error {
	if err := o.checkServers(call); err != nil {
		return err
	}
	wanted, err := o.filterOf(call)
	if err != nil {
		return err
	}
	s, err := o.selectionOf(call)
	if err != nil {
		return err
	}
	full := call.Switch("IncludeRecipientInfo")
	var failed []error
	for m, err := range o.Queues.Messages(contextOf(call), s) {
		if err != nil {
			failed = append(failed, err)
			continue
		}
		v := o.messageObject(&m, full)
		ok, err := wanted.match(v)
		if err != nil {
			return about(call, "Filter", err)
		}
		if ok && !do(v) {
			break
		}
	}
	return errors.Join(failed...)
}

// selectionOf reads -Identity, which is SERVER\queue\ID, queue\ID, \*\ID or ID, and -Queue.
func (o *Org) selectionOf(call *object.Call) (s operations.Selection, err error) {
	queue := object.Value(nil)
	if v, given := call.Args["Identity"]; given {
		text, err := single(v)
		if err != nil {
			return s, about(call, "Identity", err)
		}
		before, id, qualified := cutLast(text)
		if !qualified {
			id = text
		}
		s.IDs = []string{id}
		if qualified {
			if server, name, both := strings.Cut(before, `\`); !both || !o.isLocal(server) && server != "*" && server != "" {
				queue = before
			} else {
				queue = name
			}
		}
	}
	if v, given := call.Args["Queue"]; given {
		queue = v
	}
	if queue == nil || object.Text(queue) == "*" {
		return s, nil
	}
	queues, err := o.Queues.Queues(contextOf(call))
	if err != nil {
		return s, err
	}
	named, err := o.queueNamed(queue, queues)
	if err != nil {
		return s, err
	}
	for i := range queues {
		if !named(&queues[i]) {
			continue
		}
		if s.Queue != "" {
			return s, fmt.Errorf("%s stands for several queues; pipe Get-Queue into the cmdlet", quote(object.Text(queue)))
		}
		s.Queue = queues[i].Name
	}
	if s.Queue == "" {
		return s, &NotFoundError{Noun: "Queue", Identity: object.Text(queue)}
	}
	return s, nil
}

// cutLast cuts text at its last backslash.
func cutLast(text string) (before, after string, found bool) {
	i := strings.LastIndexByte(text, '\\')
	if i < 0 {
		return "", text, false
	}
	return text[:i], text[i+1:], true
}

// getMessages is Get-Message.
func (o *Org) getMessages(call *object.Call) error {
	p, err := pageOf(call)
	if err != nil {
		return err
	}
	if err := o.messagesOf(call, func(v *object.Object) bool { return p.add(v) }); err != nil {
		return err
	}
	if err := o.someIdentity(call, len(p.objects)); err != nil {
		return err
	}
	return p.emit(call)
}

// someIdentity returns an error if -Identity was given and nothing found.
func (o *Org) someIdentity(call *object.Call, found int) error {
	if v, given := call.Args["Identity"]; given && found == 0 {
		return about(call, "Identity", &NotFoundError{Noun: "Message", Identity: object.Text(v)})
	}
	return nil
}

// onMessages is a cmdlet that does something to messages.
func (o *Org) onMessages(do operations.Verb) func(*object.Call) error {
	return func(call *object.Call) error { return o.change(call, operations.Action{Do: do}) }
}

// messageActions name cmdlets in questions.
var messageActions = map[operations.Verb]string{operations.SuspendMessages: "Suspend-Message", operations.ResumeMessages: "Resume-Message",
	operations.RemoveMessages: "Remove-Message", operations.RemoveMessagesWithNDR: "Remove-Message -WithNDR $true", operations.RedirectMessages: "Redirect-Message"}

// change does a to the messages that a command selects. The queue is read to its end first, because it changes
// then.
func (o *Org) change(call *object.Call, a operations.Action) error {
	if err := selects(call, "Identity", "Filter", "Queue", "Server"); err != nil {
		return err
	}
	ids := map[string][]string{} // by queue
	var queues []string
	n, example := 0, ""
	err := o.messagesOf(call, func(v *object.Object) bool {
		m := v.Ref.(*operations.Message)
		if ids[m.Queue] == nil {
			queues = append(queues, m.Queue)
		}
		ids[m.Queue] = append(ids[m.Queue], m.ID)
		n, example = n+1, v.Text
		return true
	})
	if err != nil {
		return err
	}
	if err := o.someIdentity(call, n); err != nil || n == 0 {
		return err
	}
	if n > 1 {
		example = fmt.Sprintf("%d messages", n)
	}
	if ok, err := call.Confirm(messageActions[a.Do], example); err != nil || !ok {
		return err
	}
	for _, queue := range queues {
		for all := ids[queue]; len(all) > 0; {
			some := all[:min(len(all), operations.MaxIDs)]
			if _, err := o.Queues.Change(contextOf(call), a, operations.Selection{Queue: queue, IDs: some}); err != nil {
				return err
			}
			all = all[len(some):]
		}
	}
	return nil
}

// removeMessages is Remove-Message.
func (o *Org) removeMessages(call *object.Call) error {
	do := operations.RemoveMessagesWithNDR
	if v, given := call.Args["WithNDR"]; given {
		report, err := boolean.read(v)
		if err != nil {
			return about(call, "WithNDR", err)
		}
		if !report {
			do = operations.RemoveMessages
		}
	}
	return o.change(call, operations.Action{Do: do})
}

// redirectMessages is Redirect-Message.
func (o *Org) redirectMessages(call *object.Call) error {
	target, err := single(call.Args["Target"])
	if err != nil {
		return about(call, "Target", err)
	}
	return o.change(call, operations.Action{Do: operations.RedirectMessages, Target: target})
}

// exportMessage is Export-Message.
func (o *Org) exportMessage(call *object.Call) error {
	path, err := single(call.Args["Path"])
	if err != nil {
		return about(call, "Path", err)
	}
	if o.FS == nil {
		return errors.New("files can't be written here")
	}
	id := ""
	err = o.messagesOf(call, func(v *object.Object) bool {
		id = v.Ref.(*operations.Message).ID
		return false
	})
	if err != nil {
		return err
	}
	if err := o.someIdentity(call, len(id)); err != nil {
		return err
	}
	content, err := o.Queues.Content(contextOf(call), id)
	if err != nil {
		return err
	}
	if ok, err := call.Confirm("Export-Message", id); err != nil || !ok {
		return err
	}
	return o.FS.WriteFile(path, content)
}

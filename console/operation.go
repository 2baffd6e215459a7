package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/console/internal/viewer"
)

// queueAction is an action of the Queue Viewer on the rows that are chosen.
type queueAction struct {
	Name    string // in the form
	Label   string
	Warning string // what its page asks about; "": it is done at once for rows that were chosen one by one
	Target  bool   // it needs a Send connector
	done    string // as in "3 queues suspended"
	verb    operations.Verb

	command     func(identity string) string // the cmdlet for one row; nil: Exchange has no cmdlet for it
	onAllQueues string                       // the rest of a pipeline that begins with Get-Queue
	onFilter    string                       // of messages: the cmdlet that takes -Filter
}

// The actions on queues and on messages, in the order of their buttons.
var (
	queueActions = []queueAction{
		{Name: "suspend", Label: "Suspend", done: "suspended", verb: operations.SuspendQueue, command: with("Suspend-Queue -Identity %s"), onAllQueues: "Suspend-Queue"},
		{Name: "resume", Label: "Resume", done: "resumed", verb: operations.ResumeQueue, command: with("Resume-Queue -Identity %s"), onAllQueues: "Resume-Queue"},
		{Name: "retry", Label: "Retry", done: "to be retried now", verb: operations.RetryQueue, command: with("Retry-Queue -Identity %s"), onAllQueues: "Retry-Queue"},
		{Name: "resubmit", Label: "Resubmit", done: "routed again", verb: operations.ResubmitQueue, command: with("Retry-Queue -Identity %s -Resubmit $true"), onAllQueues: "Retry-Queue -Resubmit $true"},
		{Name: "redirect", Label: "Redirect", done: "redirected", verb: operations.RedirectMessages, Target: true, Warning: redirectWarning,
			command: with("Redirect-Message -Queue %s"), onAllQueues: "Get-Message -ResultSize Unlimited | Redirect-Message"},
		{Name: "remove-ndr", Label: "Remove Messages (with NDR)", done: "emptied", verb: operations.RemoveMessagesWithNDR, Warning: removeWarning,
			command: with("Get-Message -Queue %s -ResultSize Unlimited | Remove-Message -WithNDR $true"), onAllQueues: "Get-Message -ResultSize Unlimited | Remove-Message -WithNDR $true"},
		{Name: "remove", Label: "Remove Messages (without sending NDR)", done: "emptied", verb: operations.RemoveMessages, Warning: removeQuietlyWarning,
			command: with("Get-Message -Queue %s -ResultSize Unlimited | Remove-Message -WithNDR $false"), onAllQueues: "Get-Message -ResultSize Unlimited | Remove-Message -WithNDR $false"},
	}
	messageActions = []queueAction{
		{Name: "suspend", Label: "Suspend", done: "suspended", verb: operations.SuspendMessages, command: with("Suspend-Message -Identity %s"), onFilter: "Suspend-Message"},
		{Name: "resume", Label: "Resume", done: "resumed", verb: operations.ResumeMessages, command: with("Resume-Message -Identity %s"), onFilter: "Resume-Message"},
		{Name: "retry", Label: "Retry", done: "to be retried now", verb: operations.RetryQueue},
		{Name: "resubmit", Label: "Resubmit", done: "routed again", verb: operations.ResubmitQueue},
		{Name: "redirect", Label: "Redirect", done: "redirected", verb: operations.RedirectMessages, Target: true, Warning: redirectWarning,
			command: with("Redirect-Message -Identity %s"), onFilter: "Redirect-Message"},
		{Name: "remove-ndr", Label: "Remove (with NDR)", done: "removed", verb: operations.RemoveMessagesWithNDR, Warning: removeWarning,
			command: with("Remove-Message -Identity %s -WithNDR $true"), onFilter: "Remove-Message -WithNDR $true"},
		{Name: "remove", Label: "Remove (without sending NDR)", done: "removed", verb: operations.RemoveMessages, Warning: removeQuietlyWarning,
			command: with("Remove-Message -Identity %s -WithNDR $false"), onFilter: "Remove-Message -WithNDR $false"},
	}
)

const (
	removeWarning        = "The messages are deleted for good. Each sender gets a delivery report (NDR) that says so, unless the message is a report itself or its sender asked for none."
	removeQuietlyWarning = "The messages are deleted for good. The senders don't learn of it: no delivery report (NDR) is sent."
	redirectWarning      = "The messages are sent by another Send connector from now on, whatever the address spaces say. Resubmit undoes that."
)

// with returns the command in which an identity stands for %s.
func with(format string) func(string) string {
	return func(identity string) string { return fmt.Sprintf(format, identity) }
}

// operation is an action that the form of a list asks for, on queues or messages.
type operation struct {
	r      *request
	action queueAction
	page   string // of the list
	target string // a Send connector

	query  string // the parameters of the list
	filter string // its filter, as the shell writes it
	all    bool   // everything that the filter selects is meant, instead of rows

	queues   []string // their names, or
	skipped  []string // queues that are left out, with the reason
	chosen   []viewer.Chosen
	messages int  // that are concerned, as far as that is known before
	more     bool // there are more messages than the operation takes at once

	done, changed int // rows, and messages, afterwards
}

// operation reads which of the actions the form of a page asks for.
func (r *request) operation(actions []queueAction, page string) (*operation, error) {
	name := r.PostFormValue("do")
	i := slices.IndexFunc(actions, func(a queueAction) bool { return a.Name == name })
	if i < 0 {
		return nil, &problem{status: http.StatusBadRequest, text: fmt.Sprintf("There is no action %q.", name), fix: "Go back to the list and press one of its buttons."}
	}
	o := &operation{r: r, action: actions[i], page: page}
	if o.action.Target {
		o.target = r.PostFormValue("to")
		if !slices.Contains(r.sendConnectors(), o.target) {
			return nil, &problem{status: http.StatusBadRequest, text: "Redirect needs a Send connector of this policy.", fix: "Choose one beside the button Redirect; nothing was changed."}
		}
	}
	return o, nil
}

// chosenQuery returns the query of the list in whose form a button was pressed, and its parameters.
func chosenQuery[T any](r *request, parse func(url.Values) (*viewer.Query[T], error)) (string, *viewer.Query[T], error) {
	text := r.PostFormValue("query")
	v, err := url.ParseQuery(text)
	if err != nil {
		return "", nil, badFilter(err)
	}
	q, err := parse(v)
	if err != nil {
		return "", nil, badFilter(err)
	}
	return q.Values().Encode(), q, nil
}

// confirmation is the data of the page that asks before an operation.
type confirmation struct {
	Action   queueAction
	Question string
	More     bool
	Page     string
	Query    string
	All      bool
	Target   string
	IDs      []string // in the form
	Names    []string // that are shown
	Others   int      // that aren't
	Commands string
	Back     string
}

// maxNamed is how many rows or commands are written out.
const maxNamed = 20

// proceed does the operation to n rows, or asks before. run does it.
func (o *operation) proceed(thing string, n int, run func(*operation) error) error {
	r := o.r
	back := o.page
	if o.query != "" {
		back += "?" + o.query
	}
	if n == 0 && len(o.skipped) > 0 {
		r.c.notices.put(r.user.Session, "Nothing was changed. "+o.leftOut())
		return r.redirect(back)
	}
	if n == 0 {
		r.c.notices.put(r.user.Session, "Nothing was changed, because no "+thing+" was chosen. Tick the boxes of the rows that are meant first, or choose all that the filter finds.")
		return r.redirect(back)
	}
	if (o.action.Warning != "" || o.all) && r.PostFormValue("sure") == "" {
		return r.render("confirm", view{Title: o.action.Label, Nav: "/queues", Wide: true, Data: o.confirmation(thing, n, back)})
	}
	err := run(o)
	r.c.snapshots.Forget()
	outcome := count(o.done, thing) + " " + o.action.done
	if thing == "queue" && o.action.verb != operations.SuspendQueue && o.action.verb != operations.ResumeQueue {
		outcome += " (" + count(o.changed, "message") + ")"
	}
	if o.more {
		outcome += "; there are more messages: repeat the action"
	}
	if len(o.skipped) > 0 {
		outcome += ". " + o.leftOut()
	}
	return o.finish(thing, outcome, back, err)
}

// leftOut says which queues were left out.
func (o *operation) leftOut() string {
	text := "Left out: " + strings.Join(o.skipped[:min(len(o.skipped), 3)], ", ")
	if more := len(o.skipped) - 3; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + "."
}

// finish logs the operation, and shows the list with its outcome, or the error that has ended it.
func (o *operation) finish(thing, outcome, back string, err error) error {
	r, commands := o.r, strings.Join(o.commands(), "\n")
	attrs := []any{"action", o.action.Name, "messages", o.changed, "commands", commands}
	if thing == "queue" {
		attrs = append(attrs, "queues", o.done)
	}
	if err != nil {
		r.logAction("queue action failed", append(attrs, "error", err)...)
		r.c.transcript.add(r.c.now(), r.user.Name, commands, outcome+", then: "+err.Error())
		return partly(outcome, err)
	}
	r.logAction("queue action", attrs...)
	r.c.transcript.add(r.c.now(), r.user.Name, commands, outcome)
	r.c.notices.put(r.user.Session, strings.TrimSuffix(outcome, ".")+".")
	return r.redirect(back)
}

// partly returns the error page for an operation that has failed after a part of it.
func partly(outcome string, err error) error {
	return &problem{status: http.StatusBadGateway, text: "The gateway said: " + err.Error() + ".", fix: "Before that: " + outcome + ". The list shows the rest."}
}

// confirmation returns the data of the page that asks.
func (o *operation) confirmation(thing string, n int, back string) confirmation {
	c := confirmation{Action: o.action, Page: o.page, Query: o.query, All: o.all, Target: o.target, More: o.more, Back: back, Commands: strings.Join(o.commands(), "\n")}
	c.Question = fmt.Sprintf("%s: %s", o.action.Label, count(n, thing))
	if thing == "queue" {
		c.Question += " with " + count(o.messages, "message")
	}
	if o.target != "" {
		c.Question += fmt.Sprintf(", to the Send connector %q", o.target)
	}
	for _, name := range o.queues {
		c.IDs = append(c.IDs, name)
		c.Names = append(c.Names, name)
	}
	for _, m := range o.chosen {
		c.IDs = append(c.IDs, m.Key())
		c.Names = append(c.Names, m.ID+" in "+m.Queue)
	}
	if o.all {
		c.IDs = nil
	}
	if len(c.Names) > maxNamed {
		c.Others = len(c.Names) - maxNamed
		c.Names = c.Names[:maxNamed]
	}
	return c
}

// change does the operation to messages, a queue at a time.
func (o *operation) change(chosen []viewer.Chosen) (done int, err error) {
	live := o.r.live()
	byQueue := make(map[string][]string)
	var names []string
	for _, m := range chosen {
		if byQueue[m.Queue] == nil {
			names = append(names, m.Queue)
		}
		byQueue[m.Queue] = append(byQueue[m.Queue], m.ID)
	}
	for _, queue := range names {
		s := operations.Selection{Queue: queue}
		if o.action.verb <= operations.ResubmitQueue {
			s.Queue = "" // these concern messages wherever they wait
		}
		for ids := range slices.Chunk(byQueue[queue], operations.MaxIDs) {
			s.IDs = ids
			n, err := live.Change(o.r.Context(), operations.Action{Do: o.action.verb, Target: o.target}, s)
			done += n
			if err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

// commands returns the shell's commands for the operation, a line for each.
func (o *operation) commands() []string {
	switch {
	case o.all && o.page == "/queues":
		return []string{o.getAll("Get-Queue") + " | " + o.action.onAllQueues + o.to()}
	case o.action.command == nil:
		return o.withoutCmdlet()
	case o.all && o.filter != "":
		return []string{o.action.onFilter + " -Filter " + o.filter + o.to()}
	case o.all:
		return []string{o.getAll("Get-Message") + " | " + o.action.onFilter + o.to()}
	}
	var lines []string
	for _, name := range o.queues {
		lines = append(lines, o.action.command(viewer.Quote(o.r.queueIdentity(name)))+o.to())
	}
	for _, m := range o.chosen {
		lines = append(lines, o.action.command(viewer.Quote(o.r.queueIdentity(m.Queue)+`\`+m.ID))+o.to())
	}
	return shortened(lines)
}

// getAll returns the command that gets what the filter selects.
func (o *operation) getAll(cmdlet string) string {
	if o.filter != "" {
		cmdlet += " -Filter " + o.filter
	}
	return cmdlet + " -ResultSize Unlimited"
}

// to returns the parameter with the Send connector.
func (o *operation) to() string {
	if o.target == "" {
		return ""
	}
	return " -Target " + viewer.Quote(o.target)
}

// withoutCmdlet returns the command of the program for an action on messages for which Exchange has no cmdlet.
func (o *operation) withoutCmdlet() []string {
	var ids []string
	for _, m := range o.chosen {
		ids = append(ids, m.ID)
	}
	more := ""
	if len(ids) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(ids)-maxNamed)
		ids = ids[:maxNamed]
	}
	return []string{"# Exchange has no cmdlet for this: gateway queue " + o.action.Name + " " + strings.Join(ids, " ") + more}
}

// shortened returns lines, or the first of many and how many there are besides.
func shortened(lines []string) []string {
	if len(lines) <= maxNamed {
		return lines
	}
	return append(lines[:maxNamed:maxNamed], fmt.Sprintf("# and %d more commands of this kind", len(lines)-maxNamed))
}

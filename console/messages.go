package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/console/internal/guard"
	"github.com/interchange-smtp/interchange/console/internal/viewer"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// messageColumns is how many of the properties of messages have columns.
const messageColumns = 11

// messagesView is the data of the page Messages.
type messagesView struct {
	viewerList
	Rows       []messageRow
	Actions    []queueAction
	Connectors []string
	CanOperate bool
	All        bool // no filter is set
}

// messageRow is a message in the list.
type messageRow struct {
	operations.Message
	Key    string // in the form
	Href   string // of its properties
	From   string
	KB     string
	Source string // MessageSourceName
}

// messageQuery returns the query of the request.
func messageQuery(v url.Values) (*viewer.Query[operations.Message], error) {
	return viewer.ParseQuery(viewer.MessageProperties, v)
}

// messagesPage lists the messages.
func messagesPage(r *request) error {
	q, wrong := messageQuery(r.URL.Query())
	v := messagesView{
		viewerList: newViewerList(r, "/messages", viewer.MessageProperties, messageColumns, q, wrong), Actions: messageActions, Connectors: r.sendConnectors(),
		CanOperate: r.user.Role >= Operate, All: len(q.Expressions) == 0,
	}
	if page, err := r.c.snapshots.MessagePage(r.Context(), q); err != nil {
		v.Gone = r.c.whyNot(err)
	} else {
		paged(r, &v.viewerList, q, page)
		for _, m := range page.Rows {
			v.Rows = append(v.Rows, messageRow{m, viewer.Chosen{Queue: m.Queue, ID: m.ID}.Key(), r.c.messagePath(m.ID), sender(m.From), kilobytes(m.Size), viewer.SourceName(&m)})
		}
	}
	return r.render("messages", view{Title: "Queue Viewer", Nav: "/queues", Wide: true, Data: v})
}

// messagePath returns the address of the page about a message.
func (c *Console) messagePath(id string) string { return c.path("/messages/" + url.PathEscape(id)) }

// sender returns the sender of a message as people read it.
func sender(from string) string {
	if from == "" {
		return "<>"
	}
	return from
}

// kilobytes returns a size in KB, as the Queue Viewer does.
func kilobytes(n int64) string { return strconv.FormatFloat(float64(n)/1024, 'f', 1, 64) }

// messagesFile answers with the list as a file, without its division into pages.
func messagesFile(r *request) error {
	q, wrong := messageQuery(r.URL.Query())
	if wrong != nil {
		return badFilter(wrong)
	}
	q.Page, q.PerPage = 1, viewer.MaxSorted
	page, err := r.c.snapshots.Messages(r.Context(), q)
	if err != nil {
		return r.c.gatewayProblem(err)
	}
	headings := []string{"Identity", "Queue", "FromAddress", "Status", "Size", "Subject", "DateReceived", "ExpirationTime", "LastError", "SourceIP", "MessageSourceName", "InternetMessageId", "RetryCount", "Recipients"}
	return r.sendCSV("messages.csv", headings, func(add func(...string)) {
		for _, m := range page.Rows {
			to := ""
			for i, recipient := range m.Recipients {
				if i > 0 {
					to += "; "
				}
				to += recipient.Address
			}
			add(m.ID, m.Queue, sender(m.From), m.Status, strconv.FormatInt(m.Size, 10), m.Subject, exactTime(m.Received), exactTime(m.Expires), m.LastError,
				m.Source, viewer.SourceName(&m), m.InternetMessageID, strconv.Itoa(m.Retries), to)
		}
	})
}

// onMessages does what the form of the list says to the messages that are chosen there.
func onMessages(r *request) error {
	o, err := r.operation(messageActions, "/messages")
	if err != nil {
		return err
	}
	parameters, q, err := chosenQuery(r, messageQuery)
	if err != nil {
		return err
	}
	o.query, o.filter, o.all = parameters, q.Filter(viewer.MessageProperties), r.PostFormValue("which") == "all"
	if o.all {
		if o.chosen, o.more, err = r.c.snapshots.Selected(r.Context(), q, viewer.MaxLooked); err != nil {
			return r.c.gatewayProblem(err)
		}
	} else {
		for _, key := range r.PostForm["id"] {
			m, err := viewer.ParseChosen(key)
			if err != nil {
				return &problem{status: http.StatusBadRequest, text: err.Error() + ".", fix: "Go back to the list and choose rows there."}
			}
			o.chosen = append(o.chosen, m)
		}
	}
	if o.action.verb != operations.RemoveMessages && o.action.verb != operations.RemoveMessagesWithNDR {
		o.page = r.back(o.page)
	}
	return o.proceed("message", len(o.chosen), func(o *operation) (err error) {
		o.changed, err = o.change(o.chosen)
		o.done = o.changed
		return err
	})
}

// messageView is the data of the page about a message.
type messageView struct {
	*control.Message
	From       string
	Rows       []messageRow // in each queue
	Actions    []queueAction
	Connectors []string
	CanOperate bool
	Tracking   string
	Self       string // the path of this page
	Content    string // the address of the content
}

// messagePage shows the properties of a message.
func messagePage(r *request) error {
	m, err := r.message(r.PathValue("id"))
	if err != nil {
		return err
	}
	v := messageView{Message: m, From: sender(m.From), Actions: messageActions, Connectors: r.sendConnectors(), CanOperate: r.user.Role >= Operate}
	for _, in := range r.inQueues(m) {
		v.Rows = append(v.Rows, messageRow{Message: in, Key: viewer.Chosen{Queue: in.Queue, ID: in.ID}.Key()})
	}
	id := m.NetworkID
	if id == "" {
		id = m.ID
	}
	v.Self, v.Content = "/messages/"+url.PathEscape(m.ID), r.c.messagePath(m.ID)+"/content.eml"
	v.Tracking = r.c.path("/tracking", "id", id, "since", m.Arrived.UTC().Format("2006-01-02T15:04"))
	return r.render("message", view{Title: "Properties of message " + m.ID, Nav: "/queues", Wide: true, Data: v})
}

// message asks the gateway for a message.
func (r *request) message(id string) (*control.Message, error) {
	for e, err := range r.c.ask(r.Context(), control.Request{Action: control.Show, Filter: control.Filter{IDs: []string{id}}}) {
		switch {
		case err != nil:
			return nil, r.c.gatewayProblem(err)
		case e.Message != nil && e.Message.ID == id:
			return e.Message, nil
		}
	}
	return nil, &problem{status: http.StatusNotFound, text: fmt.Sprintf("The message %q isn't on the queue.", id), fix: "It was delivered or given up meanwhile; Message Tracking says what became of it."}
}

// The bounds of downloads. Each takes a connection to the gateway.
const (
	maxDownloads = 4
	downloadWait = 30 * time.Second // for a browser that doesn't read
)

// messageContent answers with the content of a message, as a file that browsers don't open themselves.
func messageContent(r *request) error {
	select {
	case r.c.downloads <- struct{}{}:
		defer func() { <-r.c.downloads }()
	default:
		return &problem{status: http.StatusServiceUnavailable, text: fmt.Sprintf("%d messages are being exported at this time.", maxDownloads), fix: "Try again when one of them is done."}
	}
	id, begun := r.PathValue("id"), false
	guard.Unbounded(r.w, r.Request)
	to := http.NewResponseController(r.w)
	for e, err := range r.live().Ask(r.Context(), control.Request{Action: control.Export, Filter: control.Filter{IDs: []string{id}}}) {
		switch {
		case begun && (err != nil || e.Problem != ""):
			panic(http.ErrAbortHandler) // so that the browser doesn't take the part for the whole
		case err != nil:
			return r.c.gatewayProblem(err)
		case e.Problem != "":
			return &problem{status: http.StatusBadGateway, text: "The message can't be read: " + e.Problem + "."}
		case e.Message != nil:
			begun = true
			r.beginExport(e.Message)
		}
		_ = to.SetWriteDeadline(time.Now().Add(downloadWait)) // a test's writer has no deadlines
		if _, err := r.w.Write(e.Content); err != nil {
			return nil // the browser has gone
		}
	}
	if !begun {
		return notFound("message", id)
	}
	return nil
}

// beginExport notes that a message is exported, and sets the header of its content.
func (r *request) beginExport(m *control.Message) {
	r.logAction("message exported", "message", m.ID)
	r.c.transcript.add(r.c.now(), r.user.Name, "Export-Message -Identity "+viewer.Quote(m.ID)+" -Path "+viewer.Quote(m.ID+".eml"), "1 message exported")
	r.download(m.ID+".eml", "application/octet-stream")
	r.w.Header().Set("Content-Length", strconv.FormatInt(m.Size, 10))
}

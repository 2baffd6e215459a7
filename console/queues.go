package console

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/console/internal/viewer"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
)

// queueColumns is how many of the properties of queues have columns.
const queueColumns = 6

// queueRoutes adds the pages of the Queue Viewer.
func (c *Console) queueRoutes(mux *http.ServeMux) {
	c.handle(mux, "GET /queues", View, queuesPage)
	c.handle(mux, "GET /queues.csv", View, queuesFile)
	c.handle(mux, "POST /queues", Operate, onQueues)
	c.handle(mux, "GET /messages", View, messagesPage)
	c.handle(mux, "GET /messages.csv", View, messagesFile)
	c.handle(mux, "POST /messages", Operate, onMessages)
	c.handle(mux, "GET /messages/{id}", View, messagePage)
	c.handle(mux, "GET /messages/{id}/content.eml", Operate, messageContent)
	c.handle(mux, "GET /tracking", View, trackingPage)
	c.handle(mux, "GET /events", View, eventStream)
}

// queuesView is the data of the page Queues.
type queuesView struct {
	viewerList
	Rows       []queueRow
	Actions    []queueAction
	Connectors []string
	CanOperate bool
}

// queueRow is a queue in the list.
type queueRow struct {
	operations.Queue
	Messages string // the address of the list of its messages
	Advice   string // about LastError; "": there is no advice
}

// queueQuery returns the query of the request.
func queueQuery(v url.Values) (*viewer.Query[operations.Queue], error) {
	return viewer.ParseQuery(viewer.QueueProperties, v)
}

// queuesPage lists the queues.
func queuesPage(r *request) error {
	q, wrong := queueQuery(r.URL.Query())
	v := queuesView{
		viewerList: newViewerList(r, "/queues", viewer.QueueProperties, queueColumns, q, wrong), Actions: queueActions, Connectors: r.sendConnectors(),
		CanOperate: r.user.Role >= Operate,
	}
	if page, err := r.c.snapshots.QueuePage(r.Context(), q); err != nil {
		v.Gone = r.c.whyNot(err)
	} else {
		paged(r, &v.viewerList, q, page)
		advice := r.advice()
		for _, row := range page.Rows {
			v.Rows = append(v.Rows, queueRow{row, r.messagesOf(row.Name), advice[row.Name]})
		}
	}
	return r.render("queues", view{Title: "Queue Viewer", Nav: "/queues", Wide: true, Data: v})
}

// advice returns the advice about each queue that has some.
func (r *request) advice() map[string]string {
	hops, err := r.c.snapshots.Hops(r.Context())
	if err != nil {
		return nil // the list is still useful
	}
	all := make(map[string]string)
	for _, h := range hops {
		if h.Advice != "" {
			all[queues.NameOf(h.Name)] = h.Advice
		}
	}
	return all
}

// messagesOf returns the address of the list of the messages in a queue.
func (r *request) messagesOf(queue string) string {
	return r.c.path("/messages", "p", "Queue", "o", "eq", "v", queue)
}

// queuesFile answers with the list as a file, without its division into pages.
func queuesFile(r *request) error {
	q, wrong := queueQuery(r.URL.Query())
	if wrong != nil {
		return badFilter(wrong)
	}
	q.Page, q.PerPage = 1, viewer.MaxSorted
	page, err := r.c.snapshots.QueuePage(r.Context(), q)
	if err != nil {
		return r.c.gatewayProblem(err)
	}
	headings := []string{"Identity", "NextHopDomain", "NextHopConnector", "DeliveryType", "Status", "MessageCount", "DeferredMessageCount", "RetryCount", "LastRetryTime", "NextRetryTime", "LastError"}
	return r.sendCSV("queues.csv", headings, func(add func(...string)) {
		for _, q := range page.Rows {
			add(q.Name, q.NextHopDomain, q.NextHopConnector, q.DeliveryType, q.Status, strconv.Itoa(q.Messages), strconv.Itoa(q.Deferred), strconv.Itoa(q.Failures),
				exactTime(q.LastRetry), exactTime(q.NextRetry), q.LastError)
		}
	})
}

// onQueues does what the form of the list says to the queues that are chosen there.
func onQueues(r *request) error {
	o, err := r.operation(queueActions, "/queues")
	if err != nil {
		return err
	}
	chosen := make(map[string]bool)
	for _, name := range r.PostForm["id"] {
		chosen[name] = true
	}
	parameters, q, err := chosenQuery(r, queueQuery)
	if err != nil {
		return err
	}
	all, err := r.c.snapshots.Queues(r.Context())
	if err != nil {
		return r.c.gatewayProblem(err)
	}
	o.query, o.all = parameters, r.PostFormValue("which") == "all"
	for i := range all {
		switch useless := o.useless(&all[i]); {
		case o.all && !q.Matches(&all[i]), !o.all && !chosen[all[i].Name]:
		case useless != "":
			o.skipped = append(o.skipped, all[i].Name+" "+useless)
		default:
			o.queues = append(o.queues, all[i].Name)
			o.messages += all[i].Messages
		}
	}
	o.filter = q.Filter(viewer.QueueProperties)
	return o.proceed("queue", len(o.queues), (*operation).onQueues)
}

// useless says why the operation would do nothing to a queue; "": it does something.
func (o *operation) useless(q *operations.Queue) string {
	suspended := q.Status == "Suspended"
	switch do := o.action.verb; {
	case do == operations.SuspendQueue && suspended:
		return "is suspended already"
	case do == operations.ResumeQueue && !suspended:
		return "isn't suspended"
	case do == operations.RetryQueue && suspended:
		return "is suspended; resume it first"
	}
	return ""
}

// onQueues does the operation to each queue. Actions on messages concern those that are in it now.
func (o *operation) onQueues() error {
	live := o.r.live()
	for _, name := range o.queues {
		var n int
		var err error
		if o.action.verb > operations.ResubmitQueue {
			n, err = o.onMessagesOf(name)
		} else {
			n, err = live.Change(o.r.Context(), operations.Action{Do: o.action.verb}, operations.Selection{Queue: name})
		}
		o.changed += n
		if err != nil {
			return err
		}
		o.done++
	}
	return nil
}

// onMessagesOf does the operation to the messages of a queue.
func (o *operation) onMessagesOf(queue string) (done int, err error) {
	q, err := messageQuery(url.Values{"p": {"Queue"}, "o": {"eq"}, "v": {queue}})
	if err != nil {
		return 0, err
	}
	chosen, more, err := o.r.c.snapshots.Selected(o.r.Context(), q, viewer.MaxLooked)
	o.more = o.more || more
	if err != nil {
		return 0, err
	}
	return o.change(chosen)
}

// queueIdentity returns the identity of a queue in the shell.
func (r *request) queueIdentity(queue string) string {
	if server := r.c.serverName(r); server != "" {
		return server + `\` + queue
	}
	return queue
}

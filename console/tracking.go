package console

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/console/internal/viewer"
	"github.com/interchange-smtp/interchange/relay/gateway/trace"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// trackingView is the data of the page Message Tracking.
type trackingView struct {
	From, To, Subject, ID, Event, Since, Until string
	Events                                     []string // that Event may be
	Problems                                   []fieldProblem
	Off                                        bool   // there is no log
	Asked                                      bool   // a search was asked for
	Waiting                                    bool   // it goes on
	Percent                                    int    // how far it is
	Failed                                     string // why there is no result
	Found                                      *viewer.Found
	Rows                                       []trackedRow
	Limits                                     struct {
		Stories int
		Time    time.Duration
	}
}

// fieldProblem says what is wrong with the value of a field of a form.
type fieldProblem struct{ Field, Label, Text string }

// trackedRow is a message that was found.
type trackedRow struct {
	*trace.Message
	Begun    time.Time
	Summary  string // what became of it, in a few words
	Outcomes []trace.Outcome
	More     int // outcomes that aren't shown
	Story    []storyLine
	Cut      int // events that aren't shown
	Open     bool
	Queued   string // the address of the page about it, if it is on the queue
}

// storyLine is an event of the story of a message.
type storyLine struct {
	Time       time.Time
	After      string // since the first event
	Text       string
	Recipients []trace.Recipient
	More       int // recipients that aren't shown
}

// maxShown is how many recipients a row or an event names.
const maxShown = 10

// trackingEvents are the events that searches offer.
var trackingEvents = []string{tracking.Receive, tracking.Send, tracking.Defer, tracking.Fail, tracking.DSN, tracking.Drop, tracking.Resubmit}

// trackingPage searches the message tracking log.
func trackingPage(r *request) error {
	v, q := trackingForm(r.URL.Query(), r.c.now())
	v.Limits.Stories, v.Limits.Time = viewer.MaxStories, viewer.SearchTime
	v.Off = r.c.options.Tracking == nil
	if v.Asked && !v.Off && len(v.Problems) == 0 {
		soon, cancel := r.soon()
		defer cancel()
		found, err := r.c.searches.Find(soon, q)
		switch {
		case err == nil:
			v.Found = found
			for i := range found.Messages {
				v.Rows = append(v.Rows, r.c.trackedRow(&found.Messages[i], len(found.Messages) == 1))
			}
		case r.waited(err):
			v.Waiting, v.Percent = true, int(100*r.c.searches.Progress(q))
		default:
			v.Failed = err.Error()
		}
	}
	return r.render("tracking", view{Title: "Message Tracking", Wide: true, Data: v})
}

// trackingForm reads the form.
func trackingForm(values url.Values, now time.Time) (v trackingView, q tracking.Query) {
	get := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	v = trackingView{From: get("from"), To: get("to"), Subject: get("subject"), ID: get("id"), Event: get("event"), Since: get("since"), Until: get("until"), Events: trackingEvents, Asked: len(values) > 0}
	if !v.Asked {
		v.Since = now.UTC().Add(-24 * time.Hour).Format("2006-01-02 15:04")
	}
	at := func(field, label, text string) (t time.Time) {
		if text == "" {
			return t
		}
		t, err := viewer.ParseTime(text)
		if err != nil {
			v.Problems = append(v.Problems, fieldProblem{field, label, err.Error()})
		}
		return t
	}
	q = tracking.Query{From: v.From, To: v.To, Subject: v.Subject, ID: v.ID, Event: v.Event, Since: at("since", "Since", v.Since), Until: at("until", "Until", v.Until)}
	if len(v.Problems) == 0 && !q.Until.IsZero() && q.Until.Before(q.Since) {
		v.Problems = append(v.Problems, fieldProblem{"until", "Until", "this time is before the one in Since"})
	}
	return v, q
}

// trackedRow returns the row of a message. open says that its story is unfolded.
func (c *Console) trackedRow(m *viewer.Tracked, open bool) trackedRow {
	row := trackedRow{Message: m.Message, Begun: m.Events[0].Time, Summary: summary(m), Outcomes: m.Outcomes, Cut: m.Cut, Open: open, Story: story(m.Message)}
	if len(row.Outcomes) > maxShown {
		row.More = len(row.Outcomes) - maxShown
		row.Outcomes = row.Outcomes[:maxShown]
	}
	if len(m.Waiting) > 0 {
		row.Queued = c.messagePath(m.ID)
	}
	return row
}

// summary says what became of a message: how many recipients have which outcome.
func summary(m *viewer.Tracked) string {
	var words []string
	n := make(map[string]int)
	for _, o := range m.Outcomes {
		if n[o.Word]++; n[o.Word] == 1 {
			words = append(words, o.Word)
		}
	}
	for i, word := range words {
		if len(m.Outcomes) > 1 {
			words[i] = fmt.Sprintf("%d %s", n[word], word)
		}
	}
	for _, w := range m.Waiting {
		if w.Suspended {
			return strings.Join(append(words, "suspended on the queue"), ", ")
		}
	}
	return strings.Join(words, ", ")
}

// story returns the events of a message. Attempts that fail as the one before are counted.
func story(m *trace.Message) []storyLine {
	var lines []storyLine
	line := func(e *trace.Event, text string) {
		l := storyLine{Time: e.Time, Text: text}
		if len(lines) > 0 {
			l.After = "+" + ago(time.Duration(e.Delay*float64(time.Second)))
		}
		lines = append(lines, l)
	}
	for i := 0; i < len(m.Events); i++ {
		e := &m.Events[i]
		line(e, e.Sentence())
		last := &lines[len(lines)-1]
		last.Recipients = e.Recipients[:min(len(e.Recipients), maxShown)]
		last.More = len(e.Recipients) - len(last.Recipients)
		if n := m.Repeated(i); n > 1 {
			i += n
			line(&m.Events[i], fmt.Sprintf("the same, %d more times", n))
		}
	}
	return lines
}

// Wrong says why the value of a field is wrong; "": it is right.
func (v trackingView) Wrong(field string) string {
	for _, p := range v.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

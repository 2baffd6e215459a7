package tracking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// Query says which messages are wanted. Case doesn't matter. The zero Query wants all.
type Query struct {
	From    string // part of the sender's address; "<>": no sender
	To      string // part of a recipient's address
	Subject string // part of the subject
	// ID is part of the Message-ID, with or without angle brackets, or the whole network ID, the ID of the message
	// here or its number, or the session by which it came or left.
	ID           string
	Event        string    // an event ID, such as Fail
	Since, Until time.Time // when something happened to it; zero: at any time
}

// Match reports whether the row is one that the Query wants.
func (q *Query) Match(r *Row) bool {
	switch {
	case !q.Since.IsZero() && r.Timestamp.Before(q.Since), !q.Until.IsZero() && r.Timestamp.After(q.Until):
		return false
	case q.From != "" && !contains(r.Sender, q.From) && !contains(r.ReturnPath, q.From) && !contains(r.Custom("MailFrom"), q.From):
		return false
	case q.To != "" && !slices.ContainsFunc(r.Recipients, func(to string) bool { return contains(to, q.To) }):
		return false
	case q.Subject != "" && !contains(r.MessageSubject, q.Subject), q.Event != "" && !strings.EqualFold(r.EventId, q.Event):
		return false
	}
	return q.ID == "" || q.matchID(r)
}

// matchID reports whether a row is about the message or session of ID.
func (q *Query) matchID(r *Row) bool {
	id := strings.Trim(q.ID, "<> ")
	switch {
	case contains(r.MessageId, id), strings.EqualFold(r.NetworkMessageId, id), r.InternalMessageId == id:
		return true
	case r.InternalMessageId != "" && r.InternalMessageId == InternalID(strings.ToUpper(id)):
		return true
	}
	return strings.EqualFold(r.Custom("Id"), id) || strings.EqualFold(r.Custom("Session"), id) || strings.EqualFold(r.Custom("HopSession"), id)
}

// contains reports whether text contains part, without regard to case.
func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// Story has all that happened to one message and to the delivery reports on it, in order.
type Story struct {
	Rows []*Row
}

// maxStories is how many messages Find returns by default.
const maxStories = 10_000

// Options say how Find works. The zero Options are those of a search without bounds but its number of messages.
type Options struct {
	Most     int                    // how many messages are returned; 0: 10,000
	Unread   func(err error)        // is called for each line that can't be read; nil: they are left out
	Progress func(fraction float64) // is called with the part of the work that is done, from 0 to 1; nil: it isn't
}

// Found is the result of Find.
type Found struct {
	Stories []*Story // in the order of their first rows
	More    bool     // there are more messages than Options.Most
}

// Find returns the messages that q wants, with all of their rows that the files have, whenever they were written.
// The files are read three times: in those of the Query's time the messages are found, and in all files the delivery
// reports on them, and then their rows. When ctx ends, its error comes with the messages found until then, and some of
// their rows.
func Find(ctx context.Context, f Files, q Query, o Options) (Found, error) {
	s := search{wanted: make(map[string]*Story), originals: make(map[string]*Story), reports: make(map[string]*Story)}
	if o.Most == 0 {
		o.Most = maxStories
	}
	if o.Unread == nil {
		o.Unread = func(error) {}
	}
	found := Found{}
	err := f.between(q.Since, q.Until).each(ctx, o.part(0), func(r *Row, err error) bool {
		switch {
		case err != nil:
			o.Unread(err)
		case !q.Match(r):
		case len(s.wanted) >= o.Most && s.wanted[key(r)] == nil:
			found.More = true
		default:
			s.want(r)
		}
		return !found.More
	})
	if err == nil && len(s.wanted) > 0 {
		err = s.complete(ctx, f, o)
	}
	found.Stories = s.stories()
	return found, err
}

// complete reads all files for the rows of the messages that are wanted. A report's rows may come before the row that
// says what it is on.
func (s *search) complete(ctx context.Context, f Files, o Options) error {
	for i, visit := range []func(*Row){s.link, s.collect} {
		if i == 1 {
			for _, story := range s.wanted {
				story.Rows = nil // they come again, with the others
			}
		}
		err := f.each(ctx, o.part(i+1), func(r *Row, err error) bool {
			if err == nil {
				visit(r)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// part returns the progress of one of the three parts of the work.
func (o *Options) part(i int) func(fraction float64) {
	return func(fraction float64) {
		if o.Progress != nil {
			o.Progress((float64(i) + fraction) / 3)
		}
	}
}

// each calls visit for each row until it returns false or ctx ends, whose error it returns.
func (f Files) each(ctx context.Context, progress func(fraction float64), visit func(*Row, error) bool) error {
	size, done := f.size(), int64(0)
	read := func(bytes int) {
		done += int64(bytes)
		progress(float64(min(done, size)) / float64(max(size, 1)))
	}
	for r, err := range f.rows(read) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !visit(r, err) {
			return nil
		}
	}
	return nil
}

// key returns the name that the rows of one message share.
func key(r *Row) string {
	switch {
	case r.NetworkMessageId != "":
		return "network " + strings.ToLower(r.NetworkMessageId)
	case r.MessageId != "":
		return "message " + r.MessageId
	case r.InternalMessageId != "":
		return "number " + r.InternalMessageId
	}
	session, _, _ := strings.Cut(r.SourceContext, ";") // a refused MAIL
	return "session " + session + " " + r.Sender
}

// search is a Find under way.
type search struct {
	wanted    map[string]*Story // by key
	originals map[string]*Story // by the Message-IDs of these
	reports   map[string]*Story // of the messages that the reports are on, by the keys of the reports
}

// want adds a row to the story of its message, which it may begin.
func (s *search) want(r *Row) {
	story := s.wanted[key(r)]
	if story == nil {
		story = new(Story)
		s.wanted[key(r)] = story
	}
	story.Rows = append(story.Rows, r)
	if r.MessageId != "" {
		s.originals[r.MessageId] = story
	}
}

// link notes which report is on which wanted message.
func (s *search) link(r *Row) {
	if r.EventId != DSN {
		return
	}
	original := s.originals[r.Reference]
	if id := r.Custom("OriginalNetworkId"); id != "" {
		original = s.wanted[key(&Row{NetworkMessageId: id})]
	}
	if original != nil && original != s.wanted[key(r)] {
		s.reports[key(r)] = original
	}
}

// collect adds a row to the story that it is part of.
func (s *search) collect(r *Row) {
	k := key(r)
	story := s.reports[k]
	if story == nil {
		story = s.wanted[k]
	}
	if story != nil {
		story.Rows = append(story.Rows, r)
	}
}

// inOrder compares rows by their times, and in the same millisecond by stage.
func inOrder(a, b *Row) int {
	return cmp.Or(a.Timestamp.Compare(b.Timestamp), cmp.Compare(stage(a), stage(b)))
}

// stage returns how far a message has come: its recipients, its arrival, attempts.
func stage(r *Row) int {
	switch {
	case r.EventId == Receive:
		return 1
	case r.EventId == Fail && (r.Source == bySMTP || r.Source == byAgent) && r.Custom("Id") != "" && r.Custom("Hop") == "":
		return 0 // refused by this server
	}
	return 2
}

// stories returns the stories that have rows.
func (s *search) stories() []*Story {
	var all []*Story
	for _, story := range s.wanted {
		if len(story.Rows) == 0 {
			continue // its rows are part of another one, or their file was removed
		}
		slices.SortStableFunc(story.Rows, inOrder)
		all = append(all, story)
	}
	slices.SortFunc(all, func(a, b *Story) int {
		return cmp.Or(a.Rows[0].Timestamp.Compare(b.Rows[0].Timestamp), cmp.Compare(key(a.Rows[0]), key(b.Rows[0])))
	})
	return all
}

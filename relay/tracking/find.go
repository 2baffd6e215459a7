package tracking

import (
	"cmp"
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
	case q.Subject != "" && !contains(r.MessageSubject, q.Subject):
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

// maxStories is how many messages Find returns.
const maxStories = 10_000

// Find returns the messages that q wants, in the order of their first rows, with all of their rows that the
// files have, whenever they were written. more says that there are more messages than it returns, 10,000. Lines
// that can't be read are passed to unread, and left out.
func Find(f Files, q Query, unread func(error)) (stories []*Story, more bool) {
	s := search{wanted: make(map[string]*Story), originals: make(map[string]*Story), reports: make(map[string]*Story)}
	for r, err := range f.Rows(q.Since, q.Until) {
		switch {
		case err != nil:
			unread(err)
		case !q.Match(r):
		case len(s.wanted) >= maxStories && s.wanted[key(r)] == nil:
			more = true
		default:
			s.want(r)
		}
		if more {
			break
		}
	}
	// A report's rows may come before the row that says what it is on.
	for _, visit := range []func(*Row){s.link, s.collect} {
		for r, err := range f.Rows(time.Time{}, time.Time{}) {
			if err == nil {
				visit(r)
			}
		}
	}
	return s.stories(), more
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

// want begins the story of the message of a row.
func (s *search) want(r *Row) {
	story := s.wanted[key(r)]
	if story == nil {
		story = new(Story)
		s.wanted[key(r)] = story
	}
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

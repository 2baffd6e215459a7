package relay

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// OpenSession is a session that a Server serves now.
type OpenSession struct {
	ID        string         // as in the events about the connection
	Connector string         // the Receive connector
	Remote    netip.AddrPort // the client
	User      string         // the name of the authenticated user; "": not authenticated
	Since     time.Time      // when it began
	// Command is the last SMTP command, in upper case, and At when it was answered; for a message under way it is
	// DATA, and At when the message began. Until the first command, and after one that the Server doesn't know, it is "".
	Command  string
	At       time.Time
	Messages int // that were accepted
}

// OpenSessions returns the sessions that have been open for longest, in the order in which they began: at most most of them.
func (s *Server) OpenSessions(most int) []OpenSession {
	s.init()
	s.mu.Lock()
	all := make([]*progress, 0, len(s.sessions))
	for p := range s.sessions {
		all = append(all, p)
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b *progress) int {
		return cmp.Or(a.begun.Since.Compare(b.begun.Since), cmp.Compare(a.begun.ID, b.begun.ID))
	})
	list := make([]OpenSession, 0, min(len(all), max(most, 0)))
	for _, p := range all[:cap(list)] {
		list = append(list, p.now())
	}
	return list
}

// progress is how far a session has come, for other goroutines than its own.
type progress struct {
	begun OpenSession // what doesn't change

	mu       sync.Mutex
	user     string
	command  string
	at       time.Time
	messages int
}

// now returns the session as it is now.
func (p *progress) now() OpenSession {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.begun
	o.User, o.Command, o.At, o.Messages = p.user, p.command, p.at, p.messages
	return o
}

// note notes the command that sess handles, or has handled.
func (p *progress) note(sess *session, command string) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.user, p.command, p.at, p.messages = sess.conn.User, command, now, sess.messages
}

// track makes sess one of the OpenSessions until the function that it returns is called.
func (s *Server) track(sess *session) (end func()) {
	p := &sess.progress
	p.begun = OpenSession{ID: sess.conn.ID, Connector: sess.endpoint.in.Name(), Remote: sess.conn.Channel.Remote, Since: sess.start}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[p] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sessions, p)
	}
}

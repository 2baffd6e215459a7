package console

import "sync"

// notices keeps what was done last in each session, until the next page shows it.
type notices struct {
	mu   sync.Mutex
	text map[string]string // by session
}

// maxNotices bounds the sessions whose notice was never shown.
const maxNotices = 1000

// put keeps a notice for the next page of a session.
func (n *notices) put(session, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.text == nil || len(n.text) >= maxNotices {
		n.text = make(map[string]string)
	}
	n.text[session] = text
}

// take returns the notice of a session, once.
func (n *notices) take(session string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := n.text[session]
	delete(n.text, session)
	return text
}

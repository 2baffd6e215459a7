package console

import (
	"sync"
	"time"
)

// maxTranscript is how many actions on the queue are kept.
const maxTranscript = 200

// transcript keeps the commands that the last actions on the queue stand for, in memory; the log has them all.
type transcript struct {
	mu   sync.Mutex
	list []transcribed // the newest first
}

// transcribed is an action on the queue.
type transcribed struct {
	Time     time.Time
	By       string
	Commands string
	Outcome  string
}

// add keeps an action.
func (t *transcript) add(now time.Time, by, commands, outcome string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append([]transcribed{{now, by, commands, outcome}}, t.list[:min(len(t.list), maxTranscript-1)]...)
}

// all returns the actions, the newest first.
func (t *transcript) all() []transcribed {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]transcribed(nil), t.list...)
}

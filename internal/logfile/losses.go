package logfile

import (
	"errors"
	"time"
)

// calm is how long no line must be lost before a trouble has ended, so that a disk that is
// nearly full doesn't fill the other log.
const calm = 10 * time.Second

var errBufferFull = errors.New("lines come faster than they can be written")

// Trouble is the begin or the end of a time in which lines are lost.
type Trouble struct {
	Err  error // why lines are lost; nil: they are written again
	Lost int64 // how many were lost in that time; 0 at its begin
}

// losses count the lines that were lost.
type losses struct {
	dropped  int64 // ever
	trouble  error // why lines are lost now; nil: they aren't
	lost     int64 // since the begin of the trouble
	lastLoss time.Time
}

// lose counts lines, and reports whether a trouble begins with them.
func (l *losses) lose(lines int64, err error) (begins bool) {
	l.dropped += lines
	l.lost += lines
	l.lastLoss = time.Now()
	begins = l.trouble == nil
	l.trouble = err
	return begins
}

// recover ends the trouble if it was calm for long enough, and returns how many lines it cost.
func (l *losses) recover() (lost int64, ended bool) {
	if l.trouble == nil || time.Since(l.lastLoss) < calm {
		return 0, false
	}
	lost = l.lost
	l.trouble, l.lost = nil, 0
	return lost, true
}

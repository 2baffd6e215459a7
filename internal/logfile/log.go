package logfile

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// TimeLayout is how Exchange's logs write times, in UTC.
	TimeLayout = "2006-01-02T15:04:05.000Z"

	flushAfter  = time.Second // a line is written at the latest
	flushBytes  = 64 << 10    // in the buffer are written at once
	maxBuffered = 4 << 20     // bytes; as many again may be being written
)

// Format distinguishes one log from another.
type Format struct {
	Name    string // in events and metrics
	Prefix  string // of the files: RECV
	Type    string // in the header: SMTP Receive Protocol Log
	Version string // of the fields, in the header
	Fields  string // their names, separated by commas
	MaxCell int    // bytes of a cell before quoting, about; longer cells end in "..."; 0: 1 KiB
}

// Settings say where a log is written and how much of it is kept. The zero Settings write
// nothing.
type Settings struct {
	Dir         string        // the directory, which is made with mode 0700 if it is absent; "": none
	MaxAge      time.Duration // files are removed when their hour ended so long ago; 0: never
	MaxDirSize  int64         // bytes of all files of the log; 0: no limit
	MaxFileSize int64         // bytes of one file; 0: no limit

	// Out gets the lines, after one header, in place of files. Nil: there are files.
	Out io.Writer
}

// writes reports whether anything is written.
func (s *Settings) writes() bool { return s.Dir != "" || s.Out != nil }

// Log is one log. Its methods are safe for concurrent use.
type Log struct {
	format Format
	report func(Trouble)

	first chan struct{} // the buffer is empty no more
	urge  chan struct{} // it has much
	stop  chan struct{}
	ended chan struct{} // the goroutine has written what there was

	mu       sync.Mutex
	settings *Settings
	closed   bool
	batches  []batch // in the order in which they came
	buffered int     // bytes
	spare    []byte  // room for the next batch
	losses

	writing sync.Mutex // held while the sink is used
	sink    sink
}

// batch is lines of one hour that are written by the same settings.
type batch struct {
	settings *Settings
	hour     time.Time
	text     []byte
	lines    int64
}

// New begins a log. report is called when lines begin to be lost, and when that ends, by the
// goroutine that noticed it and without a lock. Close must be called.
func New(f Format, s Settings, report func(Trouble)) *Log {
	if f.MaxCell == 0 {
		f.MaxCell = maxCell
	}
	l := &Log{
		format: f, report: report, settings: &s,
		first: make(chan struct{}, 1), urge: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	l.sink.format = &l.format
	go l.run()
	return l
}

// Name returns the name of the Format.
func (l *Log) Name() string { return l.format.Name }

// Enabled reports whether lines are written, so that a caller can save itself making them.
func (l *Log) Enabled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settings.writes() && !l.closed
}

// Set changes the settings for the lines that come from now on.
func (l *Log) Set(s Settings) {
	l.mu.Lock()
	l.settings = &s
	l.mu.Unlock()
	signal(l.first) // the limits may ask for files to be removed
}

// Dropped returns how many lines were lost since New.
func (l *Log) Dropped() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dropped
}

// Write appends a line with the cells, in the order of the fields. It doesn't wait for the
// disk. Lines after Close are lost.
func (l *Log) Write(cells ...string) {
	l.mu.Lock()
	if !l.settings.writes() || l.closed {
		l.mu.Unlock()
		return
	}
	trouble := false
	if !l.add(cells) {
		trouble = l.lose(1, errBufferFull)
	}
	much := l.buffered >= flushBytes
	l.mu.Unlock()
	if trouble {
		l.report(Trouble{Err: errBufferFull})
	}
	signal(l.first)
	if much {
		signal(l.urge)
	}
}

// add puts a line into the buffer, and reports whether there was room.
func (l *Log) add(cells []string) bool {
	b := l.batch(time.Now().UTC().Truncate(time.Hour))
	before := len(b.text)
	for i, cell := range cells {
		if i > 0 {
			b.text = append(b.text, ',')
		}
		b.text = appendCell(b.text, cell, l.format.MaxCell)
	}
	b.text = append(b.text, "\r\n"...)
	added := len(b.text) - before
	if l.buffered+added > maxBuffered {
		b.text = b.text[:before]
		return false
	}
	b.lines++
	l.buffered += added
	return true
}

// batch returns the batch that takes lines of the hour.
func (l *Log) batch(hour time.Time) *batch {
	if n := len(l.batches); n > 0 {
		if b := &l.batches[n-1]; b.settings == l.settings && b.hour.Equal(hour) {
			return b
		}
	}
	l.batches = append(l.batches, batch{settings: l.settings, hour: hour, text: l.spare})
	l.spare = nil
	return &l.batches[len(l.batches)-1]
}

// Flush writes the lines that are in the buffer. It waits for the disk.
func (l *Log) Flush() {
	l.writing.Lock()
	l.mu.Lock()
	batches, settings := l.batches, l.settings
	l.batches, l.buffered = nil, 0
	l.mu.Unlock()
	var err error
	var written, lost int64
	for _, b := range batches {
		n, failure := l.sink.write(&b)
		written, lost, err = written+n, lost+b.lines-n, cmp.Or(err, failure)
	}
	err = cmp.Or(err, l.sink.prune(settings))
	l.writing.Unlock()
	l.settle(batches, written, lost, err)
}

// settle counts what a Flush has written and lost, and reports the begin or the end of a
// trouble.
func (l *Log) settle(batches []batch, written, lost int64, err error) {
	l.mu.Lock()
	if len(batches) > 0 && cap(batches[0].text) <= 4*flushBytes && l.spare == nil {
		l.spare = batches[0].text[:0]
	}
	begun, ended, before := false, false, int64(0)
	if err != nil {
		begun = l.lose(lost, err)
	} else if written > 0 {
		before, ended = l.recover()
	}
	l.mu.Unlock()
	switch {
	case begun:
		l.report(Trouble{Err: err})
	case ended:
		l.report(Trouble{Lost: before})
	}
}

// run writes the buffer from time to time until Close.
func (l *Log) run() {
	defer close(l.ended)
	hourly := time.NewTicker(time.Hour) // old files are removed although no lines come
	defer hourly.Stop()
	for {
		select {
		case <-l.first:
			pause := time.NewTimer(flushAfter)
			select {
			case <-pause.C:
			case <-l.urge:
			case <-l.stop:
			}
			pause.Stop()
		case <-hourly.C:
		case <-l.stop:
			l.Flush()
			return
		}
		l.Flush()
	}
}

// Close writes the lines that are in the buffer and ends the log. It waits for the disk until
// ctx ends, which is an error. Only the first call does anything.
func (l *Log) Close(ctx context.Context) error {
	l.mu.Lock()
	closed := l.closed
	l.closed = true
	l.mu.Unlock()
	if closed {
		return nil
	}
	close(l.stop)
	select {
	case <-l.ended:
	case <-ctx.Done():
		return fmt.Errorf("the %s log can't be written: %w", l.format.Name, ctx.Err())
	}
	l.writing.Lock()
	err := l.sink.close()
	l.writing.Unlock()
	l.mu.Lock()
	left := Trouble{Err: l.trouble, Lost: l.lost}
	l.mu.Unlock()
	if left.Err != nil && left.Lost > 0 {
		l.report(left)
	}
	return err
}

// signal wakes the receiver of c, which is buffered.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// statusLine is a line at a terminal that is overwritten; elsewhere it shows nothing.
type statusLine struct {
	out   io.Writer // nil: no terminal
	shown bool
}

func newStatusLine(w io.Writer) *statusLine {
	if out, ok := w.(*os.File); ok && term.IsTerminal(int(out.Fd())) {
		return &statusLine{out: out}
	}
	return &statusLine{}
}

// show shows text in place of the text before.
func (l *statusLine) show(format string, args ...any) {
	if l.out != nil {
		l.shown = true
		fmt.Fprintf(l.out, "\r"+format, args...)
	}
}

// clear removes the line, so that something else can be printed.
func (l *statusLine) clear() {
	if l.shown {
		l.shown = false
		fmt.Fprint(l.out, "\r\x1b[K")
	}
}

// progress is a bar at a terminal that shows how much of the logs is read.
type progress struct {
	*statusLine
	done, total int64 // in bytes; total is 0 if it isn't known
	drawn       time.Time
}

// newProgress returns the bar for the named files.
func newProgress(w io.Writer, names []string) *progress {
	p := &progress{statusLine: newStatusLine(w)}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			p.total = 0 // the size of standard input isn't known
			break
		}
		p.total += info.Size()
	}
	return p
}

// reader counts what is read of in.
func (p *progress) reader(in io.Reader) io.Reader { return progressReader{p, in} }

type progressReader struct {
	bar *progress
	in  io.Reader
}

func (r progressReader) Read(b []byte) (int, error) {
	n, err := r.in.Read(b)
	r.bar.done += int64(n)
	if now := time.Now(); now.Sub(r.bar.drawn) > 200*time.Millisecond {
		r.bar.drawn = now
		r.bar.draw()
	}
	return n, err
}

// draw draws the bar in place of the one before.
func (p *progress) draw() {
	const width = 40
	if p.total == 0 {
		p.show("%d MB", p.done>>20)
		return
	}
	part := min(float64(p.done)/float64(p.total), 1)
	p.show("[%-*s] %3.0f%% of %d MB", width, strings.Repeat("#", int(part*width)), 100*part, p.total>>20)
}

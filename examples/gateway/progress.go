package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// progress is a bar at a terminal that shows how much of the logs is read.
type progress struct {
	w           io.Writer // nil: no terminal
	done, total int64     // in bytes; total is 0 if it isn't known
	drawn       time.Time
}

// newProgress returns the bar for the named files.
func newProgress(w io.Writer, names []string) *progress {
	p := new(progress)
	if out, ok := w.(*os.File); ok && term.IsTerminal(int(out.Fd())) {
		p.w = w
	}
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
func (p *progress) reader(in io.Reader) io.Reader {
	if p.w == nil {
		return in
	}
	return progressReader{p, in}
}

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
		fmt.Fprintf(p.w, "\r%d MB", p.done>>20)
		return
	}
	part := min(float64(p.done)/float64(p.total), 1)
	full := int(part * width)
	fmt.Fprintf(p.w, "\r[%-*s] %3.0f%% of %d MB", width, bars(full), 100*part, p.total>>20)
}

func bars(n int) string {
	const all = "########################################"
	return all[:min(n, len(all))]
}

// clear removes the bar.
func (p *progress) clear() {
	if p.w != nil && !p.drawn.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

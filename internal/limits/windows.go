package limits

import "time"

// rateWindow is the time in which messages and connections are counted. A window begins with what is
// counted first, and ends a minute later.
const rateWindow = time.Minute

const (
	// rateKeys bounds how many keys are counted at a time.
	rateKeys = 1 << 16
	// rateSample is how many keys are looked at to find one that can be forgotten.
	rateSample = 16
)

// window is how many there were since start.
type window struct {
	start time.Duration // since the first window of all
	count int
}

// windows counts in a window of its own for each key, rateKeys at most. When there are more, one of a few
// keys is forgotten: one whose window is over or, without such a key, the one with the smallest count. So a crowd of
// clients that send one message each doesn't make it forget one that has sent many.
type windows[K comparable] struct {
	epoch time.Time
	keys  map[K]window
}

// of returns the window of a key at a time; without a count a new one.
func (w *windows[K]) of(key K, now time.Time) window {
	at := now.Sub(w.epoch)
	if in, ok := w.keys[key]; ok && at-in.start < rateWindow {
		return in
	}
	return window{start: at}
}

// until returns when a window of w ends.
func (w *windows[K]) until(in window) time.Time { return w.epoch.Add(in.start + rateWindow) }

// add counts one for a key, whose window of returned.
func (w *windows[K]) add(key K, in window, now time.Time) {
	if w.keys == nil {
		w.epoch, w.keys, in.start = now, make(map[K]window), 0
	}
	if _, known := w.keys[key]; !known && len(w.keys) >= rateKeys {
		w.forget(now)
	}
	in.count++
	w.keys[key] = in
}

// forget drops a key.
func (w *windows[K]) forget(now time.Time) {
	var least K
	count, seen := 0, 0
	for key, in := range w.keys { // begins anywhere
		if now.Sub(w.epoch)-in.start >= rateWindow {
			least = key
			break
		}
		if seen == 0 || in.count < count {
			least, count = key, in.count
		}
		if seen++; seen == rateSample {
			break
		}
	}
	delete(w.keys, least)
}

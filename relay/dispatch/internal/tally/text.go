package tally

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxAccounts is how many accounts a text has at most.
	MaxAccounts = 10_000

	// MaxText is how long a text is at most, in bytes.
	MaxText = len(title) + 2*MaxAccounts*maxLine + len(end)

	maxLine = 2*len(Account{}) + len(" recipients 2026-11-30T05:00:00.5Z") + (parts+1)*len(" 2147483647") + len("\n")

	title, end = "smart host counts 1\n", "end\n" // the first and last lines
)

// kinds are the names of the windows in a text, in their order.
var kinds = []string{"messages", "recipients"}

// window returns the Window with a name in a text; nil for other names.
func (t *Tally) window(kind string) *Window {
	switch kind {
	case "messages":
		return &t.Messages
	case "recipients":
		return &t.Recipients
	}
	return nil
}

// Format returns the text of tallies at now. If they are more than MaxAccounts, the text has those with
// the most recipients.
func Format(tallies map[Account]Tally, now time.Time) []byte {
	sums := make(map[Account]int, len(tallies))
	for a, t := range tallies {
		sums[a] = t.Recipients.Sum(now)
	}
	list := slices.SortedFunc(maps.Keys(tallies), func(a, b Account) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), bytes.Compare(a[:], b[:]))
	})
	text := []byte(title)
	for _, a := range list[:min(len(list), MaxAccounts)] {
		t := tallies[a]
		for _, kind := range kinds {
			if w := t.window(kind); w.Sum(now) > 0 {
				text = w.appendTo(fmt.Appendf(text, "%x %s ", a, kind))
			}
		}
	}
	return append(text, end...)
}

// appendTo appends the start of the last part, and its count and those before it as far as they aren't 0.
func (w *Window) appendTo(text []byte) []byte {
	start := time.Unix(0, w.last*int64(w.length/parts)).UTC()
	text = start.AppendFormat(text, time.RFC3339Nano)
	for age, left := int64(0), w.sum; left > 0; age++ {
		n := *w.at(w.last - age)
		text = strconv.AppendInt(append(text, ' '), int64(n), 10)
		left -= n
	}
	return append(text, '\n')
}

// Parse reads what Format writes, and refuses a text that is cut off or has other lines.
func Parse(text string) (map[Account]Tally, error) {
	text, titled := strings.CutPrefix(text, title)
	text, ended := strings.CutSuffix(text, end)
	if !titled || !ended {
		return nil, errors.New("it is damaged: the first or the last line is missing")
	}
	tallies := make(map[Account]Tally)
	n := 1
	for line := range strings.Lines(text) {
		n++
		if !parseLine(line, tallies) {
			return nil, fmt.Errorf("it is damaged: line %d has no counts of an account", n)
		}
	}
	return tallies, nil
}

// parseLine adds the counts of a line to tallies.
func parseLine(line string, tallies map[Account]Tally) bool {
	fields := strings.Split(strings.TrimSuffix(line, "\n"), " ")
	if len(fields) < 4 || len(fields) > 3+parts+1 {
		return false
	}
	var a Account
	if len(fields[0]) != 2*len(a) {
		return false
	}
	if _, err := hex.Decode(a[:], []byte(fields[0])); err != nil {
		return false
	}
	t, known := tallies[a]
	if !known {
		t = New()
	}
	w := t.window(fields[1])
	start, err := time.Parse(time.RFC3339Nano, fields[2])
	if w == nil || w.sum > 0 || err != nil || !w.fill(start, fields[3:]) {
		return false
	}
	if written := string(w.appendTo(fmt.Appendf(nil, "%x %s ", a, fields[1]))); written != line {
		return false
	}
	tallies[a] = t
	return true
}

// fill sets the counts of the part that begins at start and of those before it.
func (w *Window) fill(start time.Time, counts []string) bool {
	w.last = w.part(start)
	for age, text := range counts {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > math.MaxInt32 {
			return false
		}
		*w.at(w.last - int64(age)) = n
		w.sum += n
	}
	return true
}

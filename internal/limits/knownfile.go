package limits

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
)

const (
	saveKnownAfter = time.Minute // the changes of that time are written together

	maxKnown     = guessKeys * knownPerUser
	maxKnownFile = (maxKnown + 3) * len("0123456789abcdef0123456789abcdef 0123456789abcdef0123456789abcdef 2026-11-30\n")

	knownTitle, knownEnd = "known sources 1\n", "end\n" // the first and last lines of the file
)

// Keep reads a file, which says from where users have logged on, and writes it again after changes
// and at Close. Only one Guesses at a time may use the file. failed is called with the error if it can't
// be written. The error says why it can't be read; the next change replaces it then.
func (g *Guesses) Keep(file string, failed func(error)) error {
	key, list, err := readKnown(file)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.file.Path, g.file.After, g.file.Text = file, saveKnownAfter, g.knownText
	g.file.Failed = failed
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return source.FileError(file, err)
	}
	g.known.fill(key, list, time.Now())
	return nil
}

// Close writes the file of Keep, if something has changed since it was written last.
func (g *Guesses) Close() {
	if err := g.file.Close(); err != nil {
		g.file.Failed(err)
	}
}

// knownText returns the content that the file should have.
func (g *Guesses) knownText() ([]byte, error) {
	g.mu.Lock()
	key, list := g.known.key, g.known.list(time.Now())
	g.mu.Unlock()
	return formatKnown(key, list), nil
}

// keptSource is a line of the file.
type keptSource struct {
	user, source tag
	day          time.Time
}

// list returns the sources that the file should have.
func (k *knownSources) list(now time.Time) []keptSource {
	var list []keptSource
	for user, u := range k.users {
		for _, s := range u.sources {
			if now.Sub(s.day) <= knownFor {
				list = append(list, keptSource{user, s.tag, s.day})
			}
		}
	}
	return list
}

// fill takes over what a file has, in place of what k has. A day that is still to come was written
// while the clock was wrong.
func (k *knownSources) fill(key []byte, list []keptSource, now time.Time) {
	k.key, k.users = key, nil
	for _, s := range list {
		if age := now.Sub(s.day); age >= 0 && age <= knownFor {
			k.put(s.user, knownSource{tag: s.source, day: s.day, guesser: guesser{last: now}}, s.day)
		}
	}
}

// formatKnown returns the text of a file.
func formatKnown(key []byte, list []keptSource) []byte {
	slices.SortFunc(list, func(a, b keptSource) int {
		return cmp.Or(a.day.Compare(b.day), bytes.Compare(a.user[:], b.user[:]), bytes.Compare(a.source[:], b.source[:]))
	})
	b := fmt.Appendf(nil, "%s%x\n", knownTitle, key)
	for _, s := range list {
		b = append(hex.AppendEncode(b, s.user[:]), ' ')
		b = append(hex.AppendEncode(b, s.source[:]), ' ')
		b = append(s.day.AppendFormat(b, time.DateOnly), '\n')
	}
	return append(b, knownEnd...)
}

// readKnown reads a file.
func readKnown(path string) (key []byte, list []keptSource, err error) {
	text, err := readlimit.File(path, maxKnownFile)
	if err != nil {
		return nil, nil, err
	}
	return parseKnown(string(text))
}

// parseKnown reads what formatKnown writes, and refuses a text that is cut off or has other lines.
func parseKnown(text string) (key []byte, list []keptSource, err error) {
	text, titled := strings.CutPrefix(text, knownTitle)
	first, text, _ := strings.Cut(text, "\n")
	text, ended := strings.CutSuffix(text, knownEnd)
	if !titled || !ended {
		return nil, nil, errors.New("it is damaged: the first or the last line is missing")
	}
	if key, err = hex.DecodeString(first); err != nil || len(key) != keySize {
		return nil, nil, errors.New("it is damaged: line 2 is no key")
	}
	for line := range strings.Lines(text) {
		var s keptSource
		if !s.parse(line) {
			return nil, nil, fmt.Errorf("it is damaged: line %d has no source", len(list)+3)
		}
		list = append(list, s)
	}
	return key, list, nil
}

// parse reads a line.
func (s *keptSource) parse(line string) bool {
	const tagged = 2 * len(tag{})
	if len(line) != tagged+1+tagged+1+len("2026-11-30\n") || line[tagged] != ' ' || line[2*tagged+1] != ' ' || line[len(line)-1] != '\n' {
		return false
	}
	_, userErr := hex.Decode(s.user[:], []byte(line[:tagged]))
	_, sourceErr := hex.Decode(s.source[:], []byte(line[tagged+1:2*tagged+1]))
	var dayErr error
	s.day, dayErr = time.Parse(time.DateOnly, line[2*tagged+2:len(line)-1])
	return userErr == nil && sourceErr == nil && dayErr == nil
}

package mxpolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
	"github.com/interchange-smtp/interchange/relay/event"
)

// saveAfter is how long after a change the File is written, together with what changes until then.
const saveAfter = 5 * time.Second

// maxFile is how large a File may be, in bytes. What is written is never larger than maxKept and a little.
const maxFile = 256 << 20

// stored is the content of the File.
type stored struct {
	Version  int            `json:"version"`
	Policies []storedPolicy `json:"policies"`
}

// storedPolicy is one policy in the File.
type storedPolicy struct {
	Domain  string    `json:"domain"`
	ID      string    `json:"id"`
	Mode    Mode      `json:"mode"`
	MX      []string  `json:"mx"`
	MaxAge  int64     `json:"maxAge"` // seconds
	Fetched time.Time `json:"fetched"`
	Used    time.Time `json:"used"`
}

// load reads the File, which is written again when something changes. The error says what can't be
// read. p is locked.
func (p *Policies) load() error {
	if p.File == "" {
		return nil
	}
	p.file.Path, p.file.After, p.file.Text = p.File, saveAfter, p.text
	p.file.Failed = func(err error) { p.emit(event.Event{Kind: event.STSNotStored, Err: err}) }
	content, err := readFile(p.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = p.fill(content)
	}
	return source.FileError(p.File, err)
}

// readFile reads a File.
func readFile(name string) (*stored, error) {
	text, err := readlimit.File(name, maxFile)
	if err != nil {
		return nil, err
	}
	var content stored
	if err := json.Unmarshal(text, &content); err != nil {
		return nil, err
	}
	if content.Version != 1 {
		return nil, fmt.Errorf("its version is %d; this program reads 1", content.Version)
	}
	return &content, nil
}

// fill takes over the policies of a File that still hold. p is locked.
func (p *Policies) fill(content *stored) error {
	var errs []error
	now := p.clock()
	for _, s := range content.Policies {
		k, err := s.policy()
		if err != nil {
			errs = append(errs, fmt.Errorf("policy of %q: %w", s.Domain, err))
			continue
		}
		k.Fetched = earlier(k.Fetched, now) // otherwise it would hold for longer than its owner says
		d := &stsDomain{used: earlier(s.Used, now)}
		d.set(s.Domain, k)
		if d.valid(now) != nil && len(p.domains) < maxDomains {
			p.domains[s.Domain] = d
		}
	}
	p.bound()
	return errors.Join(errs...)
}

// earlier returns the earlier one of two times.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// policy returns the policy, checked like one that is fetched.
func (s *storedPolicy) policy() (*KeptSTS, error) {
	k := &KeptSTS{ID: s.ID, Fetched: s.Fetched}
	if name, err := asciiName(s.Domain); err != nil || name != s.Domain {
		return nil, errors.New("it is not a domain")
	}
	fields := [][2]string{{"mode", string(s.Mode)}, {"max_age", fmt.Sprint(s.MaxAge)}}
	for _, mx := range s.MX {
		fields = append(fields, [2]string{"mx", mx})
	}
	for _, field := range fields {
		if err := k.set(field[0], field[1]); err != nil {
			return nil, err
		}
	}
	if len(k.MX) == 0 && k.Mode != ModeNone {
		return nil, errNoMX
	}
	if k.Fetched.Before(time.Time{}) || s.Used.Before(time.Time{}) { // save can't write them
		return nil, errors.New("a time is before the year 1")
	}
	return k, nil
}

// text returns the content that the File should have now.
func (p *Policies) text() ([]byte, error) {
	text, err := json.MarshalIndent(p.content(), "", "\t")
	return append(text, '\n'), err
}

// content returns the policies that the File should have now.
func (p *Policies) content() stored {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := stored{Version: 1, Policies: []storedPolicy{}}
	now := p.clock()
	for name, d := range p.domains {
		if k := d.valid(now); k != nil {
			c.Policies = append(c.Policies, storedPolicy{name, k.ID, k.Mode, k.MX, int64(k.MaxAge / time.Second), k.Fetched.UTC(), d.used.UTC()})
		}
	}
	slices.SortFunc(c.Policies, func(a, b storedPolicy) int { return strings.Compare(a.Domain, b.Domain) })
	return c
}

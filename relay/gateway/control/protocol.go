package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The bounds of a request.
const (
	maxRequest = 1 << 20 // octets
	maxIDs     = 10_000
	maxText    = 1024
)

// Action is what an operator wants.
type Action string

// The actions.
const (
	List    Action = "list"
	Show    Action = "show"
	Retry   Action = "retry"
	Hold    Action = "hold"
	Release Action = "release"
	Drop    Action = "drop"
	Export  Action = "export"
)

// Actions returns all actions.
func Actions() []Action { return []Action{List, Show, Retry, Hold, Release, Drop, Export} }

// Request asks for an action on the messages that Filter chooses.
type Request struct {
	Action Action `json:"action"`
	Filter Filter `json:"filter,omitzero"`
	Report bool   `json:"report,omitempty"` // of Drop: the sender is told
}

// Validate returns what is wrong with r.
func (r *Request) Validate() error {
	f := &r.Filter
	switch {
	case !slices.Contains(Actions(), r.Action):
		return fmt.Errorf("there is no action %q", r.Action)
	case r.Report && r.Action != Drop:
		return fmt.Errorf("%s reports nothing; drop does", r.Action)
	case r.Action == Drop && f.IsZero():
		return errors.New("drop needs a filter or the IDs of messages")
	case len(f.IDs) > maxIDs:
		return fmt.Errorf("%d IDs; give at most %d, or a filter", len(f.IDs), maxIDs)
	}
	for _, text := range append([]string{f.NextHop}, f.IDs...) {
		if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%.40q can't be looked for", text)
		}
	}
	_, err := f.filter(time.Now())
	return err
}

// ParseRequest reads a request. It knows every field, or refuses.
func ParseRequest(line []byte) (Request, error) {
	var r Request
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Request{}, fmt.Errorf("not a request: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Request{}, errors.New("not a request: something follows it")
	}
	if err := r.Validate(); err != nil {
		return Request{}, err
	}
	return r, nil
}

// Event is a line of an answer. One of its fields is set.
type Event struct {
	Message  *Message  `json:"message,omitempty"`
	Octets   []byte    `json:"octets,omitempty"` // of Export: more of the last Message
	Progress *Progress `json:"progress,omitempty"`
	Problem  string    `json:"problem,omitempty"` // something that could not be read or done; the rest follows
	End      *End      `json:"end,omitempty"`
}

// Progress is how far long work is.
type Progress struct {
	Done int `json:"done"`
	Of   int `json:"of"`
}

// End is the last line.
type End struct {
	Messages int    `json:"messages"`        // that were listed or changed
	Error    string `json:"error,omitempty"` // why no more was done
}

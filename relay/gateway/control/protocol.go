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

	"github.com/interchange-smtp/interchange/relay/queue"
)

// The bounds of a request.
const (
	maxRequest = 1 << 20 // bytes
	maxIDs     = 10_000
	maxText    = 1024
)

// Action is an action that an operator asks for.
type Action string

// The actions.
const (
	List    Action = "list"
	Show    Action = "show"
	Retry   Action = "retry"
	Suspend Action = "suspend"
	Resume  Action = "resume"
	Drop    Action = "drop"
	Export  Action = "export"

	Resubmit Action = "resubmit" // routes by the policy again, and retries
	Redirect Action = "redirect" // to the Send connector To

	Hops       Action = "hops"        // lists the next hops
	SuspendHop Action = "suspend-hop" // the next hop or Send connector Hop
	ResumeHop  Action = "resume-hop"
	Import     Action = "import" // puts Message on the queue, whose content follows the request

	Reload    Action = "reload" // the configuration
	GetStatus Action = "status" // the answer is a Status
	GetLimits Action = "limits" // of Client, each with its counter

	ConsoleLink Action = "console-link" // the one-time link to the console in the browser
)

// Actions returns the actions on messages that a Filter selects: all but Hops, SuspendHop, ResumeHop, Import, Reload, GetStatus, GetLimits and
// ConsoleLink.
func Actions() []Action {
	return []Action{List, Show, Retry, Suspend, Resume, Drop, Export, Resubmit, Redirect}
}

// ofGateway reports whether an action isn't one on messages that a Filter selects.
func (a Action) ofGateway() bool {
	return !a.onQueue() || a == Hops || a == SuspendHop || a == ResumeHop || a == Import
}

// onQueue reports whether an action reads or changes the queue.
func (a Action) onQueue() bool {
	return a != Reload && a != GetStatus && a != GetLimits && a != ConsoleLink
}

// Request asks for an action on the messages that Filter selects.
type Request struct {
	Action Action `json:"action"`
	Filter Filter `json:"filter,omitzero"`
	Hop    string `json:"hop,omitempty"`    // with SuspendHop and ResumeHop: a next hop or a Send connector
	To     string `json:"to,omitempty"`     // with Redirect: a Send connector
	Report bool   `json:"report,omitempty"` // with Drop: the sender gets a delivery report

	// Message is the message of Import. Its content, of Message.Size bytes, follows the line of the
	// request.
	Message *queue.Message `json:"message,omitempty"`

	Client *LimitClient `json:"client,omitempty"` // of GetLimits
}

// Validate returns the first error in r.
func (r *Request) Validate() error {
	f := &r.Filter
	switch {
	case r.Action.ofGateway() && !f.IsZero():
		return fmt.Errorf("%s takes no filter", r.Action)
	case !r.Action.ofGateway() && !slices.Contains(Actions(), r.Action):
		return fmt.Errorf("unknown action %q", r.Action)
	case r.Report && r.Action != Drop:
		return errors.New("-report works with drop only")
	case (r.Action == SuspendHop || r.Action == ResumeHop) != (r.Hop != ""):
		return errors.New("suspend-hop and resume-hop need the name of a next hop or of a Send connector; other actions take none")
	case (r.Action == Redirect) != (r.To != ""):
		return errors.New("redirect needs -to, a Send connector; other actions take none")
	case r.Action == Redirect && f.IsZero():
		return errors.New("redirect needs a filter or the IDs of messages")
	case (r.Action == Import) != (r.Message != nil):
		return errors.New("import needs a message; other actions take none")
	case r.Action == Drop && f.IsZero():
		return errors.New("drop needs a filter or the IDs of messages")
	case (r.Action == GetLimits) != (r.Client != nil):
		return errors.New("limits needs a client; other actions take none")
	case len(f.IDs) > maxIDs:
		return fmt.Errorf("%d IDs; give at most %d, or a filter", len(f.IDs), maxIDs)
	}
	if r.Client != nil {
		if err := r.Client.validate(); err != nil {
			return err
		}
	}
	for _, text := range slices.Concat([]string{f.NextHop, r.Hop, r.To}, r.Client.texts(), f.IDs) {
		if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%.40q is too long or has control characters", text)
		}
	}
	_, err := f.filter(time.Now())
	return err
}

// ParseRequest reads a request. An unknown field is an error.
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
	Message  *Message       `json:"message,omitempty"`
	Record   *queue.Message `json:"record,omitempty"` // with Export, after its Message: as import takes it
	Status   *Status        `json:"status,omitempty"`
	Limits   []Limit        `json:"limits,omitempty"`
	Hop      *Hop           `json:"hop,omitempty"`
	Link     string         `json:"link,omitempty"`    // with ConsoleLink
	Content  []byte         `json:"content,omitempty"` // with Export: the next bytes of the last Message
	Progress *Progress      `json:"progress,omitempty"`
	Problem  string         `json:"problem,omitempty"` // something that could not be read or done; more events follow
	End      *End           `json:"end,omitempty"`
}

// Progress says how many messages are done.
type Progress struct {
	Done int `json:"done"`
	Of   int `json:"of"`
}

// End is the last event.
type End struct {
	Messages int    `json:"messages"`        // listed or changed
	Error    string `json:"error,omitempty"` // why the work ended early
}
